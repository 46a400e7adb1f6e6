/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "model/cell.h"

/* Weights are whole numbers, so that their sums are exact in any order. */
static struct cell random_cell(struct rng *rng)
{
	struct cell cell = { 0 };

	for (int m = 0; m < MEASURE_COUNT; m++)
		if (rng_below(rng, 2))
			(rng_below(rng, 4) ? cell_add : cell_add_estimate)(
				&cell, m, (int64_t)rng_below(rng, 2000000) -
					  1000000);
	cell.slack_ns = (int64_t)rng_below(rng, 1000);
	for (uint64_t n = rng_below(rng, 4); n; n--)
		tally_look(&cell.tally, (double)rng_below(rng, 1 << 20));
	return cell;
}

static void assert_same(const struct cell *a, const struct cell *b)
{
	assert_int_equal(a->have, b->have);
	assert_int_equal(a->estimated, b->estimated);
	for (int m = 0; m < MEASURE_COUNT; m++)
		assert_true(a->value[m] == b->value[m]);
	assert_true(a->slack_ns == b->slack_ns);
	assert_true(a->tally.looks == b->tally.looks);
	assert_true(a->tally.weight_ns == b->tally.weight_ns);
	assert_true(a->tally.weight_sq == b->tally.weight_sq);
}

static struct cell merged(struct cell a, const struct cell *b)
{
	cell_merge(&a, b);
	return a;
}

static void zero_is_the_identity(void **state)
{
	static const struct cell zero;
	struct rng rng = { 1 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct cell a = random_cell(&rng);
		struct cell left = merged(zero, &a), right = merged(a, &zero);

		assert_same(&left, &a);
		assert_same(&right, &a);
	}
}

static void merge_is_associative(void **state)
{
	struct rng rng = { 2 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct cell a = random_cell(&rng), b = random_cell(&rng);
		struct cell c = random_cell(&rng);
		struct cell ab = merged(a, &b), bc = merged(b, &c);
		struct cell left = merged(ab, &c), right = merged(a, &bc);

		assert_same(&left, &right);
	}
}

static void merge_is_commutative(void **state)
{
	struct rng rng = { 3 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct cell a = random_cell(&rng), b = random_cell(&rng);
		struct cell ab = merged(a, &b), ba = merged(b, &a);

		assert_same(&ab, &ba);
	}
}

static void merge_adds_everything(void **state)
{
	struct cell a = { 0 }, b = { 0 };

	(void)state;
	for (int m = 0; m < MEASURE_COUNT; m++) {
		cell_add(&a, m, m + 1);
		cell_add(&b, m, 1000 * (m + 1));
	}
	tally_look(&a.tally, 3);
	tally_look(&b.tally, 4);
	cell_merge(&a, &b);
	for (int m = 0; m < MEASURE_COUNT; m++) {
		int64_t wanted = measure_table[m].merging == MERGE_SUM ?
				 1001 * (m + 1) :
				 measure_table[m].merging == MERGE_LEAST ?
				 m + 1 : 1000 * (m + 1);

		assert_true(a.value[m] == wanted);
	}
	assert_int_equal(a.tally.looks, 2);
	assert_true(a.tally.weight_ns == 7);
	assert_true(a.tally.weight_sq == 25);
}

/* Bounds of nothing are no bounds. */
static void bounds_are_of_what_has_them(void **state)
{
	struct cell sum = { 0 }, some = { 0 }, none = { 0 };

	(void)state;
	cell_add(&some, MEASURE_MIN, 5);
	cell_add(&some, MEASURE_MAX, 7);
	cell_add(&none, MEASURE_WALL, 1);
	cell_merge(&sum, &some);
	cell_merge(&sum, &none);
	assert_int_equal(sum.value[MEASURE_MIN], 5);
	assert_int_equal(sum.value[MEASURE_MAX], 7);
	some = (struct cell){ 0 };
	cell_add(&some, MEASURE_MIN, 3);
	cell_add(&some, MEASURE_MAX, 6);
	cell_merge(&sum, &some);
	assert_int_equal(sum.value[MEASURE_MIN], 3);
	assert_int_equal(sum.value[MEASURE_MAX], 7);
	cell_merge(&none, &sum);
	assert_int_equal(none.value[MEASURE_MIN], 3);
	assert_int_equal(none.value[MEASURE_MAX], 7);
	/* A shortest call of no time at all is one, and no longer than what
	 * is below zero. */
	some = (struct cell){ 0 };
	cell_add(&some, MEASURE_MIN, 0);
	cell_merge(&none, &some);
	assert_int_equal(none.value[MEASURE_MIN], 0);
	some = (struct cell){ 0 };
	cell_add(&some, MEASURE_MAX, -1);
	sum = (struct cell){ 0 };
	cell_merge(&sum, &some);
	assert_int_equal(sum.value[MEASURE_MAX], -1);
}

