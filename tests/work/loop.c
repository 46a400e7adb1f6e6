// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loop CALL N: makes N calls that do nothing, and prints the nanoseconds that
 * one took, from a clock that is read in user space. CALL: getppid, getfl
 * (fcntl F_GETFL), poll (of nothing, without waiting), read (of nothing).
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return 1e9 * (double)ts.tv_sec + (double)ts.tv_nsec;
}

static void do_getppid(void)
{
	syscall(SYS_getppid);
}

static void do_getfl(void)
{
	fcntl(0, F_GETFL);
}

static void do_poll(void)
{
	poll(NULL, 0, 0);
}

static void do_read(void)
{
	char c;

	if (read(0, &c, 0) < 0)
		_exit(1);
}

static const struct {
	const char *name;
	void (*call)(void);
} calls[] = {
	{ "getppid", do_getppid },
	{ "getfl", do_getfl },
	{ "poll", do_poll },
	{ "read", do_read },
};

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0;

	for (size_t i = 0; n > 0 && i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(calls[i].name, argv[1])) {
			double began = now_ns();

			for (long k = 0; k < n; k++)
				calls[i].call();
			printf("%.1f\n", (now_ns() - began) / (double)n);
			return 0;
		}
	fputs("usage: loop getppid|getfl|poll|read N\n", stderr);
	return 2;
}
