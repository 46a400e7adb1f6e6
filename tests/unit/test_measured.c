/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that a collector measures in full: rows as they are, histograms,
 * errors apart, and what the verdict makes of it.
 */
#include "book.h"

#include <stdlib.h>

#include "report/latency.h"
#include "report/verdict.h"

/* Known by name on every machine, and without a library. */
#define WAIT 449	/* futex_waitv */
#define WORK 451	/* cachestat */
#define OPEN 437

static void post_call(struct book *book, struct key key, int64_t calls,
		      int64_t cpu, int64_t blocked)
{
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_CALLS, calls);
	cell_add(&cell, MEASURE_WALL, cpu + blocked);
	cell_add(&cell, MEASURE_CPU, cpu);
	cell_add(&cell, MEASURE_BLOCKED, blocked);
	cell_add(&cell, MEASURE_RUNQ, 0);
	book->sink.cell(book->sink.ctx, &key, &cell);
}

static struct hist some_hist(uint64_t ns, uint64_t count)
{
	struct hist hist = { { 0 } };

	hist.count[bucket_of(ns)] = count;
	return hist;
}

static void fill(struct book *book)
{
	struct key outside = seen_in(1, 1, ABI_STATE, STATE_OUTSIDE);

	tell(book, EVENT_NAME, process_of(1), "target");
	post_clocks(book, 1, 1, 10 * SEC, 4 * SEC, 0);
	post_call(book, seen_in(1, 1, ABI_NATIVE, WAIT), 10, 0, 6 * SEC);
	post_call(book, seen_in(1, 1, ABI_NATIVE, WORK), 20, 3 * SEC, 0);
	post_call(book, outside, 0, 1 * SEC, 0);
}

static void rows_are_what_was_measured(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;
	const struct row *row;
	int64_t wall = 0;

	fill(book);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(snap->n_rows, 3);
	for (size_t i = 0; i < snap->n_rows; i++) {
		assert_int_equal(snap->rows[i].cell.estimated, 0);
		wall += snap->rows[i].cell.value[MEASURE_WALL];
	}
	assert_int_equal(wall, 10 * SEC);
	row = row_of(snap, seen_in(1, 1, ABI_NATIVE, WAIT));
	assert_int_equal(row->cell.value[MEASURE_BLOCKED], 6 * SEC);
	assert_int_equal(row->blocked_lo_ns, row->blocked_hi_ns);
	row = row_of(snap, seen_in(1, 1, ABI_STATE, STATE_OUTSIDE));
	assert_string_equal(row->syscall, "[outside calls]");
	assert_int_equal(value_of(row, MEASURE_CPU), 1 * SEC);
	assert_int_equal(value_of(row, MEASURE_BLOCKED), 0);
	assert_null(row_of(snap, seen_in(1, 1, ABI_STATE, STATE_RUNNING)));
	assert_null(row_of(snap, seen_in(1, 1, ABI_STATE, STATE_ASLEEP)));
	snapshot_free(snap);
}

/* Of processes and threads: times are the clocks', counts are the calls'. */
static void clocks_are_no_sum_of_calls(void **state)
{
	static const unsigned groupings[] = { BY_PROCESS, BY_THREAD };
	struct book *book = *state;

	fill(book);
	for (size_t i = 0; i < N_OF(groupings); i++) {
		struct snapshot *snap = take(book, groupings[i]);

		assert_int_equal(snap->n_rows, 1);
		assert_int_equal(value_of(&snap->rows[0], MEASURE_WALL),
				 10 * SEC);
		assert_int_equal(value_of(&snap->rows[0], MEASURE_CALLS),
				 10 + 20);
		assert_null(snap->rows[0].hist);
		snapshot_free(snap);
	}
}

/* Bounds, counts and histograms of all its calls, as they are not times. */
static void a_process_has_what_its_calls_have(void **state)
{
	static const int64_t walls[] = { 3 * MS, 9 * MS, 5 * MS };
	struct book *book = *state;
	struct snapshot *snap;
	const struct row *row;

	post_clocks(book, 1, 1, 10 * SEC, 4 * SEC, 0);
	for (int i = 0; i < 3; i++) {
		struct key key = seen_in(1, 1, ABI_NATIVE, WAIT + i);
		struct hist hist = some_hist((uint64_t)walls[i], 1);
		struct cell cell = { 0 };

		cell_add(&cell, MEASURE_MIN, walls[i]);
		cell_add(&cell, MEASURE_MAX, walls[i]);
		cell_add(&cell, MEASURE_ENDED, walls[i]);
		cell_add(&cell, MEASURE_ERRORS, i);
		cell_add(&cell, MEASURE_IN_FLIGHT, 1);
		cell_add(&cell, MEASURE_AGE, i * MS);
		book->sink.cell(book->sink.ctx, &key, &cell);
		post_call(book, key, 1, walls[i], 0);
		book->sink.hist(book->sink.ctx, &key, &hist);
	}
	snap = take(book, BY_PROCESS);
	assert_int_equal(snap->n_rows, 1);
	row = &snap->rows[0];
	assert_int_equal(value_of(row, MEASURE_WALL), 10 * SEC);
	assert_int_equal(value_of(row, MEASURE_CPU), 4 * SEC);
	assert_int_equal(value_of(row, MEASURE_BLOCKED), 6 * SEC);
	assert_int_equal(value_of(row, MEASURE_CALLS), 3);
	assert_int_equal(value_of(row, MEASURE_ERRORS), 3);
	assert_int_equal(value_of(row, MEASURE_ENDED), 17 * MS);
	assert_int_equal(value_of(row, MEASURE_MIN), 3 * MS);
	assert_int_equal(value_of(row, MEASURE_MAX), 9 * MS);
	assert_int_equal(value_of(row, MEASURE_IN_FLIGHT), 3);
	assert_int_equal(value_of(row, MEASURE_AGE), 2 * MS);
	assert_int_equal(row->cell.estimated, 0);
	assert_int_equal(hist_total(row->hist), 3);
	snapshot_free(snap);
}

