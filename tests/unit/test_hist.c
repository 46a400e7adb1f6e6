/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Buckets of latencies, and what is read off them. */
#include "unit.h"

#include <string.h>

#include "model/hist.h"

static void a_bucket_begins_where_the_one_before_ends(void **state)
{
	(void)state;
	assert_int_equal(bucket_from(0), 0);
	for (uint32_t i = 1; i < BUCKETS; i++) {
		uint64_t from = bucket_from(i);

		assert_int_equal(bucket_of(from), i);
		assert_int_equal(bucket_of(from - 1), i - 1);
		/* A quarter of its octave at most. */
		if (i > 1)
			assert_true(from <= bucket_from(i - 1) * 5 / 4);
	}
}

static void the_ends_saturate(void **state)
{
	(void)state;
	assert_int_equal(bucket_of(0), 0);
	assert_int_equal(bucket_of(63), 0);
	assert_int_equal(bucket_of(64), 1);
	assert_int_equal(bucket_of((1ull << 42) - 1), BUCKETS - 1);
	assert_int_equal(bucket_of(1ull << 42), BUCKETS - 1);
	assert_int_equal(bucket_of(UINT64_MAX), BUCKETS - 1);
}

static void any_value_is_in_its_bucket(void **state)
{
	struct rng rng = { 1 };

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t ns = rng_next(&rng) >> rng_below(&rng, 64);
		uint32_t bucket = bucket_of(ns);

		assert_true(bucket < BUCKETS);
		assert_true(ns >= bucket_from(bucket));
		if (bucket < BUCKETS - 1)
			assert_true(ns < bucket_from(bucket + 1));
	}
}

static void percentiles_are_within_a_bucket(void **state)
{
	static const double shares[] = { 0.5, 0.9, 0.99, 0.999 };
	struct hist hist = { { 0 } };

	(void)state;
	/* 1 us, 2 us ... 10 ms, each once. */
	for (uint64_t us = 1; us <= 10000; us++)
		hist.count[bucket_of(us * 1000)]++;
	assert_int_equal(hist_total(&hist), 10000);
	for (size_t i = 0; i < N_OF(shares); i++) {
		double truth = shares[i] * 10 * MS;
		double ns = (double)hist_percentile(&hist, shares[i]);

		assert_true(ns >= 0.75 * truth && ns <= 1.25 * truth);
	}
}

/* As if the calls of a bucket were spread over it evenly. */
static void percentiles_are_interpolated(void **state)
{
	uint64_t from = bucket_from(20), to = bucket_from(21);
	struct hist hist = { { 0 } };

	(void)state;
	hist.count[20] = 100;
	assert_int_equal(hist_percentile(&hist, 0), from);
	assert_int_equal(hist_percentile(&hist, 0.25),
			 from + (to - from) / 4);
	assert_int_equal(hist_percentile(&hist, 0.5), from + (to - from) / 2);
	assert_int_equal(hist_percentile(&hist, 1), to);
	/* Half of them in another one, with empty ones between. */
	hist.count[40] = 100;
	assert_int_equal(hist_percentile(&hist, 0.5), to);
	assert_int_equal(hist_percentile(&hist, 0.75),
			 (bucket_from(40) + bucket_from(41)) / 2);
	assert_int_equal(hist_percentile(&hist, 1), bucket_from(41));
}

static void percentiles_never_fall(void **state)
{
	struct rng rng = { 4 };

	(void)state;
	for (int run = 0; run < 300; run++) {
		struct hist hist = { { 0 } };
		int64_t last = 0;

		for (int i = 0; i < 10; i++)
			hist.count[rng_below(&rng, BUCKETS)] +=
				rng_below(&rng, 1000) + 1;
		for (int i = 0; i <= 1000; i++) {
			int64_t ns = hist_percentile(&hist, i / 1000.0);

			assert_true(ns >= last);
			last = ns;
		}
	}
}

static void nothing_has_no_percentile(void **state)
{
	struct hist hist = { { 0 } };

	(void)state;
	assert_int_equal(hist_percentile(&hist, 0.5), -1);
	hist.count[BUCKETS - 1] = 1;
	assert_int_equal(hist_percentile(&hist, 0.5),
			 bucket_from(BUCKETS - 1));
}

static void merging_adds(void **state)
{
	struct hist a = { { 0 } }, b = { { 0 } };

	(void)state;
	a.count[3] = 4;
	b.count[3] = 5;
	b.count[BUCKETS - 1] = 6;
	hist_merge(&a, &b);
	assert_int_equal(a.count[3], 9);
	assert_int_equal(a.count[BUCKETS - 1], 6);
	assert_int_equal(hist_total(&a), 15);
	assert_int_equal(hist_total(&b), 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_begins_where_the_one_before_ends),
		cmocka_unit_test(the_ends_saturate),
		cmocka_unit_test(any_value_is_in_its_bucket),
		cmocka_unit_test(percentiles_are_within_a_bucket),
		cmocka_unit_test(percentiles_are_interpolated),
		cmocka_unit_test(percentiles_never_fall),
		cmocka_unit_test(nothing_has_no_percentile),
		cmocka_unit_test(merging_adds),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
