// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * probed MODE: calls functions of its own and of a library, in known numbers,
 * and says how often and how long by its own clock, as JSON.
 *
 * calls, recursion, jumps, threads, pairs, places, library; "wait" is calls,
 * once a line came on standard input.
 */
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TIMES 200
#define THREADS 4
#define NAP_US 1000

int library_work(int n);

static jmp_buf back;
static volatile long sink;

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Called as they are, whatever the compiler knows of their arguments. */
#ifdef __clang__
#define FUNCTION __attribute__((noinline))
#else
#define FUNCTION __attribute__((noinline, noclone))
#endif

FUNCTION int64_t probed_nap(int us);
FUNCTION int probed_depth(int n);
FUNCTION void probed_jump(int leaves);
FUNCTION void probed_begin(void);
FUNCTION void probed_end(void);
FUNCTION void probed_spin(int n);

FUNCTION int64_t probed_nap(int us)
{
	int64_t begin = now_ns();

	usleep((unsigned)us);
	return now_ns() - begin;
}

/* Compilers make loops of functions that they see calling themselves. */
static int (*volatile again)(int) = probed_depth;

FUNCTION int probed_depth(int n)
{
	return n ? 1 + again(n - 1) : 0;
}

FUNCTION void probed_jump(int leaves)
{
	sink++;
	if (leaves)
		longjmp(back, 1);
}

FUNCTION void probed_begin(void)
{
	sink++;
}

FUNCTION void probed_end(void)
{
	sink--;
}

FUNCTION void probed_spin(int n)
{
	for (int i = 0; i < n; i++)
		sink += i;
}

/* As DTRACE_PROBE of sys/sdt.h does it, without arguments. */
#define PLACE(name) __asm__ volatile(					\
	"990: nop\n"							\
	".pushsection .note.stapsdt,\"?\",\"note\"\n"			\
	".balign 4\n"							\
	".4byte 992f-991f, 994f-993f, 3\n"				\
	"991: .asciz \"stapsdt\"\n"					\
	"992: .balign 4\n"						\
	"993: .8byte 990b\n"						\
	".8byte _.stapsdt.base\n"					\
	".8byte 0\n"							\
	".asciz \"probed\"\n"						\
	".asciz \"" name "\"\n"						\
	".asciz \"\"\n"							\
	"994: .balign 4\n"						\
	".popsection\n"							\
	".ifndef _.stapsdt.base\n"					\
	".pushsection .stapsdt.base,\"aG\",\"progbits\","		\
	".stapsdt.base,comdat\n"					\
	".weak _.stapsdt.base\n"					\
	".hidden _.stapsdt.base\n"					\
	"_.stapsdt.base: .space 1\n"					\
	".size _.stapsdt.base, 1\n"					\
	".popsection\n"							\
	".endif\n")

static void tell(const char *name, long calls, int64_t ns)
{
	printf("\"%s\": {\"calls\": %ld, \"ns\": %" PRId64 "}, ", name, calls,
	       ns);
}

static void calls(void)
{
	int64_t naps = 0, begin;

	for (int i = 0; i < TIMES; i++)
		naps += probed_nap(NAP_US);
	begin = now_ns();
	for (int i = 0; i < 20; i++)
		probed_spin(1000000);
	tell("nap", TIMES, naps);
	tell("spin", 20, now_ns() - begin);
}

static void recursion(void)
{
	long sum = 0;

	for (int i = 0; i < TIMES; i++)
		sum += probed_depth(i % 10);
	tell("depth", TIMES, 0);
	tell("nested", sum, 0);
}

static void jumps(void)
{
	for (volatile int i = 0; i < TIMES; i++)
		if (!setjmp(back))
			probed_jump(i % 4 == 0);
	tell("jump", TIMES - TIMES / 4, 0);
	tell("left", TIMES / 4, 0);
}

static void *thread(void *arg)
{
	int64_t *ns = arg;

	for (int i = 0; i < TIMES; i++)
		*ns += probed_nap(NAP_US);
	return NULL;
}

static void threads(void)
{
	int64_t ns[THREADS] = { 0 }, sum = 0;
	pthread_t ids[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&ids[i], NULL, thread, &ns[i]))
			abort();
	for (int i = 0; i < THREADS; i++) {
		pthread_join(ids[i], NULL);
		sum += ns[i];
	}
	tell("nap", THREADS * TIMES, sum);
}

static void pairs(void)
{
	int64_t ns = 0;

	for (int i = 0; i < TIMES; i++) {
		int64_t begin = now_ns();

		probed_begin();
		usleep(NAP_US);
		probed_end();
		ns += now_ns() - begin;
	}
	/* One that does not end, and one that did not begin. */
	probed_begin();
	probed_begin();
	probed_end();
	probed_end();
	tell("pair", TIMES + 1, ns);
	tell("alone", 2, 0);
}

static void places(void)
{
	int64_t ns = 0;

	for (int i = 0; i < TIMES; i++) {
		int64_t begin = now_ns();

		PLACE("start");
		usleep(NAP_US);
		if (i % 2)
			PLACE("odd");
		PLACE("stop");
		ns += now_ns() - begin;
	}
	tell("place", TIMES, ns);
	tell("odd", TIMES / 2, 0);
}

static void library(void)
{
	for (int i = 0; i < TIMES; i++)
		sink += library_work(i);
	tell("library", TIMES, 0);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	char line[16];

	printf("{");
	if (!strcmp(mode, "wait") && !fgets(line, sizeof(line), stdin))
		return 1;
	if (!strcmp(mode, "calls") || !strcmp(mode, "wait"))
		calls();
	else if (!strcmp(mode, "recursion"))
		recursion();
	else if (!strcmp(mode, "jumps"))
		jumps();
	else if (!strcmp(mode, "threads"))
		threads();
	else if (!strcmp(mode, "pairs"))
		pairs();
	else if (!strcmp(mode, "places"))
		places();
	else if (!strcmp(mode, "library"))
		library();
	else
		return 2;
	printf("\"pid\": %d}\n", getpid());
	return 0;
}
