/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reporters print of a snapshot made by hand. The whole of it is
 * in tests/trace; UPDATE_GOLDEN=1 in the environment writes it anew.
 */
#include "book.h"
#include "golden.h"
#include "sample.h"

#include <stdlib.h>

#include "report/report.h"

static struct report_cfg cfg_of(const struct snapshot *snap)
{
	struct report_cfg cfg = { .sort = column_find("wall", 4),
				  .command = "-p 4711" };

	column_defaults(snap->cfg.by, snap->cfg.measures, &cfg.columns);
	return cfg;
}

static char *print(const struct reporter *reporter,
		   const struct snapshot *snap, const struct report_cfg *cfg)
{
	struct why why = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(reporter->print(out, snap, cfg, &why), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(strlen(text), len);
	return text;
}

static void reporters_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(reporter_find("text"), &report_text);
	assert_ptr_equal(reporter_find("json"), &report_json);
	assert_ptr_equal(reporter_find("csv"), &report_csv);
	assert_null(reporter_find("xml"));
	assert_null(reporter_find(""));
	/* One that was not built in says why. */
	for (int i = 0; reporter_table[i]; i++)
		assert_true(!reporter_table[i]->print !=
			    !reporter_table[i]->missing);
}

static void text_is_as_recorded(void **state)
{
	struct sample sample;
	struct report_cfg cfg;
	char *text, *wanted;

	(void)state;
	sample_init(&sample);
	cfg = cfg_of(&sample.snap);
	text = print(&report_text, &sample.snap, &cfg);
	wanted = golden("report.text.golden", text);
	assert_string_equal(text, wanted);
	free(wanted);
	free(text);
}

static void post_exact(struct book *book, struct key key, int64_t calls,
		       int64_t cpu, int64_t blocked)
{
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_WALL, cpu + blocked);
	cell_add(&cell, MEASURE_CPU, cpu);
	cell_add(&cell, MEASURE_BLOCKED, blocked);
	cell_add(&cell, MEASURE_RUNQ, 0);
	if (key.abi == ABI_NATIVE) {
		cell_add(&cell, MEASURE_CALLS, calls);
		cell_add(&cell, MEASURE_ERRORS, key.error ? calls : 0);
	}
	if (calls) {
		cell_add(&cell, MEASURE_ENDED, cpu + blocked);
		cell_add(&cell, MEASURE_MIN, 900);
		cell_add(&cell, MEASURE_MAX, 2 * (cpu + blocked) / calls);
	}
	book->sink.cell(book->sink.ctx, &key, &cell);
}

/* What the bpf collector tells: exact calls, one of them in flight. */
static void fill_exactly(struct book *book)
{
	struct key cachestat = seen_in(10, 10, ABI_NATIVE, 451);
	struct key futex_waitv = seen_in(10, 10, ABI_NATIVE, 449);
	struct hist hist = { { 0 } };
	struct cell cell = { 0 };

	tell(book, EVENT_NAME, process_of(10), "smbd");
	tell(book, EVENT_NAME, thread_of(10, 10), "smbd");
	post_clocks(book, 10, 10, 10 * SEC, 4 * SEC, 0);
	post_usage(book, 10, 3 * SEC, 1 * SEC);
	post_exact(book, cachestat, 1000, 900 * MS, 100 * MS);
	hist.count[bucket_of(MS / 2)] = 900;
	hist.count[bucket_of(2 * MS)] = 100;
	book->sink.hist(book->sink.ctx, &cachestat, &hist);
	cachestat.error = 512;
	post_exact(book, cachestat, 2, 0, 2 * SEC);
	post_exact(book, futex_waitv, 0, 0, 3900 * MS);
	cell_add(&cell, MEASURE_IN_FLIGHT, 1);
	cell_add_estimate(&cell, MEASURE_AGE, 4 * SEC);
	book->sink.cell(book->sink.ctx, &futex_waitv, &cell);
	post_exact(book, seen_in(10, 10, ABI_STATE, STATE_OUTSIDE), 0,
		   3100 * MS, 0);
	lose(book, LOSS_PARTIAL, 1);
}

