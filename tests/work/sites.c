/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls from three places, in known shares: sites CALLS SLEEPS. Of the reads
 * 70, 20 and 10% are made by site_a(), site_b() and site_c(); of the time
 * slept likewise. When it has begun it says so and waits for a line; prints
 * what each has done.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SITE __attribute__((noinline))

struct site {
	long reads;
	long slept_ns;
};

static struct site a, b, c;
static int fd;

static inline __attribute__((always_inline)) void read_once(struct site *site)
{
	char byte;

	if (pread(fd, &byte, 1, 0) != 1)
		exit(99);
	site->reads++;
}

static void sleep_for(struct site *site, long ns)
{
	struct timespec begin, end, span = { .tv_nsec = ns };

	clock_gettime(CLOCK_MONOTONIC, &begin);
	nanosleep(&span, NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	site->slept_ns += (end.tv_sec - begin.tv_sec) * 1000000000 +
			  end.tv_nsec - begin.tv_nsec;
}

static SITE void site_a(long ns)
{
	if (ns)
		sleep_for(&a, ns);
	else
		read_once(&a);
	/* Not in the place of its last call. */
	__asm__ volatile("");
}

static SITE void site_b(long ns)
{
	if (ns)
		sleep_for(&b, ns);
	else
		read_once(&b);
	__asm__ volatile("");
}

static SITE void site_c(long ns)
{
	if (ns)
		sleep_for(&c, ns);
	else
		read_once(&c);
	__asm__ volatile("");
}

static SITE void run(long calls, long sleeps)
{
	for (long i = 0; i < calls; i++)
		(i % 10 < 7 ? site_a : i % 10 < 9 ? site_b : site_c)(0);
	for (long i = 0; i < sleeps; i++) {
		site_a(1400000);
		site_b(400000);
		site_c(200000);
	}
	__asm__ volatile("");
}

static void print(const char *name, const struct site *site)
{
	printf("%s %ld %ld\n", name, site->reads, site->slept_ns);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 99;
	fd = open(argv[0], O_RDONLY);
	if (fd < 0)
		return 99;
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 99;
	run(atol(argv[1]), atol(argv[2]));
	print("site_a", &a);
	print("site_b", &b);
	print("site_c", &c);
	return 0;
}
