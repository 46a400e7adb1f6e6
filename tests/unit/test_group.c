/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grouping and estimates, as they show in the rows of snapshots. */
#include "book.h"

#define POLL 5
#define SYNC 7

static int64_t sum_of(const struct snapshot *snap, enum measure m)
{
	int64_t sum = 0;

	for (size_t i = 0; i < snap->n_rows; i++)
		sum += snap->rows[i].cell.value[m];
	return sum;
}

static void blocked_is_shared_out_as_the_looks_were(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 1 * SEC, 1 * SEC);
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 30);
	look(book, seen_in(1, 1, ABI_NATIVE, SYNC), 10);
	/* Looks that found it running do not change the shares. */
	look(book, seen_in(1, 1, ABI_STATE, STATE_RUNNING), 50);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(snap->n_rows, 3);
	row = row_of(snap, seen_in(1, 1, ABI_NATIVE, POLL));
	assert_close(value_of(row, MEASURE_BLOCKED), 6 * SEC, 1);
	assert_close(value_of(row, MEASURE_WALL), 6 * SEC, 1);
	assert_true(cell_is_estimate(&row->cell, MEASURE_BLOCKED));
	assert_true(cell_is_estimate(&row->cell, MEASURE_WALL));
	row = row_of(snap, seen_in(1, 1, ABI_NATIVE, SYNC));
	assert_close(value_of(row, MEASURE_BLOCKED), 2 * SEC, 1);
	assert_false(cell_has(&row->cell, MEASURE_CPU));
	row = row_of(snap, seen_in(1, 1, ABI_STATE, STATE_RUNNING));
	assert_true(value_of(row, MEASURE_CPU) == 1 * SEC);
	assert_true(value_of(row, MEASURE_RUNQ) == 1 * SEC);
	assert_true(value_of(row, MEASURE_WALL) == 2 * SEC);
	assert_false(cell_has(&row->cell, MEASURE_BLOCKED));
	assert_false(cell_is_estimate(&row->cell, MEASURE_CPU));
	snapshot_free(snap);
}

static void bounds_are_around_the_estimate(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 0, 0);
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 90);
	look(book, seen_in(1, 1, ABI_NATIVE, SYNC), 10);
	snap = take(book, BY_SYSCALL);
	row = row_of(snap, seen_in(1, 1, ABI_NATIVE, SYNC));
	assert_close(value_of(row, MEASURE_BLOCKED), 1 * SEC, 1);
	/* Wilson's interval of 10 of 100 is 5.52% to 17.44%. */
	assert_close(row->blocked_lo_ns, 552 * MS, MS);
	assert_close(row->blocked_hi_ns, 1744 * MS, MS);
	snapshot_free(snap);
}

/* Each process's exact time is shared out by its own looks. */
static void looks_of_one_process_do_not_sway_another(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 9 * SEC, 0, 0);
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 10);
	post_clocks(book, 2, 2, 1 * SEC, 0, 0);
	look(book, seen_in(2, 2, ABI_NATIVE, SYNC), 900);
	look(book, seen_in(2, 2, ABI_NATIVE, POLL), 100);
	snap = take(book, BY_SYSCALL);
	assert_close(value_of(row_of(snap, seen_in(0, 0, ABI_NATIVE, POLL)),
			      MEASURE_BLOCKED), 9100 * MS, 2);
	assert_close(value_of(row_of(snap, seen_in(0, 0, ABI_NATIVE, SYNC)),
			      MEASURE_BLOCKED), 900 * MS, 2);
	snapshot_free(snap);
}

static void threads_are_apart_on_request(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 4 * SEC, 0, 0);
	post_clocks(book, 1, 2, 4 * SEC, 3 * SEC, 0);
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 8);
	look(book, seen_in(1, 2, ABI_NATIVE, SYNC), 2);
	snap = take(book, BY_THREAD | BY_SYSCALL);
	assert_close(value_of(row_of(snap, seen_in(1, 1, ABI_NATIVE, POLL)),
			      MEASURE_BLOCKED), 4 * SEC, 1);
	assert_close(value_of(row_of(snap, seen_in(1, 2, ABI_NATIVE, SYNC)),
			      MEASURE_BLOCKED), 1 * SEC, 1);
	assert_true(value_of(row_of(snap, seen_in(1, 2, ABI_STATE,
						  STATE_RUNNING)),
			     MEASURE_CPU) == 3 * SEC);
	snapshot_free(snap);
	/* By process the looks of both count: 8 to 2. */
	snap = take(book, BY_PROCESS | BY_SYSCALL);
	assert_close(value_of(row_of(snap, seen_in(1, 0, ABI_NATIVE, POLL)),
			      MEASURE_BLOCKED), 4 * SEC, 1);
	assert_close(value_of(row_of(snap, seen_in(1, 0, ABI_NATIVE, SYNC)),
			      MEASURE_BLOCKED), 1 * SEC, 1);
	snapshot_free(snap);
}

