/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Histograms for eyes, from rows made by hand. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "report/latency.h"

static const int in_order[] = { 0, 1, 2, 3 };

static char *printed(struct row *rows, size_t n, const int *order)
{
	struct snapshot snap = { .rows = rows, .n_rows = n };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	latency_print(out, &snap, order, n);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void a_line_is_an_octave(void **state)
{
	struct hist hist = { { 0 } };
	struct row row = { .syscall = "read", .hist = &hist };
	char *text;

	(void)state;
	hist.count[0] = 4;
	/* Two buckets of one octave. */
	hist.count[bucket_of(300)] = 2;
	hist.count[bucket_of(500)] = 1;
	text = printed(&row, 1, in_order);
	assert_string_equal(text,
		"\nread: 7 calls, p50 ~56 ns, p90 ~467 ns, p99 ~507 ns, "
		"p99.9 ~511 ns\n"
		"      0 ns .. 64 ns              4 "
		"|****************************************|\n"
		"     64 ns .. 128 ns             0 "
		"|                                        |\n"
		"    128 ns .. 256 ns             0 "
		"|                                        |\n"
		"    256 ns .. 512 ns             3 "
		"|******************************          |\n");
	free(text);
}

static void times_have_the_unit_that_fits(void **state)
{
	static const struct {
		uint64_t ns;
		const char *line;
	} cases[] = {
		{ 512, "    512 ns .. 1.02 us " },
		{ 5000, "    4.1 us .. 8.19 us " },
		{ 600 * 1000, "    524 us .. 1.05 ms " },
		{ 3 * MS, "    2.1 ms .. 4.19 ms " },
		{ SEC, "    537 ms .. 1.07 s " },
		{ 100 * SEC, "    68.7 s .. 137 s " },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct hist hist = { { 0 } };
		struct row row = { .syscall = "read", .hist = &hist };
		char *text;

		hist.count[bucket_of(cases[i].ns)] = 1;
		text = printed(&row, 1, in_order);
		if (!strstr(text, cases[i].line))
			fail_msg("no '%s' in %s", cases[i].line, text);
		free(text);
	}
}

/* What is longer than anything has a line without an end. */
static void the_last_line_is_open(void **state)
{
	struct hist hist = { { 0 } };
	struct row row = { .syscall = "read", .hist = &hist };
	char *text, *line;

	(void)state;
	hist.count[BUCKETS - 1] = UINT64_MAX;
	text = printed(&row, 1, in_order);
	line = strrchr(strstr(text, " .. "), '|');
	assert_non_null(line);
	assert_string_equal(line, "|\n");
	assert_non_null(strstr(text, " ..           18446744073709551615 |*"));
	free(text);
}

static void rows_come_in_the_order_given(void **state)
{
	static const int order[] = { 2, 0, 3, 1 };
	struct hist some = { { 0 } }, none = { { 0 } };
	struct row rows[4] = {
		{ .syscall = "read", .hist = &some },
		{ .syscall = "write" },
		{ .syscall = "poll", .hist = &some },
		{ .syscall = "fsync", .hist = &none },
	};
	char *text;

	(void)state;
	some.count[9] = 1;
	text = printed(rows, 4, order);
	assert_non_null(strstr(text, "read: 1 calls"));
	assert_true(strstr(text, "poll: 1 calls") < strstr(text, "read"));
	/* Of no calls there is nothing to show. */
	assert_null(strstr(text, "write"));
	assert_null(strstr(text, "fsync"));
	free(text);
}

static void rows_are_named_by_what_they_are_of(void **state)
{
	struct hist hist = { { 0 } };
	struct row row = {
		.key = { .pid = 10 }, .process = "sm\033bd",
		.syscall = "openat", .error = "", .hist = &hist,
	};
	char *text;

	(void)state;
	hist.count[9] = 1;
	text = printed(&row, 1, in_order);
	assert_non_null(strstr(text, "\nsm\\033bd 10 openat: 1 calls"));
	free(text);
	row.key.tid = 12;
	row.error = "ENOENT";
	text = printed(&row, 1, in_order);
	assert_non_null(strstr(text, "\nsm\\033bd 12 openat ENOENT: 1 "));
	free(text);
}

static void percentiles_are_within_what_is_exact(void **state)
{
	struct hist hist = { { 0 } };
	struct row row = { .syscall = "read", .hist = &hist };
	char *text;

	(void)state;
	hist.count[bucket_of(300)] = 100;
	cell_add(&row.cell, MEASURE_MIN, 290);
	cell_add(&row.cell, MEASURE_MAX, 300);
	text = printed(&row, 1, in_order);
	assert_non_null(strstr(text, "p50 ~290 ns, p90 ~300 ns, "
			       "p99 ~300 ns, p99.9 ~300 ns\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_an_octave),
		cmocka_unit_test(times_have_the_unit_that_fits),
		cmocka_unit_test(the_last_line_is_open),
		cmocka_unit_test(rows_come_in_the_order_given),
		cmocka_unit_test(rows_are_named_by_what_they_are_of),
		cmocka_unit_test(percentiles_are_within_what_is_exact),
	};

	return cmocka_run_group_tests_name("latency", tests, NULL, NULL);
}
