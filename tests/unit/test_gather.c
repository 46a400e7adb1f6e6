/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From slots and cells, as the BPF programs would leave them, to the ledger:
 * in plain memory, without a kernel.
 */
#include "rig.h"

#define READ 0
#define POLL 7

static void ended_calls_and_the_rest_are_the_life(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	add_calls(rig, listed(rig, 1, tag(READ)), 4, 4 * SEC, 3 * SEC);
	slot->outside_runq_ns = 1 * SEC;
	slot->exec_ns = 5 * SEC;
	snap = at(rig, 10 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, READ, MEASURE_CALLS), 4);
	assert_int_equal(of(snap, READ, MEASURE_CPU), 1 * SEC);
	assert_int_equal(of(snap, READ, MEASURE_MIN), 1 * SEC);
	assert_int_equal(outside(snap, MEASURE_WALL), 6 * SEC);
	assert_int_equal(outside(snap, MEASURE_RUNQ), 1 * SEC);
	assert_int_equal(outside(snap, MEASURE_CPU), 5 * SEC);
	assert_int_equal(snap->all.cell.value[MEASURE_WALL], 10 * SEC);
	assert_int_equal(snap->all.residual_ns, 1 * SEC);
	snapshot_free(snap);
	/* Nothing is told twice, and old bounds are none. */
	snap = at(rig, 11 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, READ, MEASURE_CALLS), -1);
	assert_int_equal(outside(snap, MEASURE_WALL), 1 * SEC);
	snapshot_free(snap);
}

static void a_call_in_flight_is_booked_as_far_as_it_went(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct call_cell *cell = listed(rig, 1, tag(POLL));
	struct snapshot *snap;

	slot->enter_ns = BORN + 2 * SEC;
	slot->tag = tag(POLL);
	slot->off_ns = BORN + 3 * SEC;
	slot->flags = SLOT_ASLEEP | SLOT_SWITCHED;
	snap = at(rig, 10 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, POLL, MEASURE_CALLS), 0);
	assert_int_equal(of(snap, POLL, MEASURE_WALL), 8 * SEC);
	assert_int_equal(of(snap, POLL, MEASURE_BLOCKED), 7 * SEC);
	assert_int_equal(of(snap, POLL, MEASURE_IN_FLIGHT), 1);
	assert_int_equal(of(snap, POLL, MEASURE_AGE), 8 * SEC);
	assert_int_equal(snap->now.in_flight, 1);
	snapshot_free(snap);

	snap = at(rig, 15 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, POLL, MEASURE_WALL), 5 * SEC);
	assert_int_equal(of(snap, POLL, MEASURE_BLOCKED), 5 * SEC);
	assert_int_equal(of(snap, POLL, MEASURE_AGE), 13 * SEC);
	snapshot_free(snap);

	/* It ends at 16 s, having slept until then. */
	slot->enter_ns = slot->off_ns = slot->flags = 0;
	add_calls(rig, cell, 1, 14 * SEC, 13 * SEC);
	snap = at(rig, 20 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, POLL, MEASURE_CALLS), 1);
	assert_int_equal(of(snap, POLL, MEASURE_WALL), 1 * SEC);
	assert_int_equal(of(snap, POLL, MEASURE_BLOCKED), 1 * SEC);
	/* Averages are of whole calls. */
	assert_int_equal(of(snap, POLL, MEASURE_ENDED), 14 * SEC);
	assert_int_equal(outside(snap, MEASURE_WALL), 4 * SEC);
	assert_int_equal(snap->now.in_flight, 0);
	snapshot_free(snap);
}

static void one_from_before_is_older_than_it_looks(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;
	const struct row *row;

	slot->enter_ns = BORN;
	slot->tag = tag(POLL);
	slot->flags = SLOT_PARTIAL;
	snap = at(rig, 1 * SEC, BY_SYSCALL);
	row = call_row(snap, POLL);
	assert_non_null(row);
	assert_true(cell_is_estimate(&row->cell, MEASURE_AGE));
	assert_false(cell_is_estimate(&row->cell, MEASURE_WALL));
	snapshot_free(snap);
}

