/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every unit test needs: cmocka with the headers it wants before it,
 * skipping with a reason, and random numbers that are the same each time.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define N_OF(array) (sizeof(array) / sizeof(*(array)))
#define MS 1000000LL
#define SEC 1000000000LL

/* Skip the rest of this test; tests/tap.sh puts the reason on its line. */
#define skip_because(reason) \
	do { \
		printf("skip: %s\n", reason); \
		fflush(stdout); \
		skip(); \
	} while (0)

/* Of system calls. */
#if defined(HAVE_LIBAUDIT) || defined(HAVE_LIBSECCOMP)
#define NEED_NAMES()
#else
#define NEED_NAMES() \
	skip_because("build: built without libaudit and libseccomp")
#endif

/* splitmix64: any seed will do. */
struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0..n-1 */
static inline uint64_t rng_below(struct rng *rng, uint64_t n)
{
	return rng_next(rng) % n;
}

/* 0 <= x < 1 */
static inline double rng_unit(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) / (double)(1ULL << 53);
}

#endif
