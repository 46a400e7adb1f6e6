/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sums of a report, there and back. */
#include "book.h"

#include <stdlib.h>

#include "report/totals.h"

#define CALL 449

static char *printed(const struct snapshot *snap)
{
	struct report_cfg cfg = { .max_rows = 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(report_totals.print(out, snap, &cfg, NULL), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static struct totals there_and_back(struct book *book, char **text)
{
	struct snapshot *snap = take(book, BY_SYSCALL);
	struct totals totals;

	*text = printed(snap);
	totals_parse(&totals, *text);
	snapshot_free(snap);
	return totals;
}

static void sums_come_back(void **state)
{
	struct totals totals;
	struct book book;
	char *text;

	(void)state;
	book_open(&book);
	post_clocks(&book, 1, 1, 10 * SEC, 4 * SEC, 0);
	post(&book, seen_in(1, 1, ABI_NATIVE, CALL), MEASURE_CALLS, 42);
	totals = there_and_back(&book, &text);
	assert_true(totals.counted);
	assert_int_equal(totals.calls, 42);
	assert_int_equal(totals.wall_ns, 10 * SEC);
	assert_int_equal(totals.own_cpu_ns, 50 * MS);
	assert_int_equal(totals.interval_ns, 10 * SEC);
	assert_string_equal(totals.collector, "test");
	free(text);
	book_close(&book);
}

static void what_is_not_counted_is_no_zero(void **state)
{
	struct totals totals;
	struct book book;
	char *text;

	(void)state;
	book_open(&book);
	post_clocks(&book, 1, 1, 10 * SEC, 4 * SEC, 0);
	totals = there_and_back(&book, &text);
	assert_false(totals.counted);
	free(text);
	book_close(&book);
}

static void a_note_is_no_sum(void **state)
{
	struct totals totals;
	struct book book;
	char *text;

	(void)state;
	book_open(&book);
	sink_note(&book.sink, "evil\ncalls 99\nwall_ns 5");
	totals = there_and_back(&book, &text);
	assert_false(totals.counted);
	assert_int_equal(totals.n_notes, 1);
	assert_string_equal(totals.notes[0],
			    "evil\\012calls 99\\012wall_ns 5");
	free(text);
	book_close(&book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_come_back),
		cmocka_unit_test(what_is_not_counted_is_no_zero),
		cmocka_unit_test(a_note_is_no_sum),
	};

	return cmocka_run_group_tests_name("totals", tests, NULL, NULL);
}