/* The least and the most of the interval, however often it was visited. */
static void bounds_are_of_one_interval(void **state)
{
	struct rig *rig = *state;
	struct snapshot *snap;
	struct call_cell *cell;

	born(rig);
	cell = listed(rig, 1, tag(READ));
	add_calls(rig, cell, 1, 5 * MS, 0);
	visit(rig, SEC);
	add_calls(rig, cell, 1, 9 * MS, 0);
	visit(rig, 2 * SEC);
	add_calls(rig, cell, 1, 7 * MS, 0);
	snap = at(rig, 3 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, READ, MEASURE_MIN), 5 * MS);
	assert_int_equal(of(snap, READ, MEASURE_MAX), 9 * MS);
	snapshot_free(snap);
	add_calls(rig, cell, 1, 6 * MS, 0);
	snap = at(rig, 4 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, READ, MEASURE_CALLS), 1);
	assert_int_equal(of(snap, READ, MEASURE_MIN), 6 * MS);
	assert_int_equal(of(snap, READ, MEASURE_MAX), 6 * MS);
	snapshot_free(snap);
	/* One that ended between the reading of its thread and the next
	 * epoch counts, but the bounds may be another's as well. */
	cell->calls++;
	snap = at(rig, 5 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, READ, MEASURE_CALLS), 1);
	assert_false(cell_has(&call_row(snap, READ)->cell, MEASURE_MIN));
	assert_false(cell_has(&call_row(snap, READ)->cell, MEASURE_MAX));
	snapshot_free(snap);
}

static void an_epoch_is_from_report_to_report(void **state)
{
	struct rig *rig = *state;
	uint32_t epoch = rig->control.epoch;

	born(rig);
	visit(rig, SEC);
	assert_int_equal(rig->control.epoch, epoch);
	snapshot_free(at(rig, 2 * SEC, BY_SYSCALL));
	assert_int_equal(rig->control.epoch, epoch + 1);
}

/* A page fault, or a stop: it may go on as long as it will. */
static void a_sleep_in_no_call_is_outside(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	slot->outside_blocked_ns = 1 * SEC;
	slot->queued_ns = 500 * MS;
	slot->off_ns = BORN + 2 * SEC;
	slot->flags = SLOT_ASLEEP;
	snap = at(rig, 5 * SEC, BY_SYSCALL);
	assert_int_equal(outside(snap, MEASURE_BLOCKED), 4 * SEC);
	assert_int_equal(outside(snap, MEASURE_RUNQ), 500 * MS);
	assert_int_equal(outside(snap, MEASURE_CPU), 500 * MS);
	assert_int_equal(snap->all.cell.value[MEASURE_BLOCKED], 4 * SEC);
	assert_int_equal(snap->now.in_flight, 0);
	snapshot_free(snap);
	snap = at(rig, 6 * SEC, BY_SYSCALL);
	assert_int_equal(outside(snap, MEASURE_BLOCKED), 1 * SEC);
	assert_int_equal(outside(snap, MEASURE_CPU), 0);
	snapshot_free(snap);
}

static void bytes_are_of_calls_that_move_some(void **state)
{
	struct rig *rig = *state;
	struct call_cell *read_, *poll_;
	struct snapshot *snap;

	born(rig);
	assert_int_equal(callset_parse(&rig->g.moves, "0", NULL), 0);
	read_ = listed(rig, 1, tag(READ));
	poll_ = listed(rig, 2, tag(POLL));
	add_calls(rig, read_, 2, SEC, 0);
	add_calls(rig, poll_, 2, SEC, 0);
	read_->bytes = 4096;
	poll_->bytes = 2;
	read_->errors = 1;
	snap = at(rig, 3 * SEC, BY_SYSCALL);
	assert_int_equal(value_of(call_row(snap, READ), MEASURE_BYTES), 4096);
	assert_int_equal(value_of(call_row(snap, READ), MEASURE_ERRORS), 1);
	assert_false(cell_has(&call_row(snap, POLL)->cell, MEASURE_BYTES));
	snapshot_free(snap);
	add_calls(rig, read_, 1, SEC, 0);
	read_->bytes += 100;
	snap = at(rig, 5 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, READ, MEASURE_BYTES), 100);
	assert_int_equal(of(snap, READ, MEASURE_ERRORS), 0);
	snapshot_free(snap);
}

