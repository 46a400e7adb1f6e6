/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grouping where a collector measures calls: what it books to them is
 * theirs, and looks share out the rest.
 */
#include "book.h"

#define POLL 5
#define SYNC 7
#define READ 0

/* Blocked time of a call, as far as it may be off. */
static void book_blocked(struct book *book, struct key key, int64_t calls,
			 int64_t blocked, int64_t slack)
{
	struct cell cell = { .slack_ns = slack };

	cell_add(&cell, MEASURE_CALLS, calls);
	cell_add_estimate(&cell, MEASURE_BLOCKED, blocked);
	book->sink.cell(book->sink.ctx, &key, &cell);
}

static int64_t sum_of(const struct snapshot *snap, enum measure m)
{
	int64_t sum = 0;

	for (size_t i = 0; i < snap->n_rows; i++)
		sum += snap->rows[i].cell.value[m];
	return sum;
}

static const struct row *state_row(const struct snapshot *snap, int state)
{
	return row_of(snap, seen_in(1, 1, ABI_STATE, state));
}

static const struct row *call_row(const struct snapshot *snap, int nr)
{
	return row_of(snap, seen_in(1, 1, ABI_NATIVE, nr));
}

static void what_was_measured_is_a_row(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 1 * SEC, 1 * SEC);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 30, 3 * SEC, 0);
	/* In parts, as it goes on; and a call that never waits. */
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 10, 5 * SEC, 0);
	post(book, seen_in(1, 1, ABI_NATIVE, READ), MEASURE_CALLS, 1000);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(snap->n_rows, 3);
	row = call_row(snap, POLL);
	assert_int_equal(value_of(row, MEASURE_CALLS), 40);
	assert_int_equal(value_of(row, MEASURE_BLOCKED), 8 * SEC);
	assert_int_equal(value_of(row, MEASURE_WALL), 8 * SEC);
	assert_true(cell_is_estimate(&row->cell, MEASURE_BLOCKED));
	assert_true(cell_is_estimate(&row->cell, MEASURE_WALL));
	assert_false(cell_is_estimate(&row->cell, MEASURE_CALLS));
	row = call_row(snap, READ);
	assert_int_equal(value_of(row, MEASURE_CALLS), 1000);
	/* That it never waited is not known by counting. */
	assert_false(cell_has(&row->cell, MEASURE_BLOCKED));
	assert_int_equal(value_of(state_row(snap, STATE_RUNNING),
				  MEASURE_CPU), 1 * SEC);
	snapshot_free(snap);
}

/* The same call is one row, and looks that its time is booked for are none. */
static void looks_share_out_what_is_not_booked(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 1 * SEC, 1 * SEC);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 40, 5 * SEC, 0);
	look(book, seen_in(1, 1, ABI_STATE, STATE_BOOKED), 500);
	look(book, seen_in(1, 1, ABI_NATIVE, SYNC), 20);
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 10);
	look(book, seen_in(1, 1, ABI_STATE, STATE_RUNNING), 90);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(snap->n_rows, 3);
	row = call_row(snap, SYNC);
	assert_close(value_of(row, MEASURE_BLOCKED), 2 * SEC, 1);
	assert_false(cell_has(&row->cell, MEASURE_CALLS));
	row = call_row(snap, POLL);
	assert_close(value_of(row, MEASURE_BLOCKED), 6 * SEC, 1);
	assert_int_equal(value_of(row, MEASURE_CALLS), 40);
	/* Only the part by looks has their interval. */
	assert_true(row->blocked_lo_ns > 5 * SEC);
	assert_true(row->blocked_hi_ns < 8 * SEC);
	assert_null(state_row(snap, STATE_BOOKED));
	assert_null(state_row(snap, STATE_OUTSIDE));
	snapshot_free(snap);
}

