/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/hist.h"

void hist_merge(struct hist *into, const struct hist *from)
{
	for (int i = 0; i < BUCKETS; i++)
		into->count[i] += from->count[i];
}

uint64_t hist_total(const struct hist *hist)
{
	uint64_t sum = 0;

	for (int i = 0; i < BUCKETS; i++)
		sum += hist->count[i];
	return sum;
}

int64_t hist_percentile(const struct hist *hist, double share)
{
	double rank = share * (double)hist_total(hist), below = 0;

	for (uint32_t i = 0; i < BUCKETS; i++) {
		double count = (double)hist->count[i];
		double from = (double)bucket_from(i);

		if (count <= 0 || below + count < rank) {
			below += count;
			continue;
		}
		/* The last bucket has no end. */
		if (i == BUCKETS - 1)
			return (int64_t)from;
		return (int64_t)(from + ((double)bucket_from(i + 1) - from) *
				 (rank - below) / count);
	}
	return -1;
}