static void histograms_are_told_as_they_grow(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct call_cell *cell = listed(rig, 1, tag(READ));
	struct snapshot *snap;

	cell->hist = 2;
	add_calls(rig, cell, 3, 3 * MS, 0);
	rig->hists[2].count[bucket_of(MS)] = 3;
	snap = at(rig, SEC, BY_SYSCALL);
	assert_int_equal(hist_total(call_row(snap, READ)->hist), 3);
	snapshot_free(snap);
	add_calls(rig, cell, 1, 8 * MS, 0);
	rig->hists[2].count[bucket_of(8 * MS)] = 1;
	dies(slot, 2 * SEC);
	snap = at(rig, 2 * SEC, BY_SYSCALL);
	assert_int_equal(hist_total(call_row(snap, READ)->hist), 1);
	assert_int_equal(call_row(snap, READ)->hist->count[bucket_of(8 * MS)],
			 1);
	snapshot_free(snap);
	/* The next one's begins empty. */
	for (int i = 0; i < BUCKETS; i++) {
		assert_int_equal(rig->hists[2].count[i], 0);
		assert_int_equal(rig->g.told_hists[2].count[i], 0);
	}
}

/* What it was told by before is not what it turned out to be. */
static void what_was_told_is_taken_back_by_its_name(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	slot->enter_ns = BORN + 2 * SEC;
	slot->tag = tag(POLL);
	snapshot_free(at(rig, 5 * SEC, BY_SYSCALL));
	/* It ended at 6 s without being counted, and another one began. */
	slot->enter_ns = BORN + 8 * SEC;
	slot->tag = tag(READ);
	snap = at(rig, 9 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, POLL, MEASURE_WALL), -3 * SEC);
	assert_int_equal(of(snap, POLL, MEASURE_IN_FLIGHT), 0);
	assert_int_equal(of(snap, READ, MEASURE_WALL), 1 * SEC);
	assert_int_equal(outside(snap, MEASURE_WALL), 6 * SEC);
	assert_int_equal(sum_of(snap, MEASURE_WALL), 4 * SEC);
	assert_int_equal(snap->now.in_flight, 1);
	snapshot_free(snap);
}

/* exit_group() and what a signal kills it in never end. */
static void a_last_call_is_booked_up_to_the_end(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	slot->enter_ns = BORN + 2 * SEC;
	slot->tag = tag(POLL);
	dies(slot, 5 * SEC);
	snap = at(rig, 9 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, POLL, MEASURE_WALL), 3 * SEC);
	assert_int_equal(of(snap, POLL, MEASURE_CALLS), 0);
	assert_int_equal(outside(snap, MEASURE_WALL), 2 * SEC);
	assert_false(cell_has(&call_row(snap, POLL)->cell,
			      MEASURE_IN_FLIGHT));
	assert_int_equal(snap->now.in_flight, 0);
	snapshot_free(snap);
}

/* Only a report says what is in flight: a sum of visits would be many. */
static void visits_count_nothing_as_in_flight(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	slot->enter_ns = BORN;
	slot->tag = tag(POLL);
	visit(rig, 1 * SEC);
	visit(rig, 2 * SEC);
	snap = at(rig, 3 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, POLL, MEASURE_IN_FLIGHT), 1);
	assert_int_equal(of(snap, POLL, MEASURE_WALL), 3 * SEC);
	assert_int_equal(of(snap, POLL, MEASURE_AGE), 3 * SEC);
	snapshot_free(snap);
}