static void without_open_looks_the_rest_is_outside(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 1 * SEC, 1 * SEC);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 40, 5 * SEC, 0);
	for (int looks = 0; looks <= 10; looks += 10) {
		look(book, seen_in(1, 1, ABI_STATE, STATE_BOOKED), looks);
		snap = take(book, BY_SYSCALL);
		assert_int_equal(snap->n_rows, 3);
		row = state_row(snap, STATE_OUTSIDE);
		assert_string_equal(row->syscall, "[outside calls]");
		assert_int_equal(value_of(row, MEASURE_BLOCKED), 3 * SEC);
		assert_int_equal(value_of(call_row(snap, POLL),
					  MEASURE_BLOCKED), 5 * SEC);
		assert_null(state_row(snap, STATE_ASLEEP));
		snapshot_free(snap);
	}
}

/* A stolen tick is in a call's clocks, but not in its owner's blocked. */
static void calls_add_up_to_no_more_than_their_owner(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 1 * SEC, 1 * SEC);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 40, 9 * SEC, 0);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, SYNC), 2, 3 * SEC, 0);
	look(book, seen_in(1, 1, ABI_STATE, STATE_BOOKED), 10);
	snap = take(book, BY_SYSCALL);
	row = call_row(snap, POLL);
	assert_close(value_of(row, MEASURE_BLOCKED), 6 * SEC, 1);
	assert_close(value_of(row, MEASURE_WALL), 6 * SEC, 1);
	/* Calls are counted, not shared out. */
	assert_int_equal(value_of(row, MEASURE_CALLS), 40);
	assert_close(value_of(call_row(snap, SYNC), MEASURE_BLOCKED),
		     2 * SEC, 1);
	assert_null(state_row(snap, STATE_OUTSIDE));
	snapshot_free(snap);
}

/* A clock that is late shows time below zero at first. */
static void nothing_is_shared_out_of_less_than_nothing(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 4 * MS, 10 * MS, 0);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 40, 2 * MS, MS);
	look(book, seen_in(1, 1, ABI_NATIVE, SYNC), 3);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(value_of(call_row(snap, POLL), MEASURE_BLOCKED), 0);
	assert_int_equal(value_of(call_row(snap, POLL), MEASURE_CALLS), 40);
	for (size_t i = 0; i < snap->n_rows; i++) {
		const struct row *row = &snap->rows[i];

		assert_true(row->cell.value[MEASURE_BLOCKED] >= 0);
		assert_true(row->blocked_lo_ns >= 0);
		assert_true(row->blocked_hi_ns >= row->blocked_lo_ns);
	}
	snapshot_free(snap);
}

/* A thread too short for a look has no off-CPU clock to be held against. */
static void without_an_owners_clock_it_is_taken_as_it_is(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	post(book, thread_of(1, 1), MEASURE_WALL, 4 * SEC);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 40, 3 * SEC, 0);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(value_of(call_row(snap, POLL), MEASURE_BLOCKED),
			 3 * SEC);
	snapshot_free(snap);
}

static void each_owner_is_on_its_own(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	/* Half of what was booked is left of one, all of the other. */
	post_clocks(book, 1, 1, 2 * SEC, 0, 0);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 1, 4 * SEC, 0);
	post_clocks(book, 2, 2, 9 * SEC, 0, 0);
	book_blocked(book, seen_in(2, 2, ABI_NATIVE, POLL), 2, 4 * SEC, 0);
	look(book, seen_in(2, 2, ABI_NATIVE, SYNC), 10);
	snap = take(book, BY_SYSCALL);
	assert_close(value_of(call_row(snap, POLL), MEASURE_BLOCKED),
		     6 * SEC, 1);
	assert_int_equal(value_of(call_row(snap, POLL), MEASURE_CALLS), 3);
	assert_close(value_of(call_row(snap, SYNC), MEASURE_BLOCKED),
		     5 * SEC, 1);
	snapshot_free(snap);
	snap = take(book, BY_PROCESS | BY_SYSCALL);
	assert_close(value_of(call_row(snap, POLL), MEASURE_BLOCKED),
		     2 * SEC, 1);
	assert_null(call_row(snap, SYNC));
	assert_close(value_of(row_of(snap, seen_in(2, 2, ABI_NATIVE, SYNC)),
			      MEASURE_BLOCKED), 5 * SEC, 1);
	snapshot_free(snap);
}

