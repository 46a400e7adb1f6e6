/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the runs of the ways amount to, and how it is printed. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/contest.h"
#include "contrast_print.h"

#define ROUNDS 4

static struct contest contest;
static char *text;
static char *command[] = { "cp", "-r", "\033[31m", NULL };

static int begin(void **state)
{
	(void)state;
	return contest_init(&contest, ROUNDS);
}

static int end(void **state)
{
	(void)state;
	contest_done(&contest);
	free(text);
	text = NULL;
	return 0;
}

static size_t way(const char *name)
{
	for (size_t i = 0; i < way_count; i++)
		if (!strcmp(way_table[i].name, name))
			return i;
	fail_msg("no way is called %s", name);
	return 0;
}

/* A run of so many milliseconds, with what it counted in words. */
static void run(const char *name, int ms, int status, const char *table)
{
	struct run_result result = { .wall_ns = ms * MS, .status = status };
	struct counts counts = { .list = NULL };

	if (table)
		assert_int_equal(counts_parse(&counts, COUNTS_STRACE, table),
				 0);
	contest.ways[way(name)].there = true;
	assert_int_equal(contest_add(&contest, way(name), &result, table ?
				   &counts : NULL), 0);
	counts_done(&counts);
}

static bool is_near(double a, double b)
{
	return fabs(a - b) < 1e-6 * fabs(b) + 1e-9;
}

static size_t name_of(const char *call)
{
	for (size_t i = 0; i < contest.names.n; i++)
		if (!strcmp(contest.names.list[i].name, call))
			return i;
	fail_msg("no call %s", call);
	return 0;
}

static void assert_reference(const char *name)
{
	assert_int_equal(contest_reference(&contest), (int)way(name));
}

static bool differs(const char *name, const char *call)
{
	return contest_differs(&contest, way(name), name_of(call));
}

static size_t count_differing(const char *name)
{
	return contest_count_differing(&contest, way(name));
}

static void what_did_not_run_is_not_known(void **state)
{
	(void)state;
	assert_true(isnan(contest_wall_ns(&contest, 0)));
	assert_true(isnan(contest_calls(&contest, way("bpf"))));
	assert_true(isnan(contest_added_ns(&contest, way("bpf"))));
	assert_true(isnan(contest_start_ns(&contest, way("bpf"))));
	assert_false(contest_factor(&contest, way("bpf")).known);
	assert_int_equal(contest_reference(&contest), -1);
	assert_false(contest_is_fair(&contest, way("bpf")));
}

static void added_time_is_shared_by_all_calls(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		run("bare", 100 + i, 0, NULL);
		run("strace -cf", 1110 + i, 0, "1 2 3 900 a\n1 2 3 100 b\n");
		run("seccomp", 160 + i, 0, "1 2 3 10 b\n");
		run("proc", 102 + i, 0, NULL);
	}
	/* Its start takes 10 ms of the 1,010. */
	contest_add_start(&contest, 0, 5 * MS);
	contest_add_start(&contest, way("strace -cf"), 15 * MS);
	assert_reference("strace -cf");
	assert_true(is_near(contest_start_ns(&contest, way("strace -cf")),
			    10 * MS));
	assert_true(is_near(contest_added_ns(&contest, way("strace -cf")),
			    1 * MS));
	/* Where nobody knows how long it starts, all of it counts. */
	assert_true(is_near(contest_added_ns(&contest, way("seccomp")),
			    60 * MS / 1000.0));
	assert_true(is_near(contest_added_ns(&contest, way("proc")), 2000));
	assert_true(isnan(contest_added_ns(&contest, 0)));
	assert_true(is_near(contest_calls(&contest, way("seccomp")), 10));
	assert_true(isnan(contest_calls(&contest, way("proc"))));
	assert_true(contest_factor(&contest, way("proc")).bounded);
	assert_true(is_near(contest_wall_ns(&contest, 0), 101 * MS));
}

/* A short command that costs less than its start is uncertain. */
static void what_is_less_than_the_start_varies_is_not_known(void **state)
{
	size_t bpf = way("bpf");

	(void)state;
	run("bare", 100, 0, NULL);
	run("bpf", 170, 0, "1 2 3 1000 a\n");
	contest_add_start(&contest, 0, 5 * MS);
	contest_add_start(&contest, bpf, 55 * MS);
	/* Of a single one it is not known how much it varies. */
	assert_true(isnan(contest_added_ns(&contest, bpf)));
	contest_add_start(&contest, bpf, 50 * MS);
	contest_add_start(&contest, bpf, 60 * MS);
	assert_true(is_near(contest_added_ns(&contest, bpf), 20000));
	contest_add_start(&contest, bpf, 71 * MS);
	assert_true(isnan(contest_added_ns(&contest, bpf)));
}