/* Also where another process has looks alone. */
static void only_the_measured_are_without_states(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	fill(book);
	post_clocks(book, 2, 2, 10 * SEC, 4 * SEC, 0);
	post_clocks(book, 3, 3, 10 * SEC, 10 * SEC, 0);
	look(book, seen_in(2, 2, ABI_NATIVE, WAIT), 5);
	snap = take(book, BY_PROCESS | BY_SYSCALL);
	for (int nr = STATE_RUNNING; nr <= STATE_ASLEEP; nr++)
		if (nr != STATE_OUTSIDE)
			assert_null(row_of(snap, seen_in(1, 1, ABI_STATE,
							 nr)));
	assert_int_equal(value_of(row_of(snap, seen_in(2, 2, ABI_STATE,
						       STATE_RUNNING)),
				  MEASURE_CPU), 4 * SEC);
	assert_int_equal(value_of(row_of(snap, seen_in(3, 3, ABI_STATE,
						       STATE_RUNNING)),
				  MEASURE_CPU), 10 * SEC);
	snapshot_free(snap);
	/* By call, both kinds are in one row, which is an estimate then. */
	snap = take(book, BY_SYSCALL);
	assert_close(value_of(row_of(snap, seen_in(0, 0, ABI_NATIVE, WAIT)),
			      MEASURE_BLOCKED), 12 * SEC, 1);
	assert_true(cell_is_estimate(&row_of(snap, seen_in(0, 0, ABI_NATIVE,
							   WAIT))->cell,
				     MEASURE_BLOCKED));
	snapshot_free(snap);
}

/* Nothing but what a collector has for calls is of its rows. */
static void rows_have_what_calls_can_have(void **state)
{
	struct snapshot_cfg cfg = {
		.collector = "test", .by = BY_SYSCALL, .measures = ~0u,
		.by_call = 1u << MEASURE_WALL | 1u << MEASURE_CALLS,
		.interval_ns = 10 * SEC,
	};
	struct book *book = *state;
	struct snapshot *snap;
	struct why why = { 0 };

	fill(book);
	assert_int_equal(snapshot_take(&snap, &book->ledger, &cfg, &why), 0);
	for (size_t i = 0; i < snap->n_rows; i++)
		assert_int_equal(snap->rows[i].cell.have, cfg.by_call);
	assert_false(snapshot_has(snap, MEASURE_BLOCKED));
	assert_true(cell_has(&snap->all.cell, MEASURE_BLOCKED));
	snapshot_free(snap);
}

