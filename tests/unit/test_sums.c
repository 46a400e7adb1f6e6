/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intervals that are added up. */
#include "book.h"

#include "acct/sums.h"
#include "model/phase.h"

static void add(struct sums *sums, struct book *book, unsigned by, bool smb)
{
	struct snapshot_cfg cfg = {
		.collector = "test", .by = by, .measures = ~0u, .smb = smb,
		.interval_ns = SEC,
	};
	struct snapshot *snap;

	assert_int_equal(snapshot_take(&snap, &book->ledger, &cfg, NULL), 0);
	assert_int_equal(sums_add(sums, snap, &cfg, NULL), 0);
	snapshot_free(snap);
	ledger_next(&book->ledger);
}

static struct sums *empty(void)
{
	struct sums *sums = NULL;

	assert_int_equal(sums_new(&sums, NULL), 0);
	assert_int_equal(sums_snapshot(sums)->n_rows, 0);
	return sums;
}

static void call(struct book *book, int pid, int nr, int64_t calls,
		 int64_t ns)
{
	struct key key = seen_in(pid, pid, ABI_NATIVE, nr);
	struct hist hist = { { 0 } };
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_CALLS, calls);
	cell_add(&cell, MEASURE_WALL, ns);
	cell_add(&cell, MEASURE_MIN, ns);
	cell_add(&cell, MEASURE_MAX, ns);
	book->sink.cell(book->sink.ctx, &key, &cell);
	hist.count[bucket_of((uint64_t)ns)] = (uint64_t)calls;
	book->sink.hist(book->sink.ctx, &key, &hist);
}

static void intervals_add_up(void **state)
{
	struct book *book = *state;
	struct sums *sums = empty();
	const struct snapshot *all = sums_snapshot(sums);
	const struct row *row;

	call(book, 1, 451, 3, 5 * MS);
	lose(book, LOSS_CALLS, 2);
	add(sums, book, BY_SYSCALL, false);
	/* Of another process, which is the same call. */
	call(book, 2, 451, 4, 9 * MS);
	call(book, 2, 449, 1, 1 * MS);
	lose(book, LOSS_CALLS, 5);
	add(sums, book, BY_SYSCALL, false);
	assert_int_equal(all->n_rows, 2);
	row = row_of(all, seen_in(1, 1, ABI_NATIVE, 451));
	assert_string_equal(row->syscall, "cachestat");
	assert_int_equal(value_of(row, MEASURE_CALLS), 7);
	assert_int_equal(value_of(row, MEASURE_WALL), 14 * MS);
	assert_int_equal(value_of(row, MEASURE_MIN), 5 * MS);
	assert_int_equal(value_of(row, MEASURE_MAX), 9 * MS);
	assert_int_equal(hist_total(row->hist), 7);
	assert_int_equal(all->lost[LOSS_CALLS], 7);
	/* And stay when nothing comes. */
	add(sums, book, BY_SYSCALL, false);
	assert_int_equal(all->n_rows, 2);
	assert_int_equal(value_of(row, MEASURE_CALLS), 7);
	sums_free(sums);
}

static void no_value_falls(void **state)
{
	struct book *book = *state;
	struct sums *sums = empty();
	const struct snapshot *all = sums_snapshot(sums);
	static const int64_t steps[][2] = {
		{ 10, 10 }, { -4, 10 }, { 3, 10 }, { 5, 14 },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		post(book, process_of(1), MEASURE_USER, steps[i][0]);
		add(sums, book, BY_PROCESS, false);
		assert_int_equal(all->all.cell.value[MEASURE_USER],
				 steps[i][1]);
		assert_int_equal(value_of(row_of(all, process_of(1)),
					  MEASURE_USER), steps[i][1]);
	}
	sums_free(sums);
}

static void moments_are_of_the_last_interval(void **state)
{
	struct key key = seen_in(1, 1, ABI_NATIVE, 451);
	struct book *book = *state;
	struct sums *sums = empty();
	const struct snapshot *all = sums_snapshot(sums);

	call(book, 1, 451, 1, MS);
	post(book, key, MEASURE_IN_FLIGHT, 2);
	post(book, key, MEASURE_AGE, 5 * SEC);
	add(sums, book, BY_SYSCALL, false);
	call(book, 1, 451, 1, MS);
	post(book, key, MEASURE_IN_FLIGHT, 1);
	post(book, key, MEASURE_AGE, 1 * SEC);
	add(sums, book, BY_SYSCALL, false);
	assert_int_equal(value_of(row_of(all, key), MEASURE_IN_FLIGHT), 1);
	assert_int_equal(value_of(row_of(all, key), MEASURE_AGE), 1 * SEC);
	/* Then there is none, and so no oldest one. */
	add(sums, book, BY_SYSCALL, false);
	assert_int_equal(value_of(row_of(all, key), MEASURE_IN_FLIGHT), 0);
	assert_false(cell_has(&row_of(all, key)->cell, MEASURE_AGE));
	sums_free(sums);
}