/* What noise alone would make. */
static void what_may_be_nothing_is_not_known(void **state)
{
	static const int bare[] = { 100, 110, 90 }, bpf[] = { 90, 100, 110 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		run("bare", bare[i], 0, NULL);
		run("bpf", bpf[i], 0, "1 2 3 1000 a\n");
	}
	assert_true(contest_factor(&contest, way("bpf")).bounded);
	assert_true(isnan(contest_added_ns(&contest, way("bpf"))));
}

static void bpf_is_what_others_are_judged_by(void **state)
{
	(void)state;
	run("bare", 100, 0, NULL);
	run("perf trace -s", 100, 0, "1 2 3 5 a\n");
	assert_reference("perf trace -s");
	run("strace -cf", 100, 0, "1 2 3 5 a\n");
	assert_reference("strace -cf");
	run("seccomp -A", 100, 0, "1 2 3 5 a\n");
	assert_reference("strace -cf");
	run("bpf", 100, 0, "1 2 3 5 a\n");
	assert_reference("bpf");
}

/* Each by what it counts at all. */
static void counts_differ_where_they_cannot_agree(void **state)
{
	(void)state;
	run("bare", 100, 0, NULL);
	run("bpf", 100, 0, "1 2 3 5 a\n1 2 3 7 b\n1 2 3 9 c\n");
	run("strace -cf", 100, 0, "1 2 3 5 a\n1 2 3 6 b\n");
	run("seccomp -A", 100, 0, "1 2 3 5 a\n1 2 3 6 b\n");
	run("seccomp", 100, 0, "1 2 3 6 a\n1 2 3 6 b\n");
	assert_false(differs("strace -cf", "a"));
	assert_true(differs("strace -cf", "b"));
	/* What it does not have it has not seen. */
	assert_true(differs("strace -cf", "c"));
	assert_false(differs("seccomp -A", "c"));
	assert_true(differs("seccomp -A", "b"));
	/* Fewer may be those that could not wait; more there cannot be. */
	assert_false(differs("seccomp", "b"));
	assert_true(differs("seccomp", "a"));
	assert_null(contest_span(&contest, way("seccomp"), name_of("c")));
	assert_int_equal(count_differing("strace -cf"), 2);
	assert_int_equal(count_differing("bpf"), 0);
	assert_int_equal(contest_count_differing(&contest, 0), 0);
}

static void a_command_that_varies_by_itself_excuses(void **state)
{
	const struct span *span;

	(void)state;
	run("bare", 100, 0, NULL);
	run("bpf", 100, 0, "1 2 3 5 a\n");
	run("bpf", 100, 0, "1 2 3 9 a\n1 2 3 1 b\n");
	run("strace -cf", 100, 0, "1 2 3 7 a\n");
	assert_false(differs("strace -cf", "a"));
	assert_false(differs("strace -cf", "b"));
	span = contest_span(&contest, way("bpf"), name_of("b"));
	assert_true(span->least == 0 && span->most == 1);
	run("strace -cf", 100, 0, "1 2 3 8 a\n");
	assert_false(differs("strace -cf", "a"));
}

static void what_ends_otherwise_is_not_compared(void **state)
{
	(void)state;
	run("bare", 100, 3, NULL);
	run("proc", 100, 3, NULL);
	run("strace -cf", 100, 1, "1 2 3 7 a\n");
	run("perf trace -s", 100, 0, "1 2 3 7 a\n");
	assert_true(contest_is_fair(&contest, 0));
	assert_true(contest_factor(&contest, way("proc")).known);
	assert_false(contest_factor(&contest, way("strace -cf")).known);
	assert_true(isnan(contest_added_ns(&contest, way("strace -cf"))));
	/* It never ends as the command does. */
	assert_true(contest_factor(&contest, way("perf trace -s")).known);
	run("proc", 100, 0, NULL);
	assert_false(contest_is_fair(&contest, way("proc")));
}

static void more_rounds_than_there_is_room_for_are_dropped(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS + 3; i++)
		run("bpf", 100, 0, "1 2 3 5 a\n");
	assert_int_equal(contest.ways[way("bpf")].runs, ROUNDS);
	for (int i = 0; i < 100; i++)
		contest_add_start(&contest, 0, 1);
}

