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

#define assert_close(value, wanted) \
	do { \
		double value_ = (value), wanted_ = (wanted); \
\
		if (fabs(value_ - wanted_) > 1e-6 * fabs(wanted_)) \
			fail_msg("%s is %.9g, not %.9g", #value, value_, \
				 wanted_); \
	} while (0)

/* Against 2 * scipy.stats.t.sf(t, degrees) of scipy 1.10.1. */
static void far_ts_are_as_rare_as_students(void **state)
{
	static const struct {
		double t, degrees, p;
	} cases[] = {
		{ 0, 3, 1 },
		{ 0.5, 1, 0.7048327647 }, { 2, 2.5, 0.1573914958 },
		{ 2.776445, 4, 0.05000000538 }, { 10, 4, 0.0005620036227 },
		{ 25, 2, 0.001596170211 }, { 1.3, 8.7, 0.2269846361 },
		{ 6, 300, 5.676439092e-09 }, { 40, 8, 1.678571888e-10 },
		{ 2, 1e6, 0.0455005338513192 },
		{ 10, 1e6, 1.5278610768178116e-23 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		assert_close(stats_t_beyond(cases[i].t, cases[i].degrees),
			     cases[i].p);
		assert_close(stats_t_beyond(-cases[i].t, cases[i].degrees),
			     cases[i].p);
	}
}

static struct change change_of(const double *before, size_t n_before,
			       double step_before, const double *after,
			       size_t n_after, double step_after)
{
	const struct runs a = { .values = before, .n = n_before,
				.step = step_before };
	const struct runs b = { .values = after, .n = n_after,
				.step = step_after };

	return stats_change(&a, &b);
}

/* Against scipy.stats.ttest_ind(equal_var=False) of the logarithms, of scipy
 * 1.10.1, and scipy.stats.t.ppf for the intervals. */
static void changes_are_tested_as_by_welch(void **state)
{
	static const struct {
		double before[6], after[6];
		size_t n_before, n_after;
		double p, ratio, low, high;
	} cases[] = {
		{ { 10, 11, 12, 10, 13 }, { 20, 22, 19, 25, 21 }, 5, 5,
		  1.5140585e-05, 1.912360, 1.628568, 2.245605 },
		{ { 100, 130, 90 }, { 100, 120, 95, 140 }, 3, 4,
		  0.66904902, 1.066669, 0.728404, 1.562020 },
		{ { 1.5, 1.6, 1.4, 1.55, 1.7, 1.62 }, { 1.9, 3.1, 1.6, 2.2 },
		  6, 4, 0.10937853, 1.368964, 0.883785, 2.120496 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct change c = change_of(cases[i].before,
					       cases[i].n_before, 0,
					       cases[i].after,
					       cases[i].n_after, 0);

		assert_true(c.known && c.tested);
		assert_close(c.p, cases[i].p);
		assert_near(c.ratio, cases[i].ratio);
		assert_near(c.low, cases[i].low);
		assert_near(c.high, cases[i].high);
	}
}

static void what_is_the_same_in_all_runs_is_equal(void **state)
{
	const double same[] = { 100, 100, 100 }, none[] = { 0, 0, 0 };
	struct change c = change_of(same, 3, 1, same, 3, 1);

	(void)state;
	assert_true(c.known && c.tested);
	assert_near(c.p, 1);
	assert_near(c.ratio, 1);
	assert_true(c.low < 1 && c.high > 1);
	c = change_of(none, 3, 1, none, 3, 1);
	assert_true(c.tested && !c.known);
	assert_near(c.p, 1);
	/* Nor is what nothing is known of the rounding of. */
	c = change_of(same, 3, 0, same, 3, 0);
	assert_near(c.p, 1);
	assert_near(c.high, 1);
}

static void counts_without_variance_can_differ(void **state)
{
	const double one[] = { 100, 100, 100 }, two[] = { 200, 200, 200 };
	const double five[] = { 5, 5, 5 }, six[] = { 6, 6, 6 };
	const double none[] = { 0, 0, 0, 0, 0 };
	const double some[] = { 50, 50, 50, 50, 50 };
	struct change c = change_of(one, 3, 1, two, 3, 1);

	(void)state;
	assert_true(c.known);
	assert_near(c.ratio, 2);
	assert_true(c.p < 1e-9);
	/* One more of five is no news. */
	c = change_of(five, 3, 1, six, 3, 1);
	assert_true(c.p > 0.05 && c.p < 0.1);
	/* New ones have no factor, and are no less sure. */
	c = change_of(none, 5, 1, some, 5, 1);
	assert_true(c.tested && !c.known);
	assert_true(c.p < 1e-9);
	assert_near(c.after, 50);
	c = change_of(some, 5, 1, none, 5, 1);
	assert_true(c.tested && !c.known && c.p < 0.001);
}

/* Close by chance, where others are not. */
static void runs_do_not_vary_less_than_is_usual(void **state)
{
	const double one[] = { 1, 1.01, 0.99, 1.02 };
	const double five[] = { 5, 5.02, 5.1, 4.95 };
	struct runs a = { .values = one, .n = 4 };
	struct runs b = { .values = five, .n = 4 };
	struct change c = stats_change(&a, &b);

	(void)state;
	assert_true(c.p < 1e-6);
	assert_near(c.variances[0], 0.000167);
	a.least = b.least = 0.5;
	c = stats_change(&a, &b);
	/* t is log(5) / 0.5 with 6 degrees. */
	assert_true(c.p > 0.01 && c.p < 0.02);
	/* What varies more is not made to vary less. */
	a.least = b.least = 1e-9;
	c = stats_change(&a, &b);
	assert_true(c.p < 1e-6);
}

static void less_than_three_runs_are_not_tested(void **state)
{
	const double one[] = { 1, 1, 1 }, two[] = { 2, 2, 2 };

	(void)state;
	assert_false(change_of(one, 2, 1, two, 3, 1).tested);
	assert_false(change_of(one, 3, 1, two, 1, 1).tested);
	assert_true(change_of(one, 1, 1, two, 1, 1).known);
	assert_near(change_of(one, 1, 1, two, 1, 1).ratio, 2);
	assert_false(change_of(one, 0, 1, two, 3, 1).known);
	assert_false(change_of(one, 0, 1, two, 3, 1).tested);
}

/* The first as R's p.adjust() has it, method "holm". */
static void p_is_corrected_for_the_number(void **state)
{
	double p[] = { 0.01, 0.02, 0.03, 0.04, 0.05 };
	double mixed[] = { 0.5, (double)NAN, 0.001, 0.4, 0 };

	(void)state;
	assert_true(stats_holm(p, N_OF(p)));
	assert_near(p[0], 0.05);
	assert_near(p[1], 0.08);
	assert_near(p[2], 0.09);
	assert_near(p[3], 0.09);
	assert_near(p[4], 0.09);
	assert_true(stats_holm(mixed, N_OF(mixed)));
	assert_near(mixed[0], 0.8);
	assert_true(isnan(mixed[1]));
	assert_near(mixed[2], 0.003);
	assert_near(mixed[3], 0.8);
	assert_near(mixed[4], 0);
	assert_true(stats_holm(NULL, 0));
}

static double noisy(struct rng *rng, double sigma)
{
	double noise = -6;

	for (int j = 0; j < 12; j++)
		noise += rng_unit(rng);
	return exp(sigma * noise);
}

/* Of 4,000 tests of what is the same one in twenty is below 0.05, with the
 * one side twice as noisy, and far fewer are of counts that hardly vary. */
static void the_same_is_rarely_taken_for_different(void **state)
{
	struct rng rng = { 1908 };
	int wrong = 0, wrong_counts = 0, rounds = 4000;

	(void)state;
	for (int i = 0; i < rounds; i++) {
		double a[5], b[5];

		for (int k = 0; k < 5; k++) {
			a[k] = noisy(&rng, 0.1);
			b[k] = noisy(&rng, 0.2);
		}
		wrong += change_of(a, 5, 0, b, 5, 0).p < 0.05;
		for (int k = 0; k < 5; k++) {
			a[k] = 7 + (double)rng_below(&rng, 2);
			b[k] = 7 + (double)rng_below(&rng, 2);
		}
		wrong_counts += change_of(a, 5, 1, b, 5, 1).p < 0.05;
	}
	if (wrong > 0.06 * rounds || wrong < 0.035 * rounds ||
	    wrong_counts > 0.06 * rounds)
		fail_msg("%d and %d of %d", wrong, wrong_counts, rounds);
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
		cmocka_unit_test(far_ts_are_as_rare_as_students),
		cmocka_unit_test(changes_are_tested_as_by_welch),
		cmocka_unit_test(what_is_the_same_in_all_runs_is_equal),
		cmocka_unit_test(counts_without_variance_can_differ),
		cmocka_unit_test(runs_do_not_vary_less_than_is_usual),
		cmocka_unit_test(less_than_three_runs_are_not_tested),
		cmocka_unit_test(p_is_corrected_for_the_number),
		cmocka_unit_test(the_same_is_rarely_taken_for_different),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