/* One thread is accounted by its calls, another of the process by looks. */
static void threads_are_apart_on_request(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 4 * SEC, 0, 0);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 8, 3 * SEC, 0);
	look(book, seen_in(1, 1, ABI_STATE, STATE_BOOKED), 10);
	post_clocks(book, 1, 2, 4 * SEC, 0, 0);
	look(book, seen_in(1, 2, ABI_NATIVE, SYNC), 10);
	snap = take(book, BY_THREAD | BY_SYSCALL);
	assert_int_equal(value_of(call_row(snap, POLL), MEASURE_BLOCKED),
			 3 * SEC);
	assert_int_equal(value_of(state_row(snap, STATE_OUTSIDE),
				  MEASURE_BLOCKED), 1 * SEC);
	assert_close(value_of(row_of(snap, seen_in(1, 2, ABI_NATIVE, SYNC)),
			      MEASURE_BLOCKED), 4 * SEC, 1);
	snapshot_free(snap);
	/* Of the process, looks share out all that is not booked. */
	snap = take(book, BY_PROCESS | BY_SYSCALL);
	assert_close(value_of(call_row(snap, SYNC), MEASURE_BLOCKED),
		     5 * SEC, 1);
	assert_null(state_row(snap, STATE_OUTSIDE));
	snapshot_free(snap);
}

static void slack_widens_the_bounds(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 0, 0);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 4, 6 * SEC,
		     30 * MS);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 2, 2 * SEC,
		     20 * MS);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, SYNC), 1, 10 * MS,
		     15 * MS);
	snap = take(book, BY_SYSCALL);
	row = call_row(snap, POLL);
	assert_int_equal(row->blocked_lo_ns, 8 * SEC - 50 * MS);
	assert_int_equal(row->blocked_hi_ns, 8 * SEC + 50 * MS);
	/* Not below zero. */
	row = call_row(snap, SYNC);
	assert_int_equal(row->blocked_lo_ns, 0);
	assert_int_equal(row->blocked_hi_ns, 25 * MS);
	snapshot_free(snap);
}

/* What accounting holds up is the threads', and no call's. */
static void parked_time_is_in_no_call(void **state)
{
	struct book *book = *state;
	const struct account *all;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 1 * SEC, 0);
	post_usage(book, 1, 1 * SEC, 0);
	/* As it is told: taken from blocked. */
	post(book, thread_of(1, 1), MEASURE_PARKED, 2 * SEC);
	post(book, thread_of(1, 1), MEASURE_BLOCKED, -2 * SEC);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 40, 5 * SEC, 0);
	look(book, seen_in(1, 1, ABI_STATE, STATE_BOOKED), 70);
	look(book, seen_in(1, 1, ABI_STATE, STATE_RUNNING), 10);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(value_of(call_row(snap, POLL), MEASURE_BLOCKED),
			 5 * SEC);
	assert_int_equal(value_of(state_row(snap, STATE_OUTSIDE),
				  MEASURE_BLOCKED), 2 * SEC);
	for (size_t i = 0; i < snap->n_rows; i++)
		if (snap->rows[i].key.abi >= ABI_NATIVE)
			assert_false(cell_has(&snap->rows[i].cell,
					      MEASURE_PARKED));
	/* It is a term of the ledger, and looks find such a thread asleep. */
	all = &snap->all;
	assert_int_equal(all->cell.value[MEASURE_PARKED], 2 * SEC);
	assert_int_equal(all->residual_ns, 0);
	assert_int_equal(all->looked_blocked_ns, 9 * SEC);
	snapshot_free(snap);
	snap = take(book, BY_PROCESS);
	row = row_of(snap, process_of(1));
	assert_int_equal(value_of(row, MEASURE_PARKED), 2 * SEC);
	assert_int_equal(value_of(row, MEASURE_BLOCKED), 7 * SEC);
	snapshot_free(snap);
}

