// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * waits MODE: waits in known calls, and prints as JSON how often and how long
 * its first thread waited in each, by a clock that is read in user space:
 * {"CALL": {"calls": N, "ns": N}, ...}. What wakes it are its children.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MSEC 1000000LL
#define LONG_MSEC 2000

struct sum {
	const char *call;
	long calls;
	long long ns;
};

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return 1000 * MSEC * ts.tv_sec + ts.tv_nsec;
}

static void pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * MSEC };

	/* The kernel's own, as glibc's nanosleep calls another. */
	syscall(SYS_nanosleep, &ts, NULL);
}

static void add(struct sum *sum, const char *call, long long began)
{
	sum->call = call;
	sum->calls++;
	sum->ns += now_ns() - began;
}

static void print(const struct sum *sums, int n)
{
	for (int i = 0; i < n; i++)
		printf("%s\"%s\": {\"calls\": %ld, \"ns\": %lld}",
		       i ? ", " : "{", sums[i].call, sums[i].calls,
		       sums[i].ns);
	puts("}");
}

static void sleeps(void)
{
	struct sum sum = { 0 };

	for (int i = 0; i < 1000; i++) {
		long long began = now_ns();

		pause_ms(1);
		add(&sum, "nanosleep", began);
	}
	print(&sum, 1);
}

static void polls(void)
{
	struct sum sum = { 0 };

	for (int i = 0; i < 50; i++) {
		long long began = now_ns();

		if (poll(NULL, 0, 20) < 0)
			exit(1);
		add(&sum, "poll", began);
	}
	print(&sum, 1);
}

/* A child changes the word and wakes its parent, twenty times. */
static void futexes(void)
{
	int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sum sum = { 0 };
	pid_t child = fork();

	for (int i = 0; i < 20; i++) {
		long long began = now_ns();

		if (!child) {
			pause_ms(50);
			__atomic_store_n(word, i + 1, __ATOMIC_RELEASE);
			syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL,
				0);
			continue;
		}
		syscall(SYS_futex, word, FUTEX_WAIT, i, NULL, NULL, 0);
		add(&sum, "futex", began);
	}
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	print(&sum, 1);
}

/* A read that waits, right behind a call that does not. */
static void pipes(void)
{
	struct sum sums[] = { { "nanosleep", 0, 0 }, { "read", 0, 0 } };
	long long began;
	int fds[2];
	char c;

	if (pipe(fds))
		exit(1);
	if (!fork()) {
		pause_ms(LONG_MSEC);
		_exit(write(fds[1], "x", 1) != 1);
	}
	began = now_ns();
	pause_ms(0);
	add(&sums[0], "nanosleep", began);
	began = now_ns();
	if (read(fds[0], &c, 1) != 1)
		exit(1);
	add(&sums[1], "read", began);
	wait(NULL);
	print(sums, 2);
}

static void fifos(void)
{
	struct sum sums[] = { { "nanosleep", 0, 0 }, { "openat", 0, 0 } };
	char dir[] = "/tmp/waits-XXXXXX", path[64];
	long long began;

	if (!mkdtemp(dir))
		exit(1);
	snprintf(path, sizeof(path), "%s/fifo", dir);
	if (mkfifo(path, 0600))
		exit(1);
	if (!fork()) {
		pause_ms(LONG_MSEC);
		_exit(open(path, O_WRONLY) < 0);
	}
	began = now_ns();
	pause_ms(0);
	add(&sums[0], "nanosleep", began);
	began = now_ns();
	if (open(path, O_RDONLY) < 0)
		exit(1);
	add(&sums[1], "openat", began);
	wait(NULL);
	unlink(path);
	rmdir(dir);
	print(sums, 2);
}

/* Two processes that want the same CPU; the time that this one waits for it
 * is what passes while it does not run. */
static void burners(void)
{
	struct sum sums[] = { { "runq", 1, 0 }, { "cpu", 1, 0 } };
	long long began, end;
	struct timespec cpu;
	cpu_set_t one;
	pid_t child;

	CPU_ZERO(&one);
	CPU_SET((int)sysconf(_SC_NPROCESSORS_ONLN) - 1, &one);
	sched_setaffinity(0, sizeof(one), &one);
	began = now_ns();
	end = began + LONG_MSEC * MSEC;
	child = fork();
	while (now_ns() < end)
		;
	if (!child)
		_exit(0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	sums[1].ns = 1000 * MSEC * cpu.tv_sec + cpu.tv_nsec;
	sums[0].ns = now_ns() - began - sums[1].ns;
	waitpid(child, NULL, 0);
	print(sums, 2);
}

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
	{ "sleeps", sleeps },
	{ "polls", polls },
	{ "futexes", futexes },
	{ "pipes", pipes },
	{ "fifos", fifos },
	{ "burners", burners },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(modes[i].name, argv[1])) {
			modes[i].run();
			return 0;
		}
	fputs("usage: waits sleeps|polls|futexes|pipes|fifos|burners\n",
	      stderr);
	return 2;
}