/* Calls in flight are many, the oldest of them is one. */
static void the_oldest_call_in_flight_is_kept(void **state)
{
	static const int ages[] = { 5, 9, 2 };
	struct cell sum = { 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(ages); i++) {
		struct cell cell = { 0 };

		cell_add(&cell, MEASURE_IN_FLIGHT, 1);
		cell_add(&cell, MEASURE_AGE, ages[i]);
		cell_merge(&sum, &cell);
	}
	assert_int_equal(sum.value[MEASURE_IN_FLIGHT], 3);
	assert_int_equal(sum.value[MEASURE_AGE], 9);
}

static void adding_marks_a_measure_as_known(void **state)
{
	struct cell cell = { 0 };

	(void)state;
	assert_false(cell_has(&cell, MEASURE_WALL));
	/* A measured zero is known. */
	cell_add(&cell, MEASURE_WALL, 0);
	assert_true(cell_has(&cell, MEASURE_WALL));
	assert_false(cell_has(&cell, MEASURE_BLOCKED));
	assert_false(cell_has(&cell, MEASURE_WRITE_BYTES));
	cell_add(&cell, MEASURE_WRITE_BYTES, -5);
	cell_add(&cell, MEASURE_WRITE_BYTES, 3);
	assert_true(cell_has(&cell, MEASURE_WRITE_BYTES));
	assert_true(cell.value[MEASURE_WRITE_BYTES] == -2);
}

static void an_estimate_makes_the_sum_an_estimate(void **state)
{
	struct cell exact = { 0 }, guess = { 0 };

	(void)state;
	cell_add(&exact, MEASURE_WALL, 10);
	cell_add(&exact, MEASURE_CPU, 10);
	assert_false(cell_is_estimate(&exact, MEASURE_WALL));
	cell_add_estimate(&guess, MEASURE_WALL, 5);
	assert_true(cell_has(&guess, MEASURE_WALL));
	assert_true(cell_is_estimate(&guess, MEASURE_WALL));
	cell_merge(&exact, &guess);
	assert_true(exact.value[MEASURE_WALL] == 15);
	assert_true(cell_is_estimate(&exact, MEASURE_WALL));
	assert_false(cell_is_estimate(&exact, MEASURE_CPU));
}

/* A difference below zero is made up for by the next: nothing is cut. */
static void negative_parts_are_kept(void **state)
{
	struct cell sum = { 0 }, down = { 0 }, up = { 0 };

	(void)state;
	cell_add(&down, MEASURE_BLOCKED, -400);
	cell_add(&up, MEASURE_BLOCKED, 1000);
	cell_merge(&sum, &down);
	assert_true(sum.value[MEASURE_BLOCKED] == -400);
	cell_merge(&sum, &up);
	assert_true(sum.value[MEASURE_BLOCKED] == 600);
}

static void tables_are_whole(void **state)
{
	(void)state;
	/* The sets of measures are bits of an unsigned. */
	assert_true(MEASURE_COUNT <= 32);
	for (int m = 0; m < MEASURE_COUNT; m++) {
		assert_non_null(measure_table[m].name);
		assert_non_null(measure_table[m].help);
	}
}

/* A wait that is many times as long as it may be off is believed. */
static void little_more_than_slack_is_doubtful(void **state)
{
	struct cell cell = { .slack_ns = 100 };

	(void)state;
	/* Nothing is doubtful where nothing is known. */
	assert_false(cell_is_doubtful(&cell));
	cell_add_estimate(&cell, MEASURE_BLOCKED, 0);
	assert_true(cell_is_doubtful(&cell));
	cell_add_estimate(&cell, MEASURE_BLOCKED, 150);
	assert_true(cell_is_doubtful(&cell));
	cell_add_estimate(&cell, MEASURE_BLOCKED, 1000);
	assert_false(cell_is_doubtful(&cell));
	/* An estimate by looks alone has an interval instead. */
	cell.slack_ns = 0;
	cell.value[MEASURE_BLOCKED] = 0;
	assert_false(cell_is_doubtful(&cell));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_is_the_identity),
		cmocka_unit_test(merge_is_associative),
		cmocka_unit_test(merge_is_commutative),
		cmocka_unit_test(merge_adds_everything),
		cmocka_unit_test(bounds_are_of_what_has_them),
		cmocka_unit_test(the_oldest_call_in_flight_is_kept),
		cmocka_unit_test(adding_marks_a_measure_as_known),
		cmocka_unit_test(an_estimate_makes_the_sum_an_estimate),
		cmocka_unit_test(negative_parts_are_kept),
		cmocka_unit_test(little_more_than_slack_is_doubtful),
		cmocka_unit_test(tables_are_whole),
	};

	return cmocka_run_group_tests_name("cell", tests, NULL, NULL);
}
