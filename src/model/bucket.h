/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buckets of a latency histogram: four to an octave, from 64 ns to 73
 * minutes, so that a bucket's bounds are at most 25% apart. What is shorter
 * is in the first bucket, what is longer in the last. The same lines are
 * compiled for the kernel's BPF machine: nothing is included but types.
 */
#ifndef MODEL_BUCKET_H
#define MODEL_BUCKET_H

#ifndef __bpf__
#include <stdint.h>
#endif

#define BUCKET_FIRST_LOG2	6
#define BUCKET_LAST_LOG2	41
#define BUCKETS (1 + 4 * (BUCKET_LAST_LOG2 - BUCKET_FIRST_LOG2 + 1))

static inline uint32_t bucket_of(uint64_t ns)
{
	uint64_t left = ns;
	uint32_t log2 = 0;

	/* By hand: the BPF machine cannot count leading zeros. */
	for (uint32_t step = 32; step; step /= 2)
		if (left >> step) {
			left >>= step;
			log2 += step;
		}
	if (log2 < BUCKET_FIRST_LOG2)
		return 0;
	if (log2 > BUCKET_LAST_LOG2)
		return BUCKETS - 1;
	return 1 + 4 * (log2 - BUCKET_FIRST_LOG2) +
	       (uint32_t)(ns >> (log2 - 2) & 3);
}

/* The least value that is in @bucket. */
static inline uint64_t bucket_from(uint32_t bucket)
{
	uint32_t log2 = BUCKET_FIRST_LOG2 + (bucket - 1) / 4;

	if (!bucket)
		return 0;
	return (4ull + (bucket - 1) % 4) << (log2 - 2);
}

#endif
