/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics of snapshots made by hand. The whole of them is in tests/trace;
 * UPDATE_GOLDEN=1 in the environment writes it anew.
 */
#include "book.h"
#include "golden.h"
#include "sample.h"

#include <stdlib.h>

#include "model/smb2.h"
#include "report/exposition.h"
#include "report/report.h"

static char *print(const struct reporter *reporter,
		   const struct snapshot *snap)
{
	struct report_cfg cfg = { .command = "--name=\"a\\b\"\n" };
	struct why why = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(reporter->print(out, snap, &cfg, &why), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void compare(const char *name, char *text)
{
	char *wanted;

	/* The version is none of what is looked at. */
	for (char *p; (p = strstr(text, "\"" PACKAGE_VERSION "\"")); )
		memmove(p + 1, p + sizeof(PACKAGE_VERSION), strlen(p + sizeof(
			PACKAGE_VERSION)) + 1);
	wanted = golden(name, text);
	assert_string_equal(text, wanted);
	free(wanted);
	free(text);
}

/* Estimates by process, with names that are hostile. */
static void estimates_are_as_recorded(void **state)
{
	struct sample sample;

	(void)state;
	sample_init(&sample);
	compare("sample.openmetrics.golden",
		print(&report_openmetrics, &sample.snap));
}

static void post_calls(struct book *book, int abi, int nr, int64_t calls,
		       int64_t ns)
{
	struct key key = seen_in(10, 10, abi, nr);
	struct hist hist = { { 0 } };
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_CALLS, calls);
	cell_add(&cell, MEASURE_ERRORS, calls / 2);
	cell_add(&cell, MEASURE_WALL, calls * ns);
	cell_add(&cell, MEASURE_ENDED, calls * ns);
	cell_add(&cell, MEASURE_BYTES, calls * 512);
	book->sink.cell(book->sink.ctx, &key, &cell);
	hist.count[bucket_of((uint64_t)ns)] = (uint64_t)calls;
	book->sink.hist(book->sink.ctx, &key, &hist);
}

static void post_smb(struct book *book)
{
	struct key key = process_of(10);
	struct hist hist = { { 0 } };
	struct cell cell = { 0 };

	key.abi = ABI_REQUEST;
	key.request = 14 + 1;
	cell_add(&cell, MEASURE_REQUESTS, 4);
	cell_add(&cell, MEASURE_ERRORS, 1);
	cell_add(&cell, MEASURE_ENDED, 8 * MS);
	cell_add(&cell, MEASURE_ASYNC, 2 * MS);
	book->sink.cell(book->sink.ctx, &key, &cell);
	hist.count[bucket_of(2 * MS)] = 4;
	book->sink.hist(book->sink.ctx, &key, &hist);
	key = process_of(10);
	key.abi = ABI_PHASE;
	key.nr = PHASE_RUNNING;
	post(book, key, MEASURE_WALL, 7 * MS);
	post(book, key, MEASURE_TIMES, 4);
}

static struct snapshot *exact(struct book *book)
{
	struct snapshot_cfg cfg = {
		.collector = "bpf", .by = BY_SYSCALL, .smb = true,
		.measures = 1u << MEASURE_CALLS | 1u << MEASURE_WALL,
		.end_ns = 1700000000 * SEC + 5, .interval_ns = 10 * SEC,
		.own_cpu_ns = 50 * MS,
	};
	struct snapshot *snap = NULL;

	post_clocks(book, 10, 10, 10 * SEC, 4 * SEC, SEC);
	post_usage(book, 10, 3 * SEC, SEC + 1);
	post_calls(book, ABI_NATIVE, 451, 5, 1024);
	post_calls(book, ABI_NATIVE, 449, 3, 20 * SEC);
	post_smb(book);
	lose(book, LOSS_TAIL_NS, 2 * MS);
	assert_int_equal(snapshot_take(&snap, &book->ledger, &cfg, NULL), 0);
	snap->programs_ns = 3 * MS;
	return snap;
}

static void exact_values_are_as_recorded(void **state)
{
	struct snapshot *snap = exact(*state);

	compare("exact.openmetrics.golden", print(&report_openmetrics, snap));
	compare("exact.prometheus.golden", print(&report_prometheus, snap));
	snapshot_free(snap);
}

/* The usual one goes without, whether there are others or not. */
static void other_abis_are_told(void **state)
{
	struct book *book = *state;
	char wanted[128], *text;
	struct snapshot *snap;

	post(book, seen_in(1, 1, ABI_NATIVE, 451), MEASURE_CALLS, 2);
	post(book, seen_in(1, 1, ABI_COMPAT, 451), MEASURE_CALLS, 3);
	snap = take(book, BY_SYSCALL);
	text = print(&report_openmetrics, snap);
	assert_non_null(strstr(text, "_calls_total{syscall=\"cachestat\"} "
			       "2\n"));
	snprintf(wanted, sizeof(wanted), "_calls_total{abi=\"%s\","
		 "syscall=\"%s\"} 3\n", abi_name(ABI_COMPAT), "cachestat");
	assert_non_null(strstr(text, wanted));
	free(text);
	snapshot_free(snap);
}

static void label_values_are_safe(void **state)
{
	static const struct {
		const char *value, *wanted;
	} cases[] = {
		{ "read", "x=\"read\"" },
		{ "", "x=\"\"" },
		{ "a\"b", "x=\"a\\\"b\"" },
		{ "a\\b", "x=\"a\\\\134b\"" },
		{ "a\nb", "x=\"a\\\\012b\"" },
		{ "\xff", "x=\"\\\\377\"" },
		{ "}{,=#", "x=\"}{,=#\"" },
		{ "\xc3\xa9", "x=\"\xc3\xa9\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char labels[LABELS_MAX] = "";

		exposition_label(labels, "x", cases[i].value);
		assert_string_equal(labels, cases[i].wanted);
	}
}

/* What is too long is cut, and labels that find no room are none. */
static void labels_have_a_limit(void **state)
{
	char labels[LABELS_MAX] = "", value[4 * LABELS_MAX];

	(void)state;
	memset(value, '"', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	exposition_label(labels, "a", value);
	assert_int_equal(strlen(labels), 2 * (LABEL_VALUE_MAX - 1) +
			 strlen("a=\"\""));
	for (int i = 0; i < 10; i++)
		exposition_label(labels, "b", value);
	assert_true(strlen(labels) < LABELS_MAX);
	assert_int_equal(labels[strlen(labels) - 1], '"');
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text++)
		n++;
	return n;
}

/* The larger ones have series of their own. */
static void rows_beyond_the_limit_are_folded(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;
	char *text;

	for (int i = 0; i < 500; i++)
		post(book, seen_in(1, 1, ABI_NATIVE, 10000 + i),
		     MEASURE_CALLS, 1000 + i);
	snap = take(book, BY_SYSCALL);
	text = print(&report_openmetrics, snap);
	assert_int_equal(count(text, "smbsysacct_syscall_calls_total{"),
			 SNAPSHOT_MAX_SERIES + 1);
	assert_non_null(strstr(text, "{syscall=\"syscall_0x2903\"} 1499\n"));
	/* 1000 to 1299. */
	assert_non_null(strstr(text, "{syscall=\"(other)\"} 344850\n"));
	assert_non_null(strstr(text, "\nsmbsysacct_rows_folded 300\n"));
	free(text);
	snapshot_free(snap);
}

/* Names can be the same, and so can labels be that were cut. */
static void no_two_series_are_the_same(void **state)
{
	static struct row rows[3];
	struct snapshot snap = { .rows = rows, .n_rows = 3, .cfg = {
		.collector = "proc", .by = BY_SYSCALL } };
	char *text;

	(void)state;
	for (int i = 0; i < 3; i++) {
		rows[i].key.abi = ABI_WCHAN;
		rows[i].key.nr = i;
		rows[i].syscall = i < 2 ? "[asleep in ?]" : "[asleep]";
		cell_add(&rows[i].cell, MEASURE_BLOCKED, SEC);
	}
	text = print(&report_openmetrics, &snap);
	assert_int_equal(count(text, "_total{syscall=\"[asleep in ?]\"}"), 1);
	assert_non_null(strstr(text, "{syscall=\"[asleep in ?]\"} 2.0\n"));
	free(text);
}

static void a_counter_is_not_below_zero(void **state)
{
	struct snapshot snap = { .cfg = { .collector = "proc",
					  .by = BY_SYSCALL } };
	char *text;

	(void)state;
	cell_add(&snap.all.cell, MEASURE_BLOCKED, -5);
	snap.all.has_residual = true;
	snap.all.residual_ns = -1500 * MS;
	text = print(&report_openmetrics, &snap);
	assert_non_null(strstr(text,
			"\nsmbsysacct_ledger_blocked_seconds_total 0.0\n"));
	assert_non_null(strstr(text,
			"\nsmbsysacct_ledger_residual_seconds -1.5\n"));
	free(text);
}

/* As its endpoint has them: source3/include/smbprofile.h. */
static void operations_are_named_as_samba_does(void **state)
{
	(void)state;
	assert_string_equal(smb2_operation(SMB2_CREATE), "create");
	assert_string_equal(smb2_operation(0), "negprot");
	assert_string_equal(smb2_operation(14), "find");
	assert_string_equal(smb2_operation(18), "break");
	assert_string_equal(smb2_operation(SMB2_UNKNOWN), "unknown");
	assert_string_equal(smb2_operation(-1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(estimates_are_as_recorded),
		WITH_BOOK(exact_values_are_as_recorded),
		WITH_BOOK(other_abis_are_told),
		cmocka_unit_test(label_values_are_safe),
		cmocka_unit_test(labels_have_a_limit),
		WITH_BOOK(rows_beyond_the_limit_are_folded),
		cmocka_unit_test(no_two_series_are_the_same),
		cmocka_unit_test(a_counter_is_not_below_zero),
		cmocka_unit_test(operations_are_named_as_samba_does),
	};

	return cmocka_run_group_tests_name("openmetrics", tests, NULL, NULL);
}