static void blocked_without_a_look_is_asleep(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 5 * SEC, 2 * SEC, 0);
	look(book, seen_in(1, 1, ABI_STATE, STATE_RUNNING), 3);
	snap = take(book, BY_SYSCALL);
	row = row_of(snap, seen_in(1, 1, ABI_STATE, STATE_ASLEEP));
	assert_true(value_of(row, MEASURE_BLOCKED) == 3 * SEC);
	assert_false(cell_is_estimate(&row->cell, MEASURE_BLOCKED));
	assert_string_equal(row->syscall, "[asleep]");
	assert_true(row->blocked_lo_ns == 3 * SEC);
	assert_true(row->blocked_hi_ns == 3 * SEC);
	snapshot_free(snap);
}

/* Where no call is ever known, [asleep] is all of blocked, exactly. */
static void asleep_alone_is_exact(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 5 * SEC, 2 * SEC, 0);
	look(book, seen_in(1, 1, ABI_STATE, STATE_ASLEEP), 30);
	snap = take(book, BY_SYSCALL);
	row = row_of(snap, seen_in(1, 1, ABI_STATE, STATE_ASLEEP));
	assert_close(value_of(row, MEASURE_BLOCKED), 3 * SEC, 1);
	assert_false(cell_is_estimate(&row->cell, MEASURE_BLOCKED));
	snapshot_free(snap);
	/* Beside calls it is an estimate like any other. */
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 30);
	snap = take(book, BY_SYSCALL);
	row = row_of(snap, seen_in(1, 1, ABI_STATE, STATE_ASLEEP));
	assert_close(value_of(row, MEASURE_BLOCKED), 1500 * MS, 1);
	assert_true(cell_is_estimate(&row->cell, MEASURE_BLOCKED));
	snapshot_free(snap);
}

/* Without schedstat there is no off-CPU clock: all is by looks. */
static void without_clocks_looks_share_out_wall(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;

	post(book, thread_of(1, 1), MEASURE_WALL, 10 * SEC);
	post_usage(book, 1, 1 * SEC, 1 * SEC);
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 60);
	look(book, seen_in(1, 1, ABI_NATIVE, SYNC), 20);
	look(book, seen_in(1, 1, ABI_STATE, STATE_RUNNING), 20);
	snap = take(book, BY_SYSCALL);
	row = row_of(snap, seen_in(1, 1, ABI_NATIVE, POLL));
	assert_close(value_of(row, MEASURE_BLOCKED), 6 * SEC, 1);
	assert_true(cell_is_estimate(&row->cell, MEASURE_BLOCKED));
	row = row_of(snap, seen_in(1, 1, ABI_NATIVE, SYNC));
	assert_close(value_of(row, MEASURE_BLOCKED), 2 * SEC, 1);
	row = row_of(snap, seen_in(1, 1, ABI_STATE, STATE_RUNNING));
	assert_true(value_of(row, MEASURE_CPU) == 2 * SEC);
	assert_false(cell_has(&row->cell, MEASURE_RUNQ));
	assert_false(snapshot_has(snap, MEASURE_RUNQ));
	snapshot_free(snap);
}

static void fill_at_random(struct book *book, struct rng *rng)
{
	int n = 2 + (int)rng_below(rng, 5);

	for (int pid = 10; pid < 10 + n * 10; pid += 10) {
		int threads = 1 + (int)rng_below(rng, 4);

		post_usage(book, pid, (int64_t)rng_below(rng, SEC),
			   (int64_t)rng_below(rng, SEC));
		for (int tid = pid; tid < pid + threads; tid++) {
			int64_t wall = (int64_t)rng_below(rng, 20 * SEC);

			post_clocks(book, pid, tid, wall, wall / 7, wall / 9);
			for (int i = 0; i < 5; i++)
				look(book, seen_in(pid, tid, ABI_NATIVE,
						   (int)rng_below(rng, 4)),
				     (int)rng_below(rng, 40));
			look(book, seen_in(pid, tid, ABI_STATE,
					   STATE_RUNNING), 5);
		}
	}
}