static void exact_calls_are_as_recorded(void **state)
{
	struct event gauges = { .kind = EVENT_GAUGES,
				.gauges = { 1, 1, 1 } };
	struct event programs = { .kind = EVENT_PROGRAMS,
				  .programs_ns = 12 * MS };
	struct report_cfg cfg;
	struct snapshot *snap;
	struct book book;
	char *text, *wanted;

	(void)state;
	book_open(&book);
	fill_exactly(&book);
	book.sink.event(book.sink.ctx, &gauges);
	book.sink.event(book.sink.ctx, &programs);
	snap = take(&book, BY_SYSCALL | 1u << DIM_ERRNO);
	snap->cfg.start_cpu_ns = 170 * MS;
	cfg = cfg_of(snap);
	cfg.histograms = true;
	text = print(&report_text, snap, &cfg);
	wanted = golden("exact.text.golden", text);
	assert_string_equal(text, wanted);
	free(wanted);
	free(text);
	snapshot_free(snap);
	book_close(&book);
}

/* The ones that are in flight longest are named, the rest is a count. */
static void the_oldest_in_flight_are_named(void **state)
{
	static const char *const calls[] = { "read", "poll", "fsync",
					     "f\033lock" };
	struct sample sample;
	struct report_cfg cfg;
	char *text;

	(void)state;
	sample_init(&sample);
	for (int i = 0; i < 4; i++) {
		sample.rows[i].syscall = calls[i];
		cell_add(&sample.rows[i].cell, MEASURE_AGE, (i + 1) * SEC);
	}
	sample.snap.now = (struct gauges){ 1, 9, 7 };
	cfg = cfg_of(&sample.snap);
	text = print(&report_text, &sample.snap, &cfg);
	assert_non_null(strstr(text, "\nin flight: 7 of 9 threads in a call "
			       "now: f\\033lock for 4.000 s, "
			       "fsync for 3.000 s, poll for 2.000 s\n"));
	free(text);
	/* Without calls there are no names for them. */
	for (int i = 0; i < 4; i++)
		sample.rows[i].syscall = NULL;
	sample.snap.cfg.by = BY_PROCESS;
	cfg = cfg_of(&sample.snap);
	text = print(&report_text, &sample.snap, &cfg);
	assert_non_null(strstr(text, "now: the oldest for 4.000 s"));
	free(text);
}

/* An age that is a bound makes no estimates of the rest. */
static void a_bound_is_no_estimate(void **state)
{
	struct row row = { .syscall = "read" };
	struct snapshot snap = { .rows = &row, .n_rows = 1, .cfg = {
		.collector = "bpf", .by = 1u << DIM_SYSCALL,
		.interval_ns = SEC,
	} };
	struct report_cfg cfg = cfg_of(&snap);
	char *text;

	(void)state;
	cell_add_estimate(&row.cell, MEASURE_AGE, SEC);
	text = print(&report_text, &snap, &cfg);
	assert_null(strstr(text, "~ is estimated"));
	assert_non_null(strstr(text, "read for 1.000 s and longer (before "
			       "the attachment)\n"));
	free(text);
	cell_add_estimate(&row.cell, MEASURE_BLOCKED, SEC);
	text = print(&report_text, &snap, &cfg);
	assert_non_null(strstr(text, "~ is estimated"));
	free(text);
}

/* A terminal gets lines of printable characters, whatever names hold. */
static void text_has_no_control_characters(void **state)
{
	struct sample sample;
	struct report_cfg cfg;
	char *text;

	(void)state;
	sample_init(&sample);
	sample.notes[1] = "\033]52;c;AAAA\a";
	cfg = cfg_of(&sample.snap);
	text = print(&report_text, &sample.snap, &cfg);
	for (const char *p = text; *p; p++) {
		assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
		assert_true(*p != 0x7f);
	}
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strchr(text, '\xff'));
	assert_non_null(strstr(text, "ev\\033[31mil\\012\\377"));
	free(text);
}

static void rows_are_limited(void **state)
{
	struct sample sample;
	struct report_cfg cfg;
	char *text;

	(void)state;
	sample_init(&sample);
	cfg = cfg_of(&sample.snap);
	cfg.max_rows = 1;
	text = print(&report_text, &sample.snap, &cfg);
	assert_non_null(strstr(text, "the first 1 of 5 rows"));
	assert_non_null(strstr(text, "epoll_wait"));
	assert_null(strstr(text, "[asleep in"));
	free(text);
	cfg.max_rows = 100;
	text = print(&report_text, &sample.snap, &cfg);
	assert_null(strstr(text, "the first"));
	free(text);
}