/* As the ticks fell; where none did, as calls and the rest used the CPU. */
static void user_and_system_share_the_exact_clock(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;
	const int64_t *value;

	slot->base_exec_ns = slot->exec_ns = 50 * SEC;
	slot->exec_ns += 4 * SEC;
	add_calls(rig, listed(rig, 1, tag(READ)), 1, 2 * SEC, SEC);
	snap = at(rig, 5 * SEC, BY_SYSCALL);
	value = snap->all.cell.value;
	/* 1 s of the 4 s on the CPU was in calls. */
	assert_int_equal(value[MEASURE_CPU], 4 * SEC);
	assert_close(value[MEASURE_SYSTEM], 1 * SEC, 1);
	assert_close(value[MEASURE_USER], 3 * SEC, 1);
	snapshot_free(snap);
	/* Ticks say 3 to 1; what was told stays told. */
	slot->exec_ns += 4 * SEC;
	slot->system_ns = 75 * MS;
	slot->user_ns = 25 * MS;
	snap = at(rig, 10 * SEC, BY_SYSCALL);
	value = snap->all.cell.value;
	assert_int_equal(value[MEASURE_CPU], 4 * SEC);
	assert_close(value[MEASURE_SYSTEM], 4 * SEC, 1);
	assert_close(value[MEASURE_USER], 0, 1);
	snapshot_free(snap);
}

static void neither_user_nor_system_goes_backwards(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct rng rng = { 11 };
	int64_t exec = 0;

	for (int i = 1; i < 300; i++) {
		struct snapshot *snap;
		const int64_t *value;

		slot->exec_ns += rng_below(&rng, 10 * MS);
		if (rng_below(&rng, 2))
			slot->user_ns += rng_below(&rng, 3) * 4 * MS;
		else
			slot->system_ns += rng_below(&rng, 3) * 4 * MS;
		snap = at(rig, i * 10 * MS, BY_SYSCALL);
		value = snap->all.cell.value;
		assert_true(value[MEASURE_USER] >= 0);
		assert_true(value[MEASURE_SYSTEM] >= 0);
		assert_int_equal(value[MEASURE_USER] + value[MEASURE_SYSTEM],
				 value[MEASURE_CPU]);
		exec += value[MEASURE_CPU];
		assert_int_equal(exec, slot->exec_ns);
		snapshot_free(snap);
	}
}

static void losses_are_told_as_they_grow(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct call_cell *cell = listed(rig, 1, tag(READ));

	for (int64_t i = 1; i <= 2; i++) {
		struct snapshot *snap;

		add_calls(rig, cell, 1, MS, 0);
		cell->refused += 1;
		cell->partial += 2;
		slot->uring += 3;
		rig->control.no_cell += 4;
		rig->control.unmatched += 5;
		rig->control.no_slot += 6;
		rig->control.no_hist += 7;
		rig->control.lost_switches += 8;
		gather_missed(&rig->g, (uint64_t)(9 * i));
		snap = at(rig, i * SEC, BY_SYSCALL);
		assert_int_equal(snap->lost[LOSS_UNTIMED], 1);
		assert_int_equal(snap->lost[LOSS_PARTIAL], 2);
		assert_int_equal(snap->lost[LOSS_URING], 3);
		assert_int_equal(snap->lost[LOSS_CALLS], 4 + 5 + 9);
		assert_int_equal(snap->lost[LOSS_THREADS], 6);
		assert_int_equal(snap->lost[LOSS_HISTOGRAMS], 7);
		assert_int_equal(snap->lost[LOSS_SWITCHES], 8);
		snapshot_free(snap);
	}
	/* Nothing new, nothing lost. */
	gather_missed(&rig->g, 18);
	ledger_next(&rig->book.ledger);
	visit(rig, 3 * SEC);
	for (int i = 0; i < LOSS_COUNT; i++)
		assert_int_equal(rig->book.ledger.lost[i], 0);
}

