/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time that the hypervisor or interrupts took: an off-CPU clock takes it
 * for blocked, looks do not.
 */
#include "book.h"

#define POLL 5

static void lose_on_machine(struct book *book, int64_t stolen_ns)
{
	struct event event = { .kind = EVENT_MACHINE,
			       .machine = { .stolen_ns = stolen_ns } };

	book->sink.event(book->sink.ctx, &event);
}

/* 10 s of wall, 4 s on the CPU, seen running in @running of 100 looks. */
static void run_process(struct book *book, int pid, int running)
{
	post_clocks(book, pid, pid, 10 * SEC, 4 * SEC, 0);
	post_usage(book, pid, 3 * SEC, 1 * SEC);
	look(book, seen_in(pid, pid, ABI_STATE, STATE_RUNNING), running);
	look(book, seen_in(pid, pid, ABI_NATIVE, POLL), 100 - running);
}

static int64_t sum_of(const struct snapshot *snap, enum measure m)
{
	int64_t sum = 0;

	for (size_t i = 0; i < snap->n_rows; i++)
		sum += snap->rows[i].cell.value[m];
	return sum;
}

static void stolen_time_is_not_blocked(void **state)
{
	struct book *book = *state;
	const struct account *all;
	struct snapshot *snap;

	run_process(book, 1, 60);
	lose_on_machine(book, 5 * SEC);
	snap = take(book, BY_SYSCALL);
	all = &snap->all;
	assert_close(all->cell.value[MEASURE_STOLEN], 2 * SEC, 1);
	assert_close(all->cell.value[MEASURE_BLOCKED], 4 * SEC, 1);
	assert_true(cell_is_estimate(&all->cell, MEASURE_BLOCKED));
	assert_true(cell_is_estimate(&all->cell, MEASURE_STOLEN));
	assert_true(all->blocked_lo_ns <= 4 * SEC);
	assert_true(all->blocked_hi_ns >= 4 * SEC);
	assert_true(all->blocked_hi_ns > all->blocked_lo_ns);
	/* The rows add up as ever. */
	assert_close(sum_of(snap, MEASURE_WALL), 10 * SEC, 10);
	assert_close(sum_of(snap, MEASURE_BLOCKED), 4 * SEC, 10);
	assert_close(sum_of(snap, MEASURE_STOLEN), 2 * SEC, 10);
	snapshot_free(snap);
}

static void no_more_is_stolen_than_the_machine_lost(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	run_process(book, 1, 60);
	run_process(book, 2, 60);
	run_process(book, 3, 60);
	lose_on_machine(book, 3 * SEC);
	snap = take(book, BY_PROCESS);
	assert_close(snap->all.cell.value[MEASURE_STOLEN], 3 * SEC, 10);
	snapshot_free(snap);
}

static void a_quiet_machine_leaves_blocked_exact(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	run_process(book, 1, 60);
	lose_on_machine(book, 1 * MS);
	snap = take(book, BY_SYSCALL);
	assert_false(cell_has(&snap->all.cell, MEASURE_STOLEN));
	assert_true(snap->all.cell.value[MEASURE_BLOCKED] == 6 * SEC);
	assert_false(cell_is_estimate(&snap->all.cell, MEASURE_BLOCKED));
	assert_true(snap->all.blocked_lo_ns == snap->all.blocked_hi_ns);
	snapshot_free(snap);
}

static void a_process_that_slept_lost_nothing(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 0, 0);
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 100);
	lose_on_machine(book, 5 * SEC);
	snap = take(book, BY_SYSCALL);
	assert_true(snap->all.cell.value[MEASURE_STOLEN] == 0);
	assert_true(snap->all.cell.value[MEASURE_BLOCKED] == 10 * SEC);
	snapshot_free(snap);
}

static void the_ledger_adds_up_with_it(void **state)
{
	static const unsigned groupings[] = {
		BY_SYSCALL, BY_PROCESS | BY_SYSCALL, BY_THREAD | BY_SYSCALL,
		BY_PROCESS, BY_THREAD,
	};
	struct book *book = *state;

	run_process(book, 1, 60);
	run_process(book, 2, 45);
	post_clocks(book, 2, 7, 5 * SEC, 2 * SEC, SEC / 2);
	lose_on_machine(book, 4 * SEC);
	for (size_t i = 0; i < N_OF(groupings); i++) {
		struct snapshot *snap = take(book, groupings[i]);
		const int64_t *v = snap->all.cell.value;

		assert_true(v[MEASURE_STOLEN] > 0);
		assert_true(v[MEASURE_WALL] == v[MEASURE_USER] +
			    v[MEASURE_SYSTEM] + v[MEASURE_BLOCKED] +
			    v[MEASURE_RUNQ] + v[MEASURE_STOLEN] +
			    snap->all.residual_ns);
		assert_close(sum_of(snap, MEASURE_WALL), v[MEASURE_WALL], 50);
		assert_close(sum_of(snap, MEASURE_STOLEN), v[MEASURE_STOLEN],
			     50);
		assert_close(sum_of(snap, MEASURE_BLOCKED),
			     v[MEASURE_BLOCKED], 50);
		snapshot_free(snap);
	}
}

/* Where no call is known, the one row of blocked is no more exact than the
 * total that it is. */
static void asleep_is_as_estimated_as_the_total(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 4 * SEC, 0);
	look(book, seen_in(1, 1, ABI_STATE, STATE_RUNNING), 60);
	look(book, seen_in(1, 1, ABI_STATE, STATE_ASLEEP), 40);
	lose_on_machine(book, 5 * SEC);
	snap = take(book, BY_SYSCALL);
	assert_true(cell_is_estimate(&snap->all.cell, MEASURE_BLOCKED));
	row = row_of(snap, seen_in(1, 1, ABI_STATE, STATE_ASLEEP));
	assert_close(value_of(row, MEASURE_BLOCKED), 4 * SEC, 1);
	assert_true(cell_is_estimate(&row->cell, MEASURE_BLOCKED));
	assert_true(row->blocked_hi_ns > row->blocked_lo_ns);
	snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOOK(stolen_time_is_not_blocked),
		WITH_BOOK(no_more_is_stolen_than_the_machine_lost),
		WITH_BOOK(a_quiet_machine_leaves_blocked_exact),
		WITH_BOOK(a_process_that_slept_lost_nothing),
		WITH_BOOK(the_ledger_adds_up_with_it),
		WITH_BOOK(asleep_is_as_estimated_as_the_total),
	};

	return cmocka_run_group_tests_name("stolen", tests, NULL, NULL);
}
