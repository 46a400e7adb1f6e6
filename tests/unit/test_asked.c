/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which calls are told, under which keys: by outcome, error, ABI, thread. */
#include "rig.h"

#define READ 0
#define POLL 7

static void calls_are_told_by_thread_on_request(void **state)
{
	struct rig *rig = *state;
	struct snapshot *snap;

	rig->g.by_thread = true;
	for (uint32_t i = 1; i <= 2; i++) {
		struct slot *slot = born_in(rig, i, 10 + (int)i);

		add_calls(rig, listed_in(rig, slot, i, tag(READ)), i, SEC, 0);
	}
	snap = at(rig, 4 * SEC, BY_SYSCALL | BY_THREAD);
	assert_int_equal(snap->n_threads, 2);
	assert_int_equal(snap->now.threads, 2);
	assert_int_equal(snap->now.processes, 1);
	for (size_t i = 0; i < snap->n_rows; i++) {
		const struct row *row = &snap->rows[i];

		assert_true(row->key.tid == 11 || row->key.tid == 12);
		assert_int_equal(row->key.thread_start, row->key.tid);
		assert_int_equal(row->key.process_start, 10);
		if (row->key.abi == ABI_NATIVE)
			assert_int_equal(row->cell.value[MEASURE_CALLS],
					 row->key.tid - 10);
		else
			assert_int_equal(row->cell.value[MEASURE_WALL],
					 3 * SEC);
	}
	assert_int_equal(snap->n_rows, 4);
	snapshot_free(snap);
}

static void outcomes_are_kept_apart(void **state)
{
	static const struct {
		enum ending outcome;
		int64_t calls;
	} cases[] = {
		{ OUTCOME_FAILURE, 3 }, { OUTCOME_SUCCESS, 5 },
		{ OUTCOME_ANY, 8 },
	};
	struct rig *rig = *state;

	rig->plan.split = SPLIT_FAILED;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct slot *slot = born(rig);
		struct snapshot *snap;

		rig->g.outcome = cases[i].outcome;
		add_calls(rig, listed(rig, 1, tag(READ)), 5, SEC, 0);
		add_calls(rig, listed(rig, 2, tag(READ) |
				      1u << TAG_ERROR_SHIFT), 3, SEC, 0);
		dies(slot, 3 * SEC);
		snap = at(rig, 3 * SEC, BY_SYSCALL);
		assert_int_equal(of(snap, READ, MEASURE_CALLS),
				 cases[i].calls);
		/* The others' time is none of [outside calls], either. */
		assert_int_equal(outside(snap, MEASURE_WALL), SEC);
		snapshot_free(snap);
		rig->slots[1].spare_cell = 0;
	}
}

/* How a call will end is not known before: it is told in whole, then. */
static void one_in_flight_waits_for_its_outcome(void **state)
{
	static const struct {
		enum ending outcome;
		int64_t wall;
	} cases[] = {
		{ OUTCOME_SUCCESS, 8 * SEC }, { OUTCOME_FAILURE, -1 },
	};
	struct rig *rig = *state;

	rig->plan.split = SPLIT_FAILED;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct slot *slot = born(rig);
		struct call_cell *cell = listed(rig, 1, tag(POLL));
		struct snapshot *snap;

		rig->g.outcome = cases[i].outcome;
		slot->enter_ns = BORN + 1 * SEC;
		slot->tag = tag(POLL);
		snap = at(rig, 4 * SEC, BY_SYSCALL);
		assert_int_equal(of(snap, POLL, MEASURE_WALL), -1);
		assert_int_equal(snap->now.in_flight, 1);
		snapshot_free(snap);
		slot->enter_ns = 0;
		add_calls(rig, cell, 1, 8 * SEC, 0);
		dies(slot, 10 * SEC);
		snap = at(rig, 10 * SEC, BY_SYSCALL);
		assert_int_equal(of(snap, POLL, MEASURE_WALL),
				 cases[i].wall);
		assert_int_equal(outside(snap, MEASURE_WALL), 1 * SEC);
		snapshot_free(snap);
		slot->spare_cell = 0;
	}
}

/* What was not asked for is not told from what is in no call. */
static void the_rest_has_another_name(void **state)
{
	struct rig *rig = *state;
	struct snapshot *snap;

	born(rig);
	rig->plan.filtered = 1;
	add_calls(rig, listed(rig, 1, tag(READ)), 1, SEC, 0);
	snap = at(rig, 4 * SEC, BY_SYSCALL);
	assert_int_equal(snap->n_rows, 2);
	assert_int_equal(value_of(row_of(snap, seen_in(0, 0, ABI_STATE,
						       STATE_REST)),
				  MEASURE_WALL), 3 * SEC);
	assert_int_equal(outside(snap, MEASURE_WALL), -1);
	snapshot_free(snap);
}

static void errors_are_told_apart_on_request(void **state)
{
	struct rig *rig = *state;
	struct snapshot *snap;

	born(rig);
	rig->plan.split = SPLIT_ERRNO;
	add_calls(rig, listed(rig, 1, tag(READ)), 5, SEC, 0);
	add_calls(rig, listed(rig, 2, tag(READ) | 11u << TAG_ERROR_SHIFT), 3,
		  SEC, 0);
	add_calls(rig, listed(rig, 3, tag(READ) | 4095u << TAG_ERROR_SHIFT),
		  2, SEC / 2, 0);
	snap = at(rig, 4 * SEC, BY_SYSCALL | 1u << DIM_ERRNO);
	assert_int_equal(snap->n_rows, 4);
	for (size_t i = 0; i < snap->n_rows; i++) {
		const struct row *row = &snap->rows[i];

		if (row->key.abi == ABI_STATE)
			continue;
		assert_int_equal(row->cell.value[MEASURE_CALLS],
				 row->key.error == 11 ? 3 :
				 row->key.error == 4095 ? 2 : 5);
	}
	snapshot_free(snap);
}

static void tags_are_of_four_tables(void **state)
{
	static const struct {
		uint32_t tag;
		int abi, nr;
	} cases[] = {
		{ 3, ABI_NATIVE, 3 },
		{ TAG_COMPAT << TAG_NR_BITS | 3, ABI_COMPAT, 3 },
		{ TAG_X32 << TAG_NR_BITS | 3, ABI_X32, 3 },
		{ TAG_NR_OTHER, ABI_NATIVE, -1 },
	};
	struct rig *rig = *state;
	struct snapshot *snap;

	born(rig);
	for (uint32_t i = 0; i < N_OF(cases); i++)
		add_calls(rig, listed(rig, 1 + i, tag(cases[i].tag)), i + 1,
			  SEC, 0);
	snap = at(rig, 10 * SEC, BY_SYSCALL);
	for (uint32_t i = 0; i < N_OF(cases); i++) {
		struct key key = seen_in(0, 0, cases[i].abi, cases[i].nr);
		const struct row *row = row_of(snap, key);

		assert_int_equal(value_of(row, MEASURE_CALLS), i + 1);
		if (cases[i].nr < 0)
			assert_string_equal(row->syscall, "[other calls]");
	}
	snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(calls_are_told_by_thread_on_request),
		WITH_RIG(outcomes_are_kept_apart),
		WITH_RIG(one_in_flight_waits_for_its_outcome),
		WITH_RIG(the_rest_has_another_name),
		WITH_RIG(errors_are_told_apart_on_request),
		WITH_RIG(tags_are_of_four_tables),
	};

	return cmocka_run_group_tests_name("asked", tests, NULL, NULL);
}