/* Looks at what is booked say that the thread was asleep, like any other. */
static void the_witness_counts_every_look(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 5 * SEC, 0);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 4, 4 * SEC, 0);
	look(book, seen_in(1, 1, ABI_STATE, STATE_BOOKED), 40);
	look(book, seen_in(1, 1, ABI_NATIVE, SYNC), 10);
	look(book, seen_in(1, 1, ABI_STATE, STATE_RUNNING), 50);
	snap = take(book, BY_SYSCALL);
	assert_true(snap->all.has_seen);
	assert_close(snap->all.seen_ns, 5 * SEC, 1);
	snapshot_free(snap);
}

/* A call's count and errors; -1: whether it failed is not known. */
static void book_counts(struct book *book, struct key key, int64_t calls,
			int64_t errors)
{
	post(book, key, MEASURE_CALLS, calls);
	if (errors >= 0)
		post(book, key, MEASURE_ERRORS, errors);
}

static void errors_are_the_calls(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 1 * SEC, 1 * SEC);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 30, 3 * SEC, 0);
	book_counts(book, seen_in(1, 1, ABI_NATIVE, POLL), 10, 4);
	book_counts(book, seen_in(1, 2, ABI_NATIVE, POLL), 1, 1);
	book_counts(book, seen_in(1, 1, ABI_NATIVE, READ), 1000, 0);
	book_counts(book, seen_in(1, 1, ABI_NATIVE, SYNC), 7, -1);
	snap = take(book, BY_SYSCALL);
	row = call_row(snap, POLL);
	assert_int_equal(value_of(row, MEASURE_CALLS), 41);
	assert_int_equal(value_of(row, MEASURE_ERRORS), 5);
	assert_false(cell_is_estimate(&row->cell, MEASURE_ERRORS));
	/* None is known to have failed, or nothing is known. */
	assert_int_equal(value_of(call_row(snap, READ), MEASURE_ERRORS), 0);
	assert_false(cell_has(&call_row(snap, SYNC)->cell, MEASURE_ERRORS));
	snapshot_free(snap);
}

/* Rows of processes and threads have the calls, and their own clocks. */
static void counts_are_their_callers(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 1 * SEC, 1 * SEC);
	post_clocks(book, 1, 2, 4 * SEC, 4 * SEC, 0);
	post_clocks(book, 2, 2, 3 * SEC, 3 * SEC, 0);
	post_clocks(book, 3, 3, 1 * SEC, 0, 0);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 30, 3 * SEC, 0);
	book_counts(book, seen_in(1, 1, ABI_NATIVE, POLL), 10, 4);
	book_counts(book, seen_in(1, 2, ABI_NATIVE, READ), 500, 2);
	book_counts(book, seen_in(1, 2, ABI_COMPAT, READ), 3, 0);
	book_counts(book, seen_in(2, 2, ABI_NATIVE, READ), 8, -1);
	look(book, seen_in(1, 1, ABI_STATE, STATE_BOOKED), 10);
	snap = take(book, BY_PROCESS);
	row = row_of(snap, process_of(1));
	assert_int_equal(value_of(row, MEASURE_CALLS), 543);
	assert_int_equal(value_of(row, MEASURE_ERRORS), 6);
	/* What was booked to calls is in the clocks already. */
	assert_int_equal(value_of(row, MEASURE_WALL), 14 * SEC);
	assert_int_equal(value_of(row, MEASURE_BLOCKED), 8 * SEC);
	assert_false(cell_is_estimate(&row->cell, MEASURE_BLOCKED));
	row = row_of(snap, process_of(2));
	assert_int_equal(value_of(row, MEASURE_CALLS), 8);
	assert_false(cell_has(&row->cell, MEASURE_ERRORS));
	row = row_of(snap, process_of(3));
	assert_false(cell_has(&row->cell, MEASURE_CALLS));
	assert_int_equal(sum_of(snap, MEASURE_CALLS), 551);
	snapshot_free(snap);
	snap = take(book, BY_THREAD);
	row = row_of(snap, thread_of(1, 1));
	assert_int_equal(value_of(row, MEASURE_CALLS), 40);
	assert_int_equal(value_of(row, MEASURE_ERRORS), 4);
	assert_int_equal(value_of(row, MEASURE_WALL), 10 * SEC);
	row = row_of(snap, thread_of(1, 2));
	assert_int_equal(value_of(row, MEASURE_CALLS), 503);
	assert_int_equal(value_of(row, MEASURE_WALL), 4 * SEC);
	snapshot_free(snap);
}

