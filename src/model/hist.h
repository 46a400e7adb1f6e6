/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A latency histogram: how many calls took how long, in the buckets of
 * bucket.h. Zero is the identity, merge is total. What is read off it is an
 * estimate to within a bucket, 25% at most.
 */
#ifndef MODEL_HIST_H
#define MODEL_HIST_H

#include <stdint.h>

#include "model/bucket.h"

struct hist {
	uint64_t count[BUCKETS];
};

void hist_merge(struct hist *into, const struct hist *from);
uint64_t hist_total(const struct hist *hist);

/*
 * The time that @share (0 to 1) of the calls did not exceed, interpolated
 * within its bucket; -1 where there are no calls.
 */
int64_t hist_percentile(const struct hist *hist, double share);

#endif