static const unsigned groupings[] = {
	BY_SYSCALL, BY_PROCESS | BY_SYSCALL, BY_THREAD | BY_SYSCALL,
	BY_PROCESS, BY_THREAD,
};

static void rows_add_up_to_the_exact_total(void **state)
{
	struct book *book = *state;
	struct rng rng = { 31 };

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
			assert_true(sum_of(snap, MEASURE_CPU) ==
				    all[MEASURE_CPU]);
			assert_true(sum_of(snap, MEASURE_RUNQ) ==
				    all[MEASURE_RUNQ]);
			assert_true(snap->total.cell.value[MEASURE_WALL] ==
				    sum_of(snap, MEASURE_WALL));
			snapshot_free(snap);
		}
		ledger_next(&book->ledger);
	}
}

static void bounds_hold_the_estimate(void **state)
{
	struct book *book = *state;
	struct rng rng = { 77 };

	for (int run = 0; run < 50; run++) {
		fill_at_random(book, &rng);
		for (size_t i = 0; i < 3; i++) {
			struct snapshot *snap = take(book, groupings[i]);

			for (size_t r = 0; r < snap->n_rows; r++) {
				const struct row *row = &snap->rows[r];
				int64_t ns = row->cell.value[MEASURE_BLOCKED];

				if (!cell_is_estimate(&row->cell,
						      MEASURE_BLOCKED))
					continue;
				assert_true(row->blocked_lo_ns >= 0);
				assert_true(row->blocked_lo_ns <= ns);
				assert_true(row->blocked_hi_ns >= ns);
				assert_true(row->blocked_hi_ns >
					    row->blocked_lo_ns);
			}
			snapshot_free(snap);
		}
		ledger_next(&book->ledger);
	}
}

/* Threads beyond the limit are booked to their process: in one row more or
 * less, but with all their time. */
static void merged_records_keep_their_time(void **state)
{
	struct book *book = *state;

	book->ledger.max_records = 6;
	for (int tid = 1; tid <= 10; tid++) {
		post_clocks(book, 1, tid, 10 * SEC, 3 * SEC, 1 * SEC);
		look(book, seen_in(1, tid, ABI_NATIVE, POLL), 10);
	}
	for (size_t i = 0; i < N_OF(groupings); i++) {
		struct snapshot *snap = take(book, groupings[i]);

		assert_true(snap->lost[LOSS_RECORDS] > 0);
		assert_true(snap->all.cell.value[MEASURE_CPU] == 30 * SEC);
		assert_close(sum_of(snap, MEASURE_BLOCKED), 60 * SEC, 500);
		assert_true(sum_of(snap, MEASURE_CPU) == 30 * SEC);
		assert_true(sum_of(snap, MEASURE_RUNQ) == 10 * SEC);
		snapshot_free(snap);
	}
}

/* A clock that is brought up to date late shows time below zero at first. */
static void time_below_zero_is_not_shared_out(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 4 * MS, 10 * MS, 0);
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 3);
	look(book, seen_in(1, 1, ABI_NATIVE, SYNC), 1);
	snap = take(book, BY_SYSCALL);
	for (size_t i = 0; i < snap->n_rows; i++) {
		const struct row *row = &snap->rows[i];

		assert_true(row->cell.value[MEASURE_BLOCKED] >= 0);
		assert_true(row->blocked_hi_ns >= row->blocked_lo_ns);
	}
	assert_true(snap->all.cell.value[MEASURE_BLOCKED] == -6 * MS);
	snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOOK(blocked_is_shared_out_as_the_looks_were),
		WITH_BOOK(bounds_are_around_the_estimate),
		WITH_BOOK(looks_of_one_process_do_not_sway_another),
		WITH_BOOK(threads_are_apart_on_request),
		WITH_BOOK(blocked_without_a_look_is_asleep),
		WITH_BOOK(asleep_alone_is_exact),
		WITH_BOOK(without_clocks_looks_share_out_wall),
		WITH_BOOK(rows_add_up_to_the_exact_total),
		WITH_BOOK(bounds_hold_the_estimate),
		WITH_BOOK(merged_records_keep_their_time),
		WITH_BOOK(time_below_zero_is_not_shared_out),
	};

	return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
