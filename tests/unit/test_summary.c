/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of strace -c, from snapshots made by hand. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "model/abi.h"
#include "report/report.h"

#define BIT(m) (1u << MEASURE_##m)
#define MAX_ROWS 8

#define HEAD \
	"% time     seconds  usecs/call     calls    errors syscall\n"
#define DASHES \
	"------ ----------- ----------- --------- --------- " \
	"----------------\n"

/* The table of one call, as printf has it. */
#define BLOCKED_TABLE \
	"%% time    blocked~  usecs/call     calls    errors syscall\n" DASHES \
	"100.00 %11s %11s %9d         - poll\n" DASHES \
	"100.00 %11s %11s %9d         - total\n\n"

struct sheet {
	struct snapshot snap;
	struct row rows[MAX_ROWS];
	struct report_cfg cfg;
};

/* A collector that knows all times of calls, and all of them exactly. */
static void sheet_init(struct sheet *s)
{
	memset(s, 0, sizeof(*s));
	s->snap.cfg = (struct snapshot_cfg){
		.collector = "test", .by = 1u << DIM_SYSCALL,
		.measures = BIT(WALL) | BIT(BLOCKED) | BIT(CPU) |
			    BIT(CALLS) | BIT(ERRORS),
		.by_call = BIT(WALL) | BIT(BLOCKED) | BIT(CPU) |
			   BIT(CALLS) | BIT(ERRORS),
		.interval_ns = 10 * SEC,
	};
	s->snap.rows = s->rows;
	s->cfg.sort = column_find("cpu", 3);
}

/* One whose blocked times are estimates, and that has no others. */
static void sheet_init_blocked(struct sheet *s)
{
	sheet_init(s);
	s->snap.cfg.by_call = BIT(BLOCKED) | BIT(CALLS);
	s->snap.cfg.estimated = BIT(BLOCKED);
	s->cfg.sort = column_find("blocked", 7);
}

static struct cell *add_row(struct sheet *s, int abi, int nr,
			    const char *name)
{
	struct row *row = &s->rows[s->snap.n_rows++];

	assert_true(s->snap.n_rows <= MAX_ROWS);
	row->key.abi = abi;
	row->key.nr = nr;
	row->syscall = name;
	return &row->cell;
}

