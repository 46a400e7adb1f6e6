/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <math.h>

#include "compare/stats.h"

static bool is_near(double value, double wanted)
{
	return fabs(value - wanted) < 0.0002;
}

#define assert_near(value, wanted) \
	do { \
		double value_ = (value); \
\
		if (!is_near(value_, wanted)) \
			fail_msg("%s is %g, not %g", #value, value_, \
				 (double)(wanted)); \
	} while (0)

static void nothing_has_neither_mean_nor_median(void **state)
{
	(void)state;
	assert_true(isnan(stats_mean(NULL, 0)));
	assert_true(isnan(stats_median(NULL, 0)));
}

static void the_median_is_the_middle_in_any_order(void **state)
{
	const double odd[] = { 5, 1, 4, 2, 3 }, even[] = { 8, 1, 2, 4 };

	(void)state;
	assert_near(stats_median(odd, 5), 3);
	assert_near(stats_median(even, 4), 3);
	assert_near(stats_median(odd, 1), 5);
	assert_near(stats_median(odd, 2), 3);
	/* Their order is that of the runs, and stays. */
	assert_near(odd[0], 5);
	assert_near(stats_mean(odd, 5), 3);
	assert_near(stats_mean(even, 4), 3.75);
}

/* Against R's qt(0.975, n). */
static void quantiles_are_students(void **state)
{
	static const struct {
		size_t degrees;
		double t;
	} cases[] = {
		{ 1, 12.7062 }, { 2, 4.3027 }, { 4, 2.7764 }, { 10, 2.2281 },
		{ 20, 2.0860 }, { 21, 2.0796 }, { 25, 2.0595 },
		{ 30, 2.0423 }, { 60, 2.0003 }, { 120, 1.9799 },
		{ 999, 1.9623 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		assert_near(stats_t(cases[i].degrees), cases[i].t);
	for (size_t n = 1; n < 1000; n++)
		assert_true(stats_t(n) > stats_t(n + 1));
}

static void a_factor_is_that_of_the_pairs(void **state)
{
	const double bare[] = { 1, 2, 4, 8 }, twice[] = { 2, 4, 8, 16 };
	struct factor f = stats_factor(twice, bare, 4);

	(void)state;
	/* The machine got slower all the time, and that does not matter. */
	assert_true(f.known && f.bounded);
	assert_near(f.ratio, 2);
	assert_near(f.low, 2);
	assert_near(f.high, 2);
}

static void the_width_is_of_three_values_or_more(void **state)
{
	const double values[] = { 4, 5, 6 };

	(void)state;
	assert_true(isnan(stats_half_width(values, 0)));
	assert_true(isnan(stats_half_width(values, 2)));
	assert_near(stats_half_width(values, 3), 2.4842);
}

/* log ratios -1, 0, 1: mean 0, deviation 1, t(2) / sqrt(3) = 2.4842. */
static void the_interval_is_by_the_book(void **state)
{
	const double bare[] = { 1, 1, 1 };
	const double part[] = { exp(-1), 1, exp(1) };
	struct factor f = stats_factor(part, bare, 3), back;

	(void)state;
	assert_true(f.bounded);
	assert_near(f.ratio, 1);
	assert_near(log(f.low), -2.4842);
	assert_near(log(f.high), 2.4842);
	/* Seen from the other side it is the same. */
	back = stats_factor(bare, part, 3);
	assert_near(back.low * f.high, 1);
	assert_near(back.high * f.low, 1);
}

static void what_is_too_little_is_not_made_up(void **state)
{
	const double two[] = { 3, 5, 7 }, one[] = { 1, 2, 3 };
	const double zero[] = { 1, 0, 3 };

	(void)state;
	assert_false(stats_factor(two, one, 0).known);
	assert_true(stats_factor(two, one, 1).known);
	assert_false(stats_factor(two, one, 1).bounded);
	assert_near(stats_factor(two, one, 1).ratio, 3);
	assert_false(stats_factor(two, one, 2).bounded);
	assert_true(stats_factor(two, one, 3).bounded);
	assert_false(stats_factor(two, zero, 3).known);
	assert_false(stats_factor(zero, two, 3).known);
}

/* Of 4,000 intervals around a known factor, 95% have it inside. */
static void intervals_have_the_truth_inside(void **state)
{
	struct rng rng = { 4711 };
	int hits = 0, rounds = 4000;

	(void)state;
	for (int i = 0; i < rounds; i++) {
		double part[5], bare[5];
		struct factor f;

		for (int k = 0; k < 5; k++) {
			/* Twelve uniforms make a normal, near enough. */
			double noise = -6;

			for (int j = 0; j < 12; j++)
				noise += rng_unit(&rng);
			bare[k] = 1 + rng_unit(&rng);
			part[k] = bare[k] * 1.5 * exp(0.1 * noise);
		}
		f = stats_factor(part, bare, 5);
		hits += f.low <= 1.5 && 1.5 <= f.high;
	}
	if (hits < 0.94 * rounds || hits > 0.96 * rounds)
		fail_msg("%d of %d intervals have the truth inside", hits,
			 rounds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_has_neither_mean_nor_median),
		cmocka_unit_test(the_median_is_the_middle_in_any_order),
		cmocka_unit_test(quantiles_are_students),
		cmocka_unit_test(a_factor_is_that_of_the_pairs),
		cmocka_unit_test(the_width_is_of_three_values_or_more),
		cmocka_unit_test(the_interval_is_by_the_book),
		cmocka_unit_test(what_is_too_little_is_not_made_up),
		cmocka_unit_test(intervals_have_the_truth_inside),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