/* A step of a thread's life: it is off the CPU now and then, calls begin
 * and end. */
static void live(struct rig *rig, struct rng *rng, struct slot *slot,
		 struct call_cell *cell, int64_t now)
{
	uint64_t wall = (uint64_t)(BORN + now) - slot->enter_ns;

	if (!slot->enter_ns) {
		slot->outside_blocked_ns += slot->blocked_ns;
		slot->outside_runq_ns += slot->queued_ns;
		slot->outside_vcsw += slot->vcsw;
		slot->enter_ns = (uint64_t)(BORN + now);
		slot->tag = cell->tag;
	} else {
		add_calls(rig, cell, 1, wall, slot->blocked_ns);
		cell->runq_ns += slot->queued_ns;
		cell->vcsw += slot->vcsw;
		slot->enter_ns = 0;
	}
	slot->blocked_ns = rng_below(rng, 300);
	slot->queued_ns = rng_below(rng, 100);
	slot->vcsw = (uint32_t)rng_below(rng, 3);
}

/* However it goes, rows add up to the lives that have been accounted. */
static void all_of_it_always_adds_up(void **state)
{
	enum { THREADS = 3 };
	struct rig *rig = *state;
	struct call_cell *cells[THREADS + 1];
	struct rng rng = { 7 };
	int64_t now = 0, told = 0;

	for (uint32_t i = 1; i <= THREADS; i++)
		cells[i] = listed_in(rig, born_in(rig, i, 10 + (int)i), i,
				     tag(i % 2 ? READ : POLL));
	for (int step = 0; step < 1000; step++) {
		uint32_t i = 1 + (uint32_t)rng_below(&rng, THREADS);
		struct snapshot *snap;

		now += 1 + (int64_t)rng_below(&rng, 1000);
		live(rig, &rng, &rig->slots[i], cells[i], now);
		now += 500;
		if (rng_below(&rng, 3))
			continue;
		if (rng_below(&rng, 2))
			visit(rig, now);
		now += (int64_t)rng_below(&rng, 1000);
		snap = at(rig, now, BY_SYSCALL);
		for (int m = MEASURE_WALL; m <= MEASURE_RUNQ; m++)
			assert_int_equal(sum_of(snap, m),
					 snap->all.cell.value[m]);
		assert_int_equal(sum_of(snap, MEASURE_VCSW),
				 snap->all.cell.value[MEASURE_VCSW]);
		/* And of each row, cpu is what is left of it. */
		for (size_t r = 0; r < snap->n_rows; r++) {
			const int64_t *v = snap->rows[r].cell.value;

			assert_int_equal(v[MEASURE_CPU], v[MEASURE_WALL] -
					 v[MEASURE_BLOCKED] -
					 v[MEASURE_RUNQ]);
		}
		told += sum_of(snap, MEASURE_WALL);
		assert_int_equal(told, THREADS * now);
		snapshot_free(snap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(ended_calls_and_the_rest_are_the_life),
		WITH_RIG(a_call_in_flight_is_booked_as_far_as_it_went),
		WITH_RIG(one_from_before_is_older_than_it_looks),
		WITH_RIG(what_was_told_is_taken_back_by_its_name),
		WITH_RIG(a_last_call_is_booked_up_to_the_end),
		WITH_RIG(visits_count_nothing_as_in_flight),
		WITH_RIG(bounds_are_of_one_interval),
		WITH_RIG(an_epoch_is_from_report_to_report),
		WITH_RIG(a_sleep_in_no_call_is_outside),
		WITH_RIG(bytes_are_of_calls_that_move_some),
		WITH_HISTS(histograms_are_told_as_they_grow),
		WITH_RIG(user_and_system_share_the_exact_clock),
		WITH_RIG(neither_user_nor_system_goes_backwards),
		WITH_RIG(losses_are_told_as_they_grow),
		WITH_RIG(all_of_it_always_adds_up),
	};

	return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