static void errors_can_be_kept_apart(void **state)
{
	struct book *book = *state;
	struct key failed = seen_in(1, 1, ABI_NATIVE, OPEN);
	struct snapshot *snap;

	post_call(book, failed, 2, SEC, 0);
	failed.error = 512;
	post_call(book, failed, 3, SEC, 0);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(snap->n_rows, 1);
	assert_int_equal(snap->rows[0].cell.value[MEASURE_CALLS], 5);
	snapshot_free(snap);
	snap = take(book, BY_SYSCALL | 1u << DIM_ERRNO);
	assert_int_equal(snap->n_rows, 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(snap->rows[i].cell.value[MEASURE_CALLS],
				 snap->rows[i].key.error ? 3 : 2);
	for (int i = 0; i < 2; i++)
		assert_string_equal(snap->rows[i].error,
				    snap->rows[i].key.error ?
				    "ERESTARTSYS" : "");
	snapshot_free(snap);
}

static void histograms_are_merged_into_rows(void **state)
{
	struct book *book = *state;
	struct key a = seen_in(1, 1, ABI_NATIVE, WORK);
	struct key b = seen_in(1, 2, ABI_NATIVE, WORK);
	struct hist slow = some_hist(3 * MS, 10), fast = some_hist(500, 90);
	struct snapshot *snap;
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int order = 0;

	post_call(book, a, 10, SEC, 0);
	book->sink.hist(book->sink.ctx, &a, &slow);
	post_call(book, b, 90, SEC, 0);
	book->sink.hist(book->sink.ctx, &b, &fast);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(snap->n_rows, 1);
	assert_int_equal(hist_total(snap->rows[0].hist), 100);
	assert_true(row_percentile(&snap->rows[0], 0.5) < 700);
	assert_true(row_percentile(&snap->rows[0], 0.99) > 2 * MS);
	/* What is known exactly bounds what is read off. */
	cell_add(&snap->rows[0].cell, MEASURE_MIN, 600);
	cell_add(&snap->rows[0].cell, MEASURE_MAX, 2 * MS);
	assert_int_equal(row_percentile(&snap->rows[0], 0.01), 600);
	assert_int_equal(row_percentile(&snap->rows[0], 0.999), 2 * MS);

	out = open_memstream(&text, &len);
	latency_print(out, snap, &order, 1);
	fclose(out);
	assert_non_null(strstr(text, "100 calls, p50 ~600 ns"));
	assert_non_null(strstr(text, "    256 ns .. 512 ns "));
	assert_non_null(strstr(text, "90 |*****"));
	assert_non_null(strstr(text, "    2.1 ms .. 4.19 ms"));
	free(text);
	snapshot_free(snap);
}

static void the_dearest_call_is_named(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	fill(book);
	snap = take(book, BY_SYSCALL);
	out = open_memstream(&text, &len);
	verdict_print(out, snap);
	fclose(out);
	assert_non_null(strstr(text, "target 1: "));
	assert_non_null(strstr(text, "60% waiting for a lock or another "
			       "thread (futex_waitv)"));
	assert_non_null(strstr(text, "40% on the CPU (30% in calls)"));
	assert_non_null(strstr(text, "dearest call cachestat (30%)"));
	free(text);
	snapshot_free(snap);
}

/* Of the CPU, whatever calls were asleep for. */
static void the_dearest_call_is_known_of_all(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	fill(book);
	snap = take(book, BY_PROCESS);
	assert_true(snap->processes[0].has_calls && snap->all.has_calls);
	assert_int_equal(snap->processes[0].calls_cpu_ns, 3 * SEC);
	assert_string_equal(snap->processes[0].dearest, "cachestat");
	assert_int_equal(snap->processes[0].dearest_ns, 3 * SEC);
	assert_string_equal(snap->all.dearest, "cachestat");
	assert_string_equal(snap->busiest.dearest, "cachestat");
	assert_string_equal(snap->all.waits[0].call, "futex_waitv");
	assert_int_equal(snap->all.n_waits, 1);
	snapshot_free(snap);
}

/* Rows beyond the limit keep their histograms, in their process's. */
static void folded_histograms_are_kept(void **state)
{
	struct book *book = *state;
	struct hist hist = some_hist(MS, 1);
	struct snapshot *snap;

	book->ledger.max_records = 3;
	for (int tid = 1; tid <= 9; tid++) {
		struct key key = seen_in(1, tid, ABI_NATIVE, WORK);

		post_call(book, key, 1, MS, 0);
		book->sink.hist(book->sink.ctx, &key, &hist);
	}
	snap = take(book, BY_SYSCALL);
	assert_true(snap->lost[LOSS_RECORDS] > 0);
	assert_int_equal(snap->n_rows, 1);
	assert_int_equal(value_of(&snap->rows[0], MEASURE_CALLS), 9);
	assert_int_equal(hist_total(snap->rows[0].hist), 9);
	snapshot_free(snap);
}

static void a_new_interval_has_new_histograms(void **state)
{
	struct key key = seen_in(1, 1, ABI_NATIVE, WORK);
	struct hist hist = some_hist(MS, 5);
	struct book *book = *state;
	struct snapshot *snap;

	post_call(book, key, 5, SEC, 0);
	book->sink.hist(book->sink.ctx, &key, &hist);
	ledger_next(&book->ledger);
	post_call(book, key, 1, SEC, 0);
	snap = take(book, BY_SYSCALL);
	assert_null(snap->rows[0].hist);
	assert_int_equal(row_percentile(&snap->rows[0], 0.5), -1);
	snapshot_free(snap);
	hist = some_hist(MS, 1);
	book->sink.hist(book->sink.ctx, &key, &hist);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(hist_total(snap->rows[0].hist), 1);
	snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOOK(rows_are_what_was_measured),
		WITH_BOOK(clocks_are_no_sum_of_calls),
		WITH_BOOK(a_process_has_what_its_calls_have),
		WITH_BOOK(only_the_measured_are_without_states),
		WITH_BOOK(rows_have_what_calls_can_have),
		WITH_BOOK(errors_can_be_kept_apart),
		WITH_BOOK(histograms_are_merged_into_rows),
		WITH_BOOK(folded_histograms_are_kept),
		WITH_BOOK(a_new_interval_has_new_histograms),
		WITH_BOOK(the_dearest_call_is_named),
		WITH_BOOK(the_dearest_call_is_known_of_all),
	};

	return cmocka_run_group_tests_name("measured", tests, NULL, NULL);
}