static void rows_are_sorted(void **state)
{
	struct sample sample;
	struct report_cfg cfg;
	char *text;

	(void)state;
	sample_init(&sample);
	cfg = cfg_of(&sample.snap);
	cfg.max_rows = 1;
	cfg.sort = column_find("runq", 4);
	assert_int_equal(column_parse("runq,syscall", &cfg.columns, NULL),
			 0);
	text = print(&report_text, &sample.snap, &cfg);
	assert_non_null(strstr(text, " 1.000 [running]\n"));
	assert_null(strstr(text, "- epoll_wait"));
	free(text);
}

static void what_is_not_measured_is_a_dash(void **state)
{
	struct sample sample;
	struct report_cfg cfg;
	char *text;

	(void)state;
	sample_init(&sample);
	cfg = cfg_of(&sample.snap);
	column_parse("calls,syscall", &cfg.columns, NULL);
	text = print(&report_text, &sample.snap, &cfg);
	assert_non_null(strstr(text, "    - epoll_wait\n"));
	assert_non_null(strstr(text, "    - total\n"));
	free(text);
}

/* Without schedstat the clocks cannot say how long a thread was blocked:
 * the witness has nothing to be compared with. */
static void unknown_blocked_is_no_zero_by_clocks(void **state)
{
	struct snapshot *snap;
	struct report_cfg cfg;
	struct book book;
	char *text;

	(void)state;
	book_open(&book);
	post(&book, thread_of(1, 1), MEASURE_WALL, 10 * SEC);
	look(&book, seen_in(1, 1, ABI_NATIVE, 449), 40);
	snap = take(&book, BY_SYSCALL);
	cfg = cfg_of(snap);
	text = print(&report_text, snap, &cfg);
	assert_null(strstr(text, "0.0% by clocks"));
	free(text);
	snapshot_free(snap);
	book_close(&book);
}

static void an_empty_snapshot_can_be_printed(void **state)
{
	struct snapshot snap = { .cfg = {
		.collector = "proc", .by = 1u << DIM_SYSCALL,
		.interval_ns = SEC,
	} };
	struct report_cfg cfg = cfg_of(&snap);

	(void)state;
	for (int i = 0; reporter_table[i]; i++) {
		if (reporter_table[i]->missing)
			continue;
		char *text = print(reporter_table[i], &snap, &cfg);

		/* Of no stacks there are no lines. */
		assert_true(*text || reporter_table[i] == &report_folded);
		assert_null(strstr(text, "nan"));
		/* Metrics have families that are called so. */
		if (reporter_table[i] != &report_openmetrics)
			assert_null(strstr(text, "inf"));
		free(text);
	}
}

static void losses_are_told(void **state)
{
	struct sample sample;
	struct report_cfg cfg;
	char *text;

	(void)state;
	sample_init(&sample);
	cfg = cfg_of(&sample.snap);
	text = print(&report_text, &sample.snap, &cfg);
	assert_non_null(strstr(text, "lost: ~0.005 s of "));
	assert_non_null(strstr(text, "; 2 threads"));
	free(text);
	memset(sample.snap.lost, 0, sizeof(sample.snap.lost));
	text = print(&report_text, &sample.snap, &cfg);
	assert_non_null(strstr(text, "lost: nothing\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reporters_are_found_by_name),
		cmocka_unit_test(text_is_as_recorded),
		cmocka_unit_test(exact_calls_are_as_recorded),
		cmocka_unit_test(the_oldest_in_flight_are_named),
		cmocka_unit_test(a_bound_is_no_estimate),
		cmocka_unit_test(text_has_no_control_characters),
		cmocka_unit_test(rows_are_limited),
		cmocka_unit_test(rows_are_sorted),
		cmocka_unit_test(what_is_not_measured_is_a_dash),
		cmocka_unit_test(unknown_blocked_is_no_zero_by_clocks),
		cmocka_unit_test(an_empty_snapshot_can_be_printed),
		cmocka_unit_test(losses_are_told),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
