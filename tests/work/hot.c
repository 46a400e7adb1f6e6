/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that take different parts of a CPU, each at computing and at
 * calls, and one that sleeps: hot SECONDS. When it has begun it says so and
 * waits for a line.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WORK(n, rounds, calls) \
	static __attribute__((noinline)) uint64_t work_##n(uint64_t x) \
	{ \
		char byte; \
		for (int i = 0; i < (rounds); i++) \
			x = x * 6364136223846793005u + (rounds); \
		for (int i = 0; i < (calls); i++) \
			x += (uint64_t)pread(fd, &byte, 1, 0); \
		return x; \
	}

static int fd;

/* Times are about 1 ns a round and 500 ns a call. */
WORK(01, 60000, 10)
WORK(02, 50000, 0)
WORK(03, 40000, 8)
WORK(04, 34000, 0)
WORK(05, 28000, 6)
WORK(06, 23000, 0)
WORK(07, 18000, 5)
WORK(08, 14000, 0)
WORK(09, 10000, 4)
WORK(10, 8000, 0)
WORK(11, 2000, 1)
WORK(12, 1500, 0)

static __attribute__((noinline)) void rest(void)
{
	struct timespec span = { .tv_nsec = 100000 };

	nanosleep(&span, NULL);
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	time_t end;
	uint64_t x = 1;

	fd = open(argv[0], O_RDONLY);
	if (argc != 2 || fd < 0)
		return 99;
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 99;
	end = time(NULL) + atoi(argv[1]);
	while (time(NULL) < end) {
		x = work_01(x) + work_02(x) + work_03(x) + work_04(x) +
		    work_05(x) + work_06(x) + work_07(x) + work_08(x) +
		    work_09(x) + work_10(x) + work_11(x) + work_12(x);
		rest();
	}
	printf("result %d\n", (int)(x & 1));
	return 0;
}