static void fill_at_random(struct book *book, struct rng *rng)
{
	for (int pid = 10; pid < 60; pid += 10)
		for (int tid = pid; tid < pid + 3; tid++) {
			int64_t wall = (int64_t)rng_below(rng, 20 * SEC);

			post_clocks(book, pid, tid, wall, wall / 7, wall / 9);
			for (int nr = 0; nr < 4; nr++) {
				struct key key = seen_in(pid, tid, ABI_NATIVE,
							 nr);

				look(book, key, (int)rng_below(rng, 9));
				/* Some of them more than there was. */
				book_blocked(book, key, nr,
					     (int64_t)rng_below(rng, 5 * SEC),
					     (int64_t)rng_below(rng, MS));
			}
			look(book, seen_in(pid, tid, ABI_STATE,
					   STATE_BOOKED), 20);
		}
}

static void rows_add_up_to_the_total(void **state)
{
	static const unsigned groupings[] = {
		BY_SYSCALL, BY_PROCESS | BY_SYSCALL, BY_THREAD | BY_SYSCALL,
	};
	struct book *book = *state;
	struct rng rng = { 8 };

	for (int run = 0; run < 50; run++) {
		fill_at_random(book, &rng);
		for (size_t i = 0; i < N_OF(groupings); i++) {
			struct snapshot *snap = take(book, groupings[i]);
			const int64_t *all = snap->all.cell.value;

			/* A nanosecond a row and thread for rounding. */
			assert_close(sum_of(snap, MEASURE_BLOCKED),
				     all[MEASURE_BLOCKED], 500);
			assert_close(sum_of(snap, MEASURE_WALL),
				     all[MEASURE_WALL], 500);
			assert_int_equal(sum_of(snap, MEASURE_CALLS),
					 5 * 3 * (0 + 1 + 2 + 3));
			snapshot_free(snap);
		}
		ledger_next(&book->ledger);
	}
}

/* No part of nothing is nothing, also where the owner's clock is late. */
static void nothing_booked_is_nothing(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 1 * SEC, 1 * SEC + 5, 1 * SEC);
	book_blocked(book, seen_in(1, 1, ABI_NATIVE, POLL), 40, 0, 0);
	snap = take(book, BY_SYSCALL);
	row = call_row(snap, POLL);
	assert_int_equal(value_of(row, MEASURE_CALLS), 40);
	assert_int_equal(value_of(row, MEASURE_BLOCKED), 0);
	snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOOK(what_was_measured_is_a_row),
		WITH_BOOK(looks_share_out_what_is_not_booked),
		WITH_BOOK(without_open_looks_the_rest_is_outside),
		WITH_BOOK(calls_add_up_to_no_more_than_their_owner),
		WITH_BOOK(nothing_is_shared_out_of_less_than_nothing),
		WITH_BOOK(nothing_booked_is_nothing),
		WITH_BOOK(without_an_owners_clock_it_is_taken_as_it_is),
		WITH_BOOK(each_owner_is_on_its_own),
		WITH_BOOK(threads_are_apart_on_request),
		WITH_BOOK(slack_widens_the_bounds),
		WITH_BOOK(parked_time_is_in_no_call),
		WITH_BOOK(the_witness_counts_every_look),
		WITH_BOOK(errors_are_the_calls),
		WITH_BOOK(counts_are_their_callers),
		WITH_BOOK(rows_add_up_to_the_total),
	};

	return cmocka_run_group_tests_name("booked", tests, NULL, NULL);
}
