/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "collect/proc/pace.h"

#define BUDGET 0.007
#define FLOOR (5 * MS)

/* Periods of @n rounds that cost @cost_ns each: their sum, and bounds. */
struct run {
	double sum;
	int64_t least, most;
};

static struct run run_rounds(struct pace *pace, int64_t cost_ns, int n)
{
	struct run run = { .least = INT64_MAX };
	int64_t cpu_ns = pace->cpu_mark_ns;

	for (int i = 0; i < n; i++) {
		int64_t period = pace_next(pace, cpu_ns += cost_ns);

		run.sum += (double)period;
		if (period < run.least)
			run.least = period;
		if (period > run.most)
			run.most = period;
	}
	return run;
}

/* The rounds' CPU time stays within the budget, whatever one costs. */
static void budget_is_respected(void **state)
{
	static const int64_t costs[] = {
		36 * 1000, 100 * 1000, MS, 10 * MS, 200 * MS
	};

	(void)state;
	for (size_t i = 0; i < N_OF(costs); i++) {
		enum { ROUNDS = 5000 };
		struct pace pace;
		struct run run;

		pace_init(&pace, 0, 11 + i);
		pace_skip(&pace, 0);
		run = run_rounds(&pace, costs[i], ROUNDS);
		assert_true((double)costs[i] * ROUNDS / run.sum <=
			    BUDGET * 1.02);
		/* And it is used: a tenth of it would be wasteful. */
		assert_true((double)costs[i] * ROUNDS / run.sum >=
			    BUDGET * 0.9);
		assert_true((double)run.least >=
			    0.5 * (double)costs[i] / BUDGET);
	}
}

static void budget_follows_a_rising_cost(void **state)
{
	struct pace pace;
	struct run run;

	(void)state;
	pace_init(&pace, 0, 3);
	pace_skip(&pace, 0);
	run_rounds(&pace, 50 * 1000, 100);
	/* Threads have come: the average catches up within some rounds. */
	run_rounds(&pace, 20 * MS, 50);
	run = run_rounds(&pace, 20 * MS, 2000);
	assert_true(20.0 * MS * 2000 / run.sum <= BUDGET * 1.03);
}

static void cheap_rounds_have_a_floor(void **state)
{
	struct pace pace;
	struct run run;

	(void)state;
	pace_init(&pace, 0, 5);
	pace_skip(&pace, 0);
	run = run_rounds(&pace, 1000, 5000);
	assert_true(run.least >= FLOOR / 2);
	assert_true(run.most <= FLOOR * 3 / 2 + 1);
	assert_true(run.sum / 5000 > 0.98 * FLOOR);
	/* Clocks may stand still. */
	run = run_rounds(&pace, 0, 100);
	assert_true(run.least >= FLOOR / 2);
}

static void rate_overrides_the_budget(void **state)
{
	static const unsigned rates[] = { 1, 100, 1000, 10000 };

	(void)state;
	for (size_t i = 0; i < N_OF(rates); i++) {
		double period = (double)SEC / rates[i];
		struct pace pace;
		struct run run;

		pace_init(&pace, rates[i], 17);
		pace_skip(&pace, 0);
		run = run_rounds(&pace, 3 * MS, 5000);
		assert_true((double)run.least >= 0.5 * period);
		assert_true((double)run.most <= 1.5 * period + 1);
		assert_true(run.sum / 5000 > 0.98 * period);
		assert_true(run.sum / 5000 < 1.02 * period);
	}
}

static void jitter_is_spread_evenly(void **state)
{
	enum { N = 20000, BINS = 10 };
	int bins[BINS] = { 0 };
	struct pace pace;
	double sum = 0;

	(void)state;
	pace_init(&pace, 1, 123456789);
	for (int i = 0; i < N; i++) {
		double factor = (double)pace_next(&pace, 0) / (double)SEC;
		int bin = (int)((factor - 0.5) * BINS);

		assert_true(factor >= 0.5 && factor < 1.5 + 1e-6);
		bins[bin < BINS ? bin : BINS - 1]++;
		sum += factor;
	}
	assert_true(sum / N > 0.99 && sum / N < 1.01);
	for (int i = 0; i < BINS; i++)
		assert_in_range(bins[i], N / BINS * 0.85, N / BINS * 1.15);
}

/* Any seed will do, also the one that a clock gives at its start. */
static void every_seed_jitters(void **state)
{
	static const uint64_t seeds[] = { 0, 1, 2, UINT64_MAX, 1ULL << 63 };

	(void)state;
	for (size_t i = 0; i < N_OF(seeds); i++) {
		struct pace pace;
		struct run run;

		pace_init(&pace, 100, seeds[i]);
		run = run_rounds(&pace, 0, 1000);
		assert_true(run.most - run.least > 8 * MS);
	}
}

static void skipped_time_belongs_to_no_round(void **state)
{
	struct pace pace;
	struct run run;

	(void)state;
	pace_init(&pace, 0, 8);
	/* Attaching to thousands of threads took ten seconds. */
	pace_skip(&pace, 10 * SEC);
	run = run_rounds(&pace, 1000, 100);
	assert_true(run.most <= FLOOR * 3 / 2 + 1);
	pace_skip(&pace, 20 * SEC);
	run = run_rounds(&pace, 1000, 100);
	assert_true(run.most <= FLOOR * 3 / 2 + 1);
}

static void rounds_have_a_limited_number_of_looks(void **state)
{
	struct pace pace;
	size_t most;

	(void)state;
	pace_init(&pace, 0, 1);
	assert_int_equal(pace_looks(&pace, 0), 0);
	assert_int_equal(pace_looks(&pace, 1), 1);
	most = pace_looks(&pace, 100000);
	assert_in_range(most, 1, 1000);
	for (size_t tasks = 0; tasks < 2000; tasks++)
		assert_int_equal(pace_looks(&pace, tasks),
				 tasks < most ? tasks : most);
	/* A rate is a promise for each thread. */
	pace_init(&pace, 50, 1);
	assert_int_equal(pace_looks(&pace, 100000), 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(budget_is_respected),
		cmocka_unit_test(budget_follows_a_rising_cost),
		cmocka_unit_test(cheap_rounds_have_a_floor),
		cmocka_unit_test(rate_overrides_the_budget),
		cmocka_unit_test(jitter_is_spread_evenly),
		cmocka_unit_test(every_seed_jitters),
		cmocka_unit_test(skipped_time_belongs_to_no_round),
		cmocka_unit_test(rounds_have_a_limited_number_of_looks),
	};

	return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
