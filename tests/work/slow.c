// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * slow: for each line "sleep FAST US" on standard input FAST calls of getppid,
 * and among them 20 that sleep, for different multiples of US microseconds,
 * in no order; for each line "burn FAST" five of getrandom, of different
 * sizes. A line for each says what they were and what they took by this
 * program's own clock, as JSON. Ends with its input.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLEEPS 20
#define BURNS 5
#define MEGABYTE (1ul << 20)

struct call {
	const char *name;
	long nr;
	uint64_t args[4];
	int n_args;
	int64_t ns;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void make(struct call *call)
{
	int64_t begin = now_ns();

	syscall(call->nr, call->args[0], call->args[1], call->args[2],
		call->args[3]);
	call->ns = now_ns() - begin;
}

/* Each multiple once: 7 and 20 have no common divisor. */
static void fill_sleeps(struct call *calls, struct timespec *times, long us)
{
	for (int i = 0; i < SLEEPS; i++) {
		long take = (7 * i % SLEEPS + 1) * us;
		uint64_t ts = (uintptr_t)&times[i];

		times[i].tv_sec = 0;
		times[i].tv_nsec = 1000 * take;
		if (i % 3 == 0)
			calls[i] = (struct call){ "nanosleep", SYS_nanosleep,
						  { ts, 0 }, 2, 0 };
		else if (i % 3 == 1)
			calls[i] = (struct call){ "clock_nanosleep",
				SYS_clock_nanosleep,
				{ CLOCK_MONOTONIC, 0, ts, 0 }, 4, 0 };
		else
			calls[i] = (struct call){ "ppoll", SYS_ppoll,
						  { 0, 0, ts, 0 }, 4, 0 };
	}
}

static void fill_burns(struct call *calls, void *memory)
{
	static const int sizes[BURNS] = { 2, 8, 1, 6, 4 };

	for (int i = 0; i < BURNS; i++)
		calls[i] = (struct call){ "getrandom", SYS_getrandom,
			{ (uintptr_t)memory, sizes[i] * MEGABYTE, 0 }, 3, 0 };
}

static void print(const struct call *calls, int n)
{
	putchar('[');
	for (int i = 0; i < n; i++) {
		printf("%s{\"call\": \"%s\", \"ns\": %" PRId64
		       ", \"args\": [", i ? ", " : "", calls[i].name,
		       calls[i].ns);
		for (int j = 0; j < calls[i].n_args; j++)
			printf("%s\"0x%" PRIx64 "\"", j ? ", " : "",
			       calls[i].args[j]);
		printf("]}");
	}
	puts("]");
	fflush(stdout);
}

int main(void)
{
	static struct timespec times[SLEEPS];
	struct call calls[SLEEPS];
	char line[64], *memory = malloc(8 * MEGABYTE);

	if (!memory)
		return 1;
	memset(memory, 1, 8 * MEGABYTE);
	while (fgets(line, sizeof(line), stdin)) {
		long fast = 0, us = 0;
		int n = 0;

		if (sscanf(line, "sleep %ld %ld", &fast, &us) == 2) {
			n = us ? SLEEPS : 0;
			fill_sleeps(calls, times, us);
		} else if (sscanf(line, "burn %ld", &fast) == 1) {
			n = BURNS;
			fill_burns(calls, memory);
		} else {
			return 2;
		}
		for (int i = 0; i <= n; i++) {
			for (long k = 0; k < fast / (n + 1); k++)
				syscall(SYS_getppid);
			if (i < n)
				make(&calls[i]);
		}
		print(calls, n);
	}
	free(memory);
	return 0;
}
