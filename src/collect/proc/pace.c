/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/proc/pace.h"

#include "base/clock.h"

/* The share of one core for rounds and the reports between them. Attaching
 * comes on top: the promise in the manual is 1%. */
#define BUDGET 0.007
/* More often than this tells little more about waits of a millisecond. */
#define FLOOR_NS (5 * NS_PER_MS)
/* So many looks make a round of a few hundred microseconds. */
#define LOOKS_PER_ROUND 32

void pace_init(struct pace *pace, unsigned rate_hz, uint64_t seed)
{
	*pace = (struct pace){ .rate_hz = rate_hz, .random = seed | 1 };
}

size_t pace_looks(const struct pace *pace, size_t tasks)
{
	if (pace->rate_hz || tasks < LOOKS_PER_ROUND)
		return tasks;
	return LOOKS_PER_ROUND;
}

void pace_skip(struct pace *pace, int64_t own_cpu_ns)
{
	pace->cpu_mark_ns = own_cpu_ns;
}

/* Uniform in 0.5..1.5 (xorshift64: any seed but 0 will do here). */
static double jitter(struct pace *pace)
{
	uint64_t x = pace->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	pace->random = x;
	return 0.5 + (double)(x >> 11) / (double)(1ULL << 53);
}

int64_t pace_next(struct pace *pace, int64_t own_cpu_ns)
{
	double cost = (double)(own_cpu_ns - pace->cpu_mark_ns);
	double period;

	pace->cpu_mark_ns = own_cpu_ns;
	if (pace->round_cost_ns <= 0)
		pace->round_cost_ns = cost;
	pace->round_cost_ns += (cost - pace->round_cost_ns) / 8;
	if (pace->rate_hz)
		period = (double)NS_PER_SEC / pace->rate_hz;
	else
		period = pace->round_cost_ns / BUDGET;
	if (!pace->rate_hz && period < FLOOR_NS)
		period = FLOOR_NS;
	return (int64_t)(period * jitter(pace)) + 1;
}
