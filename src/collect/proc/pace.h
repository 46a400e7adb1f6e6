/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often to look, so that looking stays cheap: rounds of looks at
 * jittered moments, each as far from the next as its own CPU time allows.
 * The jitter keeps a target that works in periods from being seen at
 * always the same point of its period.
 */
#ifndef COLLECT_PROC_PACE_H
#define COLLECT_PROC_PACE_H

#include <stddef.h>
#include <stdint.h>

struct pace {
	unsigned rate_hz;	/* rounds per second as told; 0: budget */
	double round_cost_ns;	/* moving average of a round's CPU time */
	int64_t cpu_mark_ns;	/* own CPU time when the last round ended */
	uint64_t random;
};

void pace_init(struct pace *pace, unsigned rate_hz, uint64_t seed);

/* How many of @tasks to look at in one round. */
size_t pace_looks(const struct pace *pace, size_t tasks);

/* CPU time until now belongs to no round: that of attaching. */
void pace_skip(struct pace *pace, int64_t own_cpu_ns);

/* A round has ended: nanoseconds until the next one. */
int64_t pace_next(struct pace *pace, int64_t own_cpu_ns);

#endif