static void print(int (*how)(FILE *, const struct contest *, char *const *,
			     struct why *))
{
	struct why why = { 0 };
	size_t len = 0;
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &len);
	assert_non_null(out);
	assert_int_equal(how(out, &contest, command, &why), 0);
	fclose(out);
}

static void says(const char *words)
{
	if (!strstr(text, words))
		fail_msg("no '%s' in:\n%s", words, text);
}

static void some_rounds(void)
{
	for (int i = 0; i < 3; i++) {
		run("bare", 100, 0, NULL);
		run("proc", 102, 0, NULL);
		run("bpf", 200, 0, "1 2 3 500 a\n1 2 3 500 b\n");
		run("strace -cf", 5000, 0, "1 2 3 500 a\n1 2 3 499 b\n");
	}
	contest_add_start(&contest, 0, MS);
	contest_add_start(&contest, way("bpf"), 51 * MS);
	contest_add_start(&contest, way("bpf"), 51 * MS);
	snprintf(contest.ways[way("bpftrace")].reason,
		 sizeof(contest.ways[0].reason), "not installed");
}

static void a_table_has_a_row_for_each_way(void **state)
{
	(void)state;
	some_rounds();
	print(contrast_print_text);
	says("cp -r \\033[31m\n");
	says("\nbare          3  0.100   1.00");
	says("\nproc          3  0.102   1.02 1.02 to 1.02");
	says("\nbpf           3  0.200   2.00 2.00 to 2.00   0.050   50000  "
	     "1000 all calls\n");
	says("50.0 to 50.0");
	says("1 differs");
	says("\nb                500        499\n");
	says("not compared: bpftrace: not installed\n");
	assert_null(strstr(text, "nan"));
	/* What would be known of two runs only is not made up. */
	assert_null(strstr(text, "vary"));
}

static void what_varies_by_itself_is_said(void **state)
{
	(void)state;
	run("bare", 100, 0, NULL);
	run("bpf", 100, 0, "1 2 3 5 a\n");
	run("bare", 100, 0, NULL);
	run("bpf", 100, 0, "1 2 3 6 a\n");
	print(contrast_print_text);
	says("the command's own calls vary: a 5-6 (by bpf)\n");
	/* Two rounds are no interval. */
	assert_null(strstr(text, " to 1.00"));
}

static void many_differences_are_cut(void **state)
{
	char many[4096] = "";

	(void)state;
	for (int i = 0; i < 25; i++)
		snprintf(many + strlen(many), 32, "1 2 3 5 call%d\n", i);
	run("bare", 100, 0, NULL);
	run("bpf", 100, 0, "1 2 3 5 a\n");
	run("strace -cf", 100, 0, many);
	print(contrast_print_text);
	/* a, too. */
	says("and 16 more\n");
}

static void json_has_all_of_it(void **state)
{
	struct why why = { 0 };

	(void)state;
	some_rounds();
#ifndef HAVE_JANSSON
	assert_int_not_equal(contrast_print_json(stderr, &contest, command,
						 &why), 0);
	assert_non_null(strstr(why.text, "jansson"));
#else
	(void)why;
	print(contrast_print_json);
	says("\"reference\":\"bpf\"");
	says("\"wall_ns\":[200000000,200000000,200000000]");
	says("\"start_ns\":50000000");
	says("\"added_ns_per_call\":50000");
	says("\"differing\":[\"b\"]");
	says("{\"syscall\":\"b\",\"calls\":{\"bpf\":[500,500],"
	     "\"strace -cf\":[499,499]}}");
	says("\"reason\":\"not installed\"");
	assert_int_equal(strchr(text, '\n') - text, (long)strlen(text) - 1);
#endif
}

#define CONTEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTEST(what_did_not_run_is_not_known),
		CONTEST(added_time_is_shared_by_all_calls),
		CONTEST(what_is_less_than_the_start_varies_is_not_known),
		CONTEST(what_may_be_nothing_is_not_known),
		CONTEST(bpf_is_what_others_are_judged_by),
		CONTEST(counts_differ_where_they_cannot_agree),
		CONTEST(a_command_that_varies_by_itself_excuses),
		CONTEST(what_ends_otherwise_is_not_compared),
		CONTEST(more_rounds_than_there_is_room_for_are_dropped),
		CONTEST(a_table_has_a_row_for_each_way),
		CONTEST(what_varies_by_itself_is_said),
		CONTEST(many_differences_are_cut),
		CONTEST(json_has_all_of_it),
	};

	return cmocka_run_group_tests_name("contest", tests, NULL, NULL);
}
