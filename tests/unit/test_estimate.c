/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <math.h>

#include "model/estimate.h"

static struct tally looks_of(uint64_t n, double weight_ns)
{
	struct tally tally = { 0 };

	while (n--)
		tally_look(&tally, weight_ns);
	return tally;
}

static struct estimate share_of(uint64_t part, uint64_t whole)
{
	struct tally p = looks_of(part, 5 * MS), w = looks_of(whole, 5 * MS);

	return estimate_share(&p, &w);
}

static void assert_near(double value, double wanted, double tolerance)
{
	if (fabs(value - wanted) > tolerance)
		fail_msg("%f is not %f +/- %f", value, wanted, tolerance);
}

/* R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3. */
static void agrees_with_published_intervals(void **state)
{
	static const struct {
		unsigned part, whole;
		double lo, hi;
	} cases[] = {
		{ 81, 263, 0.2553, 0.3662 },
		{ 15, 148, 0.0624, 0.1605 },
		{ 0, 20, 0.0000, 0.1611 },
		{ 1, 29, 0.0061, 0.1718 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct estimate e = share_of(cases[i].part, cases[i].whole);

		assert_near(e.share, (double)cases[i].part / cases[i].whole,
			    1e-9);
		assert_near(e.lo, cases[i].lo, 0.00006);
		assert_near(e.hi, cases[i].hi, 0.00006);
	}
}

static void no_look_knows_nothing(void **state)
{
	struct tally none = { 0 };
	struct estimate e = estimate_share(&none, &none);

	(void)state;
	assert_true(e.share == 0);
	assert_true(e.lo == 0);
	assert_true(e.hi == 1);
	/* Looks that stand for no time tell nothing either. */
	none = looks_of(3, 0);
	e = estimate_share(&none, &none);
	assert_true(e.lo == 0);
	assert_true(e.hi == 1);
}

static void never_and_always_are_not_certain(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= 10000; n *= 10) {
		struct estimate never = share_of(0, n);
		struct estimate always = share_of(n, n);

		assert_true(never.share == 0 && never.lo == 0);
		assert_true(never.hi > 0);
		assert_true(always.share == 1 && always.hi == 1);
		assert_true(always.lo < 1);
	}
}

static void more_looks_narrow_it(void **state)
{
	double width = 1;

	(void)state;
	for (uint64_t n = 10; n <= 100000; n *= 10) {
		struct estimate e = share_of(n / 5, n);

		assert_true(e.hi - e.lo < width);
		width = e.hi - e.lo;
	}
	assert_true(width < 0.006);
}

static void scale_of_the_weights_does_not_matter(void **state)
{
	struct tally part = looks_of(3, 1), whole = looks_of(10, 1);
	struct estimate small = estimate_share(&part, &whole), large;

	(void)state;
	part = looks_of(3, 1e12);
	whole = looks_of(10, 1e12);
	large = estimate_share(&part, &whole);
	assert_near(small.share, large.share, 1e-12);
	assert_near(small.lo, large.lo, 1e-12);
	assert_near(small.hi, large.hi, 1e-12);
}

/* One look of 90 s and ten of 1 s are worth little more than one look. */
static void uneven_weights_count_for_less(void **state)
{
	struct tally part = looks_of(5, SEC), whole = looks_of(10, SEC);
	struct estimate even = estimate_share(&part, &whole), uneven;

	(void)state;
	tally_look(&whole, 90.0 * SEC);
	tally_look(&part, 45.0 * SEC);
	uneven = estimate_share(&part, &whole);
	assert_near(even.share, 0.5, 1e-9);
	assert_near(uneven.share, 0.5, 1e-9);
	assert_true(uneven.hi - uneven.lo > 1.3 * (even.hi - even.lo));
}

static void bounds_are_in_order(void **state)
{
	struct rng rng = { 7 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct tally part = { 0 }, whole = { 0 };
		struct estimate e;

		for (uint64_t n = rng_below(&rng, 40); n; n--) {
			double weight = pow(10, rng_unit(&rng) * 10);

			tally_look(&whole, weight);
			if (rng_below(&rng, 3) == 0)
				tally_look(&part, weight);
		}
		e = estimate_share(&part, &whole);
		assert_true(e.lo >= 0 && e.lo <= e.share);
		assert_true(e.hi <= 1 && e.hi >= e.share);
		assert_true(e.hi > e.lo);
	}
}

/* How often the interval of @n looks holds the true share @p. */
static double coverage(struct rng *rng, unsigned n, double p)
{
	enum { RUNS = 2000 };
	int held = 0;

	for (int run = 0; run < RUNS; run++) {
		unsigned hits = 0;
		struct estimate e;

		for (unsigned i = 0; i < n; i++)
			hits += rng_unit(rng) < p;
		e = share_of(hits, n);
		held += e.lo <= p && p <= e.hi;
	}
	return (double)held / RUNS;
}

static void interval_holds_the_truth(void **state)
{
	static const unsigned looks[] = { 20, 50, 200 };
	static const double shares[] = { 0.02, 0.1, 0.3, 0.5, 0.77, 0.9 };
	struct rng rng = { 2024 };
	double sum = 0;
	int n = 0;

	(void)state;
	for (size_t i = 0; i < N_OF(looks); i++)
		for (size_t j = 0; j < N_OF(shares); j++, n++) {
			double c = coverage(&rng, looks[i], shares[j]);

			/* Of a discrete count, single cases are ragged. */
			assert_true(c >= 0.9);
			sum += c;
		}
	assert_true(sum / n >= 0.93);
}

/*
 * A thread that sleeps in periods, seen at jittered moments whose gaps are
 * the weights: the promise of the header, without its assumption that looks
 * are drawn independently.
 */
static void interval_holds_for_jittered_looks(void **state)
{
	enum { RUNS = 2000, LOOKS = 100 };
	struct rng rng = { 99 };
	int held = 0;

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		double period = (1 + 30 * rng_unit(&rng)) * MS, now = 0;
		double asleep = 0.05 + 0.9 * rng_unit(&rng);
		double phase = rng_unit(&rng) * period;
		struct tally part = { 0 }, whole = { 0 };
		struct estimate e;

		for (int i = 0; i < LOOKS; i++) {
			double gap = 5 * MS * (0.5 + rng_unit(&rng));

			now += gap;
			tally_look(&whole, gap);
			if (fmod(now + phase, period) < asleep * period)
				tally_look(&part, gap);
		}
		e = estimate_share(&part, &whole);
		held += e.lo <= asleep && asleep <= e.hi;
	}
	assert_true((double)held / RUNS >= 0.93);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_published_intervals),
		cmocka_unit_test(no_look_knows_nothing),
		cmocka_unit_test(never_and_always_are_not_certain),
		cmocka_unit_test(more_looks_narrow_it),
		cmocka_unit_test(scale_of_the_weights_does_not_matter),
		cmocka_unit_test(uneven_weights_count_for_less),
		cmocka_unit_test(bounds_are_in_order),
		cmocka_unit_test(interval_holds_the_truth),
		cmocka_unit_test(interval_holds_for_jittered_looks),
	};

	return cmocka_run_group_tests_name("estimate", tests, NULL, NULL);
}
