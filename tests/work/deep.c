/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * More stacks than anybody wants to keep: deep BITS makes one call from each
 * of 2^BITS, which differ in who called whom. When it has begun it says so
 * and waits for a line; prints how many calls it made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STEP __attribute__((noinline))

static long calls;

static STEP void left(unsigned path, int more);
static STEP void right(unsigned path, int more);

static inline __attribute__((always_inline)) void go(unsigned path, int more)
{
	if (!more) {
		syscall(SYS_getppid);
		calls++;
	} else if (path & 1) {
		left(path >> 1, more - 1);
	} else {
		right(path >> 1, more - 1);
	}
	/* A call in the last place would leave no frame. */
	__asm__ volatile("");
}

static STEP void left(unsigned path, int more)
{
	go(path, more);
}

static STEP void right(unsigned path, int more)
{
	go(path, more);
	/* So that it is not made one with the other. */
	__asm__ volatile("nop");
}

int main(int argc, char **argv)
{
	int bits = argc == 2 ? atoi(argv[1]) : 0;

	if (bits < 1 || bits > 24)
		return 99;
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 99;
	for (unsigned path = 0; path < 1u << bits; path++)
		go(path, bits);
	printf("getppid %ld\n", calls);
	return 0;
}