static char *printed(struct sheet *s)
{
	struct why why = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(report_summary.print(out, &s->snap, &s->cfg, &why),
			 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* The report begins with @wanted, and then comes its foot. */
static void check(struct sheet *s, const char *wanted)
{
	char *text = printed(s), *foot = strstr(text, "collector: ");

	assert_non_null(foot);
	assert_non_null(strstr(foot, "\nour cost: "));
	*foot = '\0';
	assert_string_equal(text, wanted);
	free(text);
}

static void add_known(struct sheet *s, int nr, const char *name,
		      int64_t calls, int64_t cpu_ns, int64_t wall_ns,
		      int64_t errors)
{
	struct cell *cell = add_row(s, ABI_NATIVE, nr, name);

	cell_add(cell, MEASURE_CALLS, calls);
	cell_add(cell, MEASURE_CPU, cpu_ns);
	cell_add(cell, MEASURE_WALL, wall_ns);
	cell_add(cell, MEASURE_ERRORS, errors);
}

static void add_blocked(struct sheet *s, int abi, int nr, const char *name,
			int64_t calls, int64_t blocked_ns)
{
	struct cell *cell = add_row(s, abi, nr, name);

	cell_add(cell, MEASURE_CALLS, calls);
	cell_add_estimate(cell, MEASURE_BLOCKED, blocked_ns);
}

/* Byte by byte what strace prints of such numbers. */
static void the_table_is_laid_out_as_straces(void **state)
{
	struct sheet s;

	(void)state;
	sheet_init(&s);
	add_known(&s, 1, "write", 4, 750 * 1000, 4 * MS, 0);
	add_known(&s, 0, "read", 1000, 250 * 1000, 96 * MS, 3);
	check(&s, HEAD DASHES
	      " 75.00    0.000750         187         4           write\n"
	      " 25.00    0.000250           0      1000         3 read\n"
	      DASHES
	      "100.00    0.001000           0      1004         3 total\n\n");
}

static void wall_clock_time_is_on_request(void **state)
{
	struct sheet s;

	(void)state;
	sheet_init(&s);
	s.cfg.wall_clock = true;
	s.cfg.sort = column_find("wall", 4);
	add_known(&s, 1, "write", 4, 750 * 1000, 4 * MS, 0);
	add_known(&s, 0, "read", 1000, 250 * 1000, 96 * MS, 3);
	check(&s,
	      "% time        wall  usecs/call     calls    errors syscall\n"
	      DASHES
	      " 96.00    0.096000          96      1000         3 read\n"
	      "  4.00    0.004000        1000         4           write\n"
	      DASHES
	      "100.00    0.100000          99      1004         3 total\n\n");
}

/* A look cannot tell a call's CPU time: the header says what is shown. */
static void estimates_are_marked(void **state)
{
	struct sheet s;

	(void)state;
	sheet_init_blocked(&s);
	add_blocked(&s, ABI_NATIVE, 7, "poll", 3, 6 * SEC);
	add_blocked(&s, ABI_NATIVE, 74, "fsync", 4, 2 * SEC);
	check(&s,
	      "% time    blocked~  usecs/call     calls    errors syscall\n"
	      DASHES
	      " 75.00   ~6.000000    ~2000000         3         - poll\n"
	      " 25.00   ~2.000000     ~500000         4         - fsync\n"
	      DASHES
	      "100.00   ~8.000000    ~1142857         7         - total\n\n");
	/* -w does not make a wall time of it. */
	sheet_init_blocked(&s);
	s.cfg.wall_clock = true;
	add_blocked(&s, ABI_NATIVE, 7, "poll", 3, 6 * SEC);
	check(&s,
	      "% time    blocked~  usecs/call     calls    errors syscall\n"
	      DASHES
	      "100.00   ~6.000000    ~2000000         3         - poll\n"
	      DASHES
	      "100.00   ~6.000000    ~2000000         3         - total\n\n");
}

/* CPU time that calls have only as a whole, in [running], is none of theirs:
 * a collector that knows no call's time shows what it was blocked. */
static void estimated_times_are_not_straces_seconds(void **state)
{
	struct sheet s;
	char *text;

	(void)state;
	sheet_init(&s);
	s.snap.cfg.by_call = BIT(CPU) | BIT(BLOCKED) | BIT(CALLS);
	s.snap.cfg.estimated = BIT(BLOCKED);
	add_blocked(&s, ABI_NATIVE, 7, "poll", 3, 6 * SEC);
	text = printed(&s);
	assert_non_null(strstr(text, "blocked~"));
	assert_null(strstr(text, "seconds"));
	free(text);
	/* Nor are estimates. */
	sheet_init(&s);
	s.snap.cfg.estimated = BIT(BLOCKED) | BIT(WALL);
	add_blocked(&s, ABI_NATIVE, 7, "poll", 3, 6 * SEC);
	text = printed(&s);
	assert_non_null(strstr(text, "blocked~"));
	free(text);
}

static void what_is_not_known_is_a_dash(void **state)
{
	struct sheet s;
	struct cell *cell;

	(void)state;
	sheet_init_blocked(&s);
	cell = add_row(&s, ABI_NATIVE, 74, "fsync");
	cell_add_estimate(cell, MEASURE_BLOCKED, 2 * SEC);
	cell = add_row(&s, ABI_NATIVE, 39, "getpid");
	cell_add(cell, MEASURE_CALLS, 12);
	check(&s,
	      "% time    blocked~  usecs/call     calls    errors syscall\n"
	      DASHES
	      "100.00   ~2.000000           -         -         - fsync\n"
	      "     -           -           -        12         - getpid\n"
	      DASHES
	      "100.00   ~2.000000           -        12         - total\n\n");
	/* Zero is known, and there is no share of nothing. */
	sheet_init_blocked(&s);
	add_blocked(&s, ABI_NATIVE, 7, "poll", 3, 0);
	check(&s,
	      "% time    blocked~  usecs/call     calls    errors syscall\n"
	      DASHES
	      "     -   ~0.000000          ~0         3         - poll\n"
	      DASHES
	      "     -   ~0.000000          ~0         3         - total\n\n");
}

/* What is hardly more than our answers took has a question mark. */
static void doubtful_times_are_marked(void **state)
{
	struct sheet s;

	(void)state;
	sheet_init_blocked(&s);
	add_blocked(&s, ABI_NATIVE, 7, "poll", 3, 6 * SEC);
	add_blocked(&s, ABI_NATIVE, 74, "fsync", 4, 2 * SEC);
	s.rows[0].cell.slack_ns = SEC / 2;
	s.rows[1].cell.slack_ns = SEC;
	check(&s,
	      "% time    blocked~  usecs/call     calls    errors syscall\n"
	      DASHES
	      " 75.00   ~6.000000    ~2000000         3         - poll\n"
	      " 25.00  ~2.000000?    ~500000?         4         - fsync\n"
	      DASHES
	      "100.00   ~8.000000    ~1142857         7         - total\n\n");
}

static void another_abi_has_a_table_of_its_own(void **state)
{
	char wanted[2048];
	struct sheet s;

	(void)state;
	sheet_init_blocked(&s);
	add_blocked(&s, ABI_COMPAT, 168, "poll", 1, 3 * SEC);
	add_blocked(&s, ABI_NATIVE, 7, "poll", 3, 6 * SEC);
	add_blocked(&s, ABI_X32, 7, "poll", 2, 1 * SEC);
	snprintf(wanted, sizeof(wanted), BLOCKED_TABLE
		 "System call usage summary for %s:\n" BLOCKED_TABLE
		 "System call usage summary for %s:\n" BLOCKED_TABLE,
		 "~6.000000", "~2000000", 3, "~6.000000", "~2000000", 3,
		 abi_name(ABI_COMPAT),
		 "~3.000000", "~3000000", 1, "~3.000000", "~3000000", 1,
		 abi_name(ABI_X32),
		 "~1.000000", "~500000", 2, "~1.000000", "~500000", 2);
	check(&s, wanted);
#ifdef __x86_64__
	assert_non_null(strstr(wanted,
			       "System call usage summary for i386:\n"));
#endif
}

/* Only the other table is there where all calls are its. */
static void an_empty_table_is_not_shown(void **state)
{
	struct sheet s;
	char *text;

	(void)state;
	sheet_init_blocked(&s);
	add_blocked(&s, ABI_COMPAT, 168, "poll", 1, 3 * SEC);
	text = printed(&s);
	assert_memory_equal(text, "System call usage", 17);
	assert_null(strstr(strstr(text, "% time") + 1, "% time"));
	free(text);
	s.snap.n_rows = 0;
	check(&s, "");
}

static void states_are_no_calls(void **state)
{
	struct sheet s;
	struct cell *cell;

	(void)state;
	sheet_init_blocked(&s);
	add_blocked(&s, ABI_NATIVE, 7, "poll", 3, 6 * SEC);
	cell = add_row(&s, ABI_STATE, STATE_RUNNING, "[running]");
	cell_add(cell, MEASURE_CPU, 3 * SEC);
	cell = add_row(&s, ABI_STATE, STATE_OUTSIDE, "[outside calls]");
	cell_add(cell, MEASURE_BLOCKED, 1 * SEC);
	cell = add_row(&s, ABI_WCHAN, 0, "[asleep in ep_poll]");
	cell_add(cell, MEASURE_BLOCKED, 1 * SEC);
	check(&s,
	      "% time    blocked~  usecs/call     calls    errors syscall\n"
	      DASHES
	      "100.00   ~6.000000    ~2000000         3         - poll\n"
	      DASHES
	      "100.00   ~6.000000    ~2000000         3         - total\n\n");
}

static void rows_come_in_the_order_asked_for(void **state)
{
	struct sheet s;
	char *text;

	(void)state;
	sheet_init_blocked(&s);
	add_blocked(&s, ABI_NATIVE, 7, "poll", 3, 6 * SEC);
	add_blocked(&s, ABI_NATIVE, 74, "fsync", 40, 2 * SEC);
	text = printed(&s);
	assert_true(strstr(text, " poll\n") < strstr(text, " fsync\n"));
	free(text);
	s.cfg.sort = column_find("calls", 5);
	text = printed(&s);
	assert_true(strstr(text, " fsync\n") < strstr(text, " poll\n"));
	free(text);
}

/* As strace's -O: TIME off each call. */
static void overhead_is_taken_off_each_call(void **state)
{
	struct sheet s;

	(void)state;
	sheet_init(&s);
	s.cfg.overhead_ns = 50;
	add_known(&s, 1, "write", 1000, 850 * 1000, 4 * MS, 0);
	add_known(&s, 0, "read", 2000, 300 * 1000, 96 * MS, 3);
	check(&s, HEAD DASHES
	      " 80.00    0.000800           0      1000           write\n"
	      " 20.00    0.000200           0      2000         3 read\n"
	      DASHES
	      "100.00    0.001000           0      3000         3 total\n\n");
}

static void no_call_takes_less_than_nothing(void **state)
{
	struct sheet s;

	(void)state;
	sheet_init(&s);
	s.cfg.overhead_ns = 1000;
	add_known(&s, 0, "read", 1000, 250 * 1000, 96 * MS, 0);
	check(&s, HEAD DASHES
	      "     -    0.000000           0      1000           read\n"
	      DASHES
	      "     -    0.000000           0      1000           total\n\n");
}

/* As strace: a call counts when it ends, and none of it before. */
static void what_has_not_ended_is_not_shown(void **state)
{
	struct sheet s;

	(void)state;
	sheet_init(&s);
	add_known(&s, 1, "write", 4, 750 * 1000, 4 * MS, 0);
	add_known(&s, 7, "poll", 0, 10, 9 * SEC, 0);
	cell_add(&s.rows[1].cell, MEASURE_IN_FLIGHT, 1);
	check(&s, HEAD DASHES
	      "100.00    0.000750         187         4           write\n"
	      DASHES
	      "100.00    0.000750         187         4           total\n\n");
}

static void the_foot_follows(void **state)
{
	char note[] = "children are not followed", *notes[] = { note };
	struct sheet s;
	char *text;

	(void)state;
	sheet_init_blocked(&s);
	add_blocked(&s, ABI_NATIVE, 7, "poll", 3, 6 * SEC);
	s.snap.notes = notes;
	s.snap.n_notes = 1;
	s.snap.lost[LOSS_CALLS] = 5;
	text = printed(&s);
	assert_non_null(strstr(text, " total\n\ncollector: test\nlost: 5 calls"));
	assert_non_null(strstr(text, "note: children are not followed\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_laid_out_as_straces),
		cmocka_unit_test(wall_clock_time_is_on_request),
		cmocka_unit_test(estimates_are_marked),
		cmocka_unit_test(estimated_times_are_not_straces_seconds),
		cmocka_unit_test(what_is_not_known_is_a_dash),
		cmocka_unit_test(doubtful_times_are_marked),
		cmocka_unit_test(another_abi_has_a_table_of_its_own),
		cmocka_unit_test(an_empty_table_is_not_shown),
		cmocka_unit_test(states_are_no_calls),
		cmocka_unit_test(rows_come_in_the_order_asked_for),
		cmocka_unit_test(overhead_is_taken_off_each_call),
		cmocka_unit_test(no_call_takes_less_than_nothing),
		cmocka_unit_test(what_has_not_ended_is_not_shown),
		cmocka_unit_test(the_foot_follows),
	};

	return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