static int64_t calls_of(const struct snapshot *all, const char *name)
{
	int64_t sum = 0;

	for (size_t i = 0; i < all->n_rows; i++)
		if (!strcmp(all->rows[i].syscall, name))
			sum += all->rows[i].cell.value[MEASURE_CALLS];
	return sum;
}

static int64_t all_calls(const struct snapshot *all)
{
	int64_t sum = 0;

	for (size_t i = 0; i < all->n_rows; i++)
		sum += all->rows[i].cell.value[MEASURE_CALLS];
	return sum;
}

/* A target can make calls of any number. */
static void rows_have_a_limit(void **state)
{
	enum { N = 3 * SNAPSHOT_MAX_SERIES };
	struct book *book = *state;
	struct sums *sums = empty();
	const struct snapshot *all = sums_snapshot(sums);

	for (int i = 0; i < SNAPSHOT_MAX_SERIES / 2; i++)
		call(book, 1, 1000 + i, 1, MS);
	add(sums, book, BY_SYSCALL, false);
	assert_int_equal(all->beyond, 0);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < N; i++)
			call(book, 1, 1000 + i, 1, MS);
		add(sums, book, BY_SYSCALL, false);
		assert_int_equal(all->n_rows, SNAPSHOT_MAX_SERIES + 1);
		assert_int_equal(all->beyond, N - SNAPSHOT_MAX_SERIES);
		assert_int_equal(calls_of(all, SNAPSHOT_OTHERS),
				 (round + 1) * (N - SNAPSHOT_MAX_SERIES));
	}
	assert_int_equal(all_calls(all), 2 * N + SNAPSHOT_MAX_SERIES / 2);
	/* Who had a row first has it still. */
	assert_int_equal(calls_of(all, "syscall_0x3e8"), 3);
	add(sums, book, BY_SYSCALL, false);
	assert_int_equal(all->beyond, 0);
	sums_free(sums);
}

static void processes_that_ended_make_room(void **state)
{
	unsigned by = BY_PROCESS | BY_SYSCALL;
	struct book *book = *state;
	struct sums *sums = empty();
	const struct snapshot *all = sums_snapshot(sums);

	for (int i = 1; i <= SNAPSHOT_MAX_SERIES + 10; i++)
		call(book, i, 451, 1, MS);
	add(sums, book, by, false);
	assert_int_equal(all->beyond, 10);
	/* Two of the first go on; all others are new. */
	for (int round = 1; round < 4; round++) {
		call(book, 1, 451, 1, MS);
		call(book, 2, 451, 1, MS);
		for (int i = 0; i < 150; i++)
			call(book, 1000 * round + i, 451, 1, MS);
		add(sums, book, by, false);
		assert_int_equal(all->beyond, 0);
		assert_true(all->n_rows <= SNAPSHOT_MAX_SERIES + 1);
		assert_non_null(row_of(all, seen_in(1000 * round + 149, 0,
						    ABI_NATIVE, 451)));
	}
	/* They were there at any time, unlike others of the first. */
	assert_true(all_calls(all) >= 8 + 150);
	sums_free(sums);
}

static void parts_of_smb_are_kept(void **state)
{
	struct book *book = *state;
	struct sums *sums = empty();
	const struct snapshot *all = sums_snapshot(sums);
	struct key key = process_of(1);

	for (int i = 1; i < 4; i++) {
		key.abi = ABI_REQUEST;
		key.request = SMB2_CREATE + 1;
		key.session = (uint64_t)i;
		post(book, key, MEASURE_REQUESTS, 5);
		key = process_of(1);
		key.abi = ABI_PHASE;
		key.nr = PHASE_RUNNING;
		post(book, key, MEASURE_WALL, SEC);
		add(sums, book, BY_SYSCALL, true);
	}
	assert_int_equal(all->parts[PART_REQUESTS]->n_rows, 1);
	assert_int_equal(all->parts[PART_REQUESTS]->rows[0].cell.value
			 [MEASURE_REQUESTS], 15);
	assert_string_equal(all->parts[PART_REQUESTS]->rows[0].request,
			    "CREATE");
	assert_int_equal(all->parts[PART_PHASES]->rows[0].cell.value
			 [MEASURE_WALL], 3 * SEC);
	assert_null(all->parts[PART_WHO]);
	sums_free(sums);
	sums_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOOK(intervals_add_up),
		WITH_BOOK(no_value_falls),
		WITH_BOOK(moments_are_of_the_last_interval),
		WITH_BOOK(rows_have_a_limit),
		WITH_BOOK(processes_that_ended_make_room),
		WITH_BOOK(parts_of_smb_are_kept),
	};

	return cmocka_run_group_tests_name("sums", tests, NULL, NULL);
}
