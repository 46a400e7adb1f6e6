/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/abi.h"
#include "report/column.h"

#define BY_SYSCALL (1u << DIM_SYSCALL)
#define BY_PROCESS (1u << DIM_PROCESS)
#define BY_THREAD (1u << DIM_THREAD | BY_PROCESS)

static const struct column *column(const char *id)
{
	const struct column *found = column_find(id, strlen(id));

	assert_non_null(found);
	return found;
}

static void each_column_is_found_by_its_id(void **state)
{
	(void)state;
	assert_true(column_count > 0 && column_count <= MAX_COLUMNS);
	for (int i = 0; i < column_count; i++) {
		const struct column *c = &column_table[i];

		assert_ptr_equal(column(c->id), c);
		assert_non_null(c->title);
		assert_non_null(c->help);
		assert_non_null(c->get);
		/* Half an id, or more than one, is none. */
		assert_ptr_not_equal(column_find(c->id, strlen(c->id) - 1),
				     c);
	}
	assert_null(column_find("", 0));
	assert_null(column_find("wallx", 5));
	assert_ptr_equal(column_find("wall,blocked", 4), column("wall"));
}

static void lists_are_parsed_in_order(void **state)
{
	struct column_list list;

	(void)state;
	assert_int_equal(column_parse("syscall,wall,pid", &list, NULL), 0);
	assert_int_equal(list.n, 3);
	assert_ptr_equal(list.columns[0], column("syscall"));
	assert_ptr_equal(list.columns[1], column("wall"));
	assert_ptr_equal(list.columns[2], column("pid"));
	assert_int_equal(column_parse("wall", &list, NULL), 0);
	assert_int_equal(list.n, 1);
}

static void bad_lists_are_refused(void **state)
{
	static const struct {
		const char *list, *named;
	} cases[] = {
		{ "", "''" }, { ",", "''" }, { "wall,", "''" },
		{ "wall,,pid", "''" }, { "wall,colour,pid", "'colour'" },
		{ "Wall", "'Wall'" }, { "wall ", "'wall '" },
		{ "wall,pid,wall", "'wall' is given twice" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct column_list list;
		struct why why = { 0 };

		assert_int_equal(column_parse(cases[i].list, &list, &why),
				 -EINVAL);
		assert_int_equal(why.err, EINVAL);
		assert_non_null(strstr(why.text, cases[i].named));
	}
}

static void all_columns_fit_in_a_list(void **state)
{
	char ids[2048] = "";
	struct column_list list;

	(void)state;
	for (int i = 0; i < column_count; i++) {
		strcat(ids, i ? "," : "");
		strcat(ids, column_table[i].id);
	}
	assert_int_equal(column_parse(ids, &list, NULL), 0);
	assert_int_equal(list.n, column_count);
}

static bool has(const struct column_list *list, const char *id)
{
	for (int i = 0; i < list->n; i++)
		if (!strcmp(list->columns[i]->id, id))
			return true;
	return false;
}

static void defaults_follow_the_grouping(void **state)
{
	static const unsigned groupings[] = {
		BY_SYSCALL, BY_PROCESS, BY_THREAD, BY_PROCESS | BY_SYSCALL,
		BY_THREAD | BY_SYSCALL,
	};

	(void)state;
	for (size_t i = 0; i < N_OF(groupings) * 2; i++) {
		unsigned by = groupings[i / 2];
		unsigned measures = i % 2 ? ~(1u << MEASURE_WALL) : ~0u;
		struct column_list list;

		column_defaults(by, measures, &list);
		/* Threads and processes always have lives. */
		assert_int_equal(has(&list, "wall"),
				 !(by & BY_SYSCALL) || i % 2 == 0);
		assert_true(has(&list, "blocked"));
		assert_int_equal(has(&list, "syscall"), !!(by & BY_SYSCALL));
		assert_int_equal(has(&list, "pid"), !!(by & BY_PROCESS));
		assert_int_equal(has(&list, "tid"),
				 !!(by & 1u << DIM_THREAD));
		for (int c = 0; c < list.n; c++) {
			unsigned dim = list.columns[c]->dim;

			/* None that would be empty, none twice. */
			assert_true(!dim || dim & by);
			for (int d = 0; d < c; d++)
				assert_ptr_not_equal(list.columns[c],
						     list.columns[d]);
		}
	}
}

/* A table of calls that have no wall time says how long they blocked. */
static void defaults_follow_what_calls_have(void **state)
{
	static const char *const walls[] = {
		"wall-percent", "error-percent", "wall",
	}, *const blocks[] = {
		"blocked-percent", "blocked-error", "blocked-average",
	};
	struct column_list with, without;

	(void)state;
	column_defaults(BY_SYSCALL, 1u << MEASURE_WALL, &with);
	column_defaults(BY_SYSCALL, 1u << MEASURE_BLOCKED, &without);
	for (size_t i = 0; i < N_OF(walls); i++) {
		assert_true(has(&with, walls[i]));
		assert_false(has(&without, walls[i]));
		assert_false(has(&with, blocks[i]));
		assert_true(has(&without, blocks[i]));
	}
	assert_true(has(&with, "calls") && has(&without, "calls"));
}

/* Where each call is measured nothing is a guess, and calls have averages
 * and bounds of their own. */
static void defaults_with_exact_calls(void **state)
{
	static const char *const shown[] = {
		"wall-percent", "wall", "blocked", "runq", "cpu", "average",
		"max", "calls", "errors", "syscall",
	};
	unsigned measures = 1u << MEASURE_WALL | 1u << MEASURE_CALLS;
	struct column_list list;

	(void)state;
	column_defaults(BY_SYSCALL, measures, &list);
	assert_int_equal(list.n, N_OF(shown));
	for (int i = 0; i < list.n; i++)
		assert_string_equal(list.columns[i]->id, shown[i]);
	column_defaults(BY_SYSCALL | 1u << DIM_ERRNO, measures, &list);
	assert_int_equal(list.n, N_OF(shown) + 1);
	assert_ptr_equal(list.columns[list.n - 2], column("errno"));
	assert_ptr_equal(list.columns[list.n - 1], column("syscall"));
}

enum { ROWS = 6 };

static void make_rows(struct row *rows)
{
	static const struct {
		int pid;
		const char *name;
		int64_t wall, runq;	/* runq 0: not known */
	} made[ROWS] = {
		{ 30, "cc", 100, 7 }, { 10, "aa", 300, 0 },
		{ 20, "bb", 200, 9 }, { 50, NULL, 200, 7 },
		{ 40, "aa", 200, 0 }, { 60, "dd", 50, -5 },
	};

	memset(rows, 0, ROWS * sizeof(*rows));
	for (int i = 0; i < ROWS; i++) {
		rows[i].key.pid = made[i].pid;
		rows[i].process = made[i].name;
		cell_add(&rows[i].cell, MEASURE_WALL, made[i].wall);
		if (made[i].runq)
			cell_add(&rows[i].cell, MEASURE_RUNQ, made[i].runq);
	}
}

static void check_order(struct row *rows, const char *id,
			const int *wanted)
{
	struct snapshot snap = { .rows = rows, .n_rows = ROWS,
				 .cfg.by = BY_PROCESS };
	int *order;

	for (int i = 0; i < ROWS; i++)
		cell_merge(&snap.all.cell, &rows[i].cell);
	order = column_order(&snap, column(id));
	assert_non_null(order);
	for (int i = 0; i < ROWS; i++)
		assert_int_equal(rows[order[i]].key.pid, wanted[i]);
	free(order);
}

static void rows_come_in_order(void **state)
{
	static const struct {
		const char *id;
		int pids[ROWS];
	} cases[] = {
		/* numbers fall, ties by key */
		{ "wall", { 10, 20, 40, 50, 30, 60 } },
		{ "wall-percent", { 10, 20, 40, 50, 30, 60 } },
		/* unknown comes last, behind what is below zero; by wall */
		{ "runq", { 20, 50, 30, 60, 10, 40 } },
		/* ids and texts rise */
		{ "pid", { 10, 20, 30, 40, 50, 60 } },
		{ "process", { 10, 40, 20, 30, 60, 50 } },
		/* nobody has it: by wall */
		{ "calls", { 10, 20, 40, 50, 30, 60 } },
	};
	struct row rows[ROWS];

	(void)state;
	make_rows(rows);
	for (size_t i = 0; i < N_OF(cases); i++)
		check_order(rows, cases[i].id, cases[i].pids);
}

/* Two reports of the same numbers can be compared. */
static void order_does_not_depend_on_the_place(void **state)
{
	static const int by_wall[] = { 10, 20, 40, 50, 30, 60 };
	struct rng rng = { 12 };
	struct row rows[ROWS];

	(void)state;
	make_rows(rows);
	for (int run = 0; run < 200; run++) {
		for (int i = ROWS - 1; i > 0; i--) {
			size_t j = rng_below(&rng, (uint64_t)i + 1);
			struct row row = rows[i];

			rows[i] = rows[j];
			rows[j] = row;
		}
		check_order(rows, "wall", by_wall);
	}
}

static void no_rows_have_an_order(void **state)
{
	struct snapshot snap = { 0 };
	int *order = column_order(&snap, column("wall"));

	(void)state;
	assert_non_null(order);
	free(order);
}

static struct value value_of(const struct snapshot *snap,
			     const struct row *row, const char *id)
{
	return column(id)->get(snap, row, column(id));
}

static void what_is_not_known_has_no_value(void **state)
{
	struct row row = { 0 }, known = { .process = "smbd" };
	struct snapshot snap = { 0 };

	(void)state;
	for (int i = 0; i < column_count; i++)
		assert_false(column_table[i].get(&snap, &row,
						 &column_table[i]).known);
	/* A zero that was measured is a value. */
	cell_add(&known.cell, MEASURE_RUNQ, 0);
	assert_true(value_of(&snap, &known, "runq").known);
	assert_true(value_of(&snap, &known, "runq").number == 0);
	assert_string_equal(value_of(&snap, &known, "process").text, "smbd");
}

static void values_of_a_row(void **state)
{
	struct row row = {
		.key = { .pid = 7, .tid = 9, .abi = ABI_NATIVE, .nr = 1 },
		.blocked_lo_ns = 10, .blocked_hi_ns = 90, .syscall = "write",
	};
	struct snapshot snap = { 0 };
	struct value value;

	(void)state;
	cell_add_estimate(&row.cell, MEASURE_BLOCKED, 30);
	cell_add(&row.cell, MEASURE_WALL, 50);
	cell_add(&snap.all.cell, MEASURE_WALL, 200);
	cell_add(&snap.total.cell, MEASURE_BLOCKED, 60);
	assert_int_equal(value_of(&snap, &row, "pid").number, 7);
	assert_int_equal(value_of(&snap, &row, "tid").number, 9);
	assert_string_equal(value_of(&snap, &row, "abi").text,
			    abi_name(ABI_NATIVE));
	assert_string_equal(value_of(&snap, &row, "syscall").text, "write");
	value = value_of(&snap, &row, "blocked");
	assert_true(value.known && value.estimated && value.number == 30);
	value = value_of(&snap, &row, "wall");
	assert_true(value.known && !value.estimated && value.number == 50);
	assert_true(value_of(&snap, &row, "wall-percent").percent == 25);
	assert_true(value_of(&snap, &row, "blocked-percent").percent == 50);
	/* The larger half of 10..90 around 30, in percent of 200. */
	value = value_of(&snap, &row, "error-percent");
	assert_true(value.known && value.percent == 30);
	value = value_of(&snap, &row, "blocked-error");
	assert_true(value.known && value.number == 60);
	assert_false(value_of(&snap, &row, "calls").known);
	assert_false(value_of(&snap, &row, "blocked-average").known);
	/* Pseudo ABIs and pseudo threads have neither table nor id. */
	row.key.abi = ABI_STATE;
	row.key.tid = TID_CHILDREN;
	assert_false(value_of(&snap, &row, "abi").known);
	assert_false(value_of(&snap, &row, "tid").known);
}

/* As strace has it: whole microseconds. */
static void averages_are_microseconds_of_a_call(void **state)
{
	struct snapshot snap = { 0 };
	struct row row = { 0 };
	struct value value;

	(void)state;
	cell_add_estimate(&row.cell, MEASURE_BLOCKED, 10500);
	cell_add(&row.cell, MEASURE_CALLS, 4);
	value = value_of(&snap, &row, "blocked-average");
	assert_true(value.known && value.estimated && value.number == 2);
	assert_false(value.doubtful);
	row.cell.slack_ns = 10000;
	assert_true(value_of(&snap, &row, "blocked-average").doubtful);
	assert_true(value_of(&snap, &row, "blocked").doubtful);
	assert_false(value_of(&snap, &row, "calls").doubtful);
	/* The total is also of calls that were not counted. */
	snap.total = row;
	assert_false(value_of(&snap, &snap.total, "blocked-average").known);
	/* Of no call there is no average. */
	cell_add(&row.cell, MEASURE_CALLS, -4);
	assert_false(value_of(&snap, &row, "blocked-average").known);
}

static void averages_of_exact_calls(void **state)
{
	struct snapshot snap = { 0 };
	struct row row = { 0 };
	struct value value;

	(void)state;
	cell_add(&row.cell, MEASURE_CALLS, 4);
	/* It is in part of calls that have not ended. */
	cell_add(&row.cell, MEASURE_WALL, 9 * SEC);
	assert_false(value_of(&snap, &row, "average").known);
	cell_add(&row.cell, MEASURE_ENDED, 10500);
	value = value_of(&snap, &row, "average");
	assert_true(value.known && !value.estimated);
	assert_int_equal(value.number, 2625);
	/* One that has not ended is none. */
	cell_add(&row.cell, MEASURE_CALLS, -4);
	assert_false(value_of(&snap, &row, "average").known);
}

static void percentiles_need_a_histogram(void **state)
{
	static const char *const ids[] = { "p50", "p90", "p99", "p999" };
	struct hist hist = { { 0 } };
	struct snapshot snap = { 0 };
	struct row row = { 0 };
	int64_t last = 0;

	(void)state;
	for (size_t i = 0; i < N_OF(ids); i++) {
		assert_true(column(ids[i])->needs_hist);
		assert_false(value_of(&snap, &row, ids[i]).known);
	}
	row.hist = &hist;
	assert_false(value_of(&snap, &row, "p50").known);
	hist.count[bucket_of(MS)] = 1000;
	for (size_t i = 0; i < N_OF(ids); i++) {
		struct value value = value_of(&snap, &row, ids[i]);

		assert_true(value.known && value.estimated);
		assert_in_range(value.number, MS * 3 / 4, MS * 5 / 4);
		assert_true(value.number > last);
		last = value.number;
	}
	for (int i = 0; i < column_count; i++)
		assert_int_equal(column_table[i].needs_hist,
				 column_table[i].share > 0);
}

static void bounds_and_what_is_in_flight(void **state)
{
	static const struct {
		const char *id;
		enum measure measure;
		enum column_kind kind;
	} cases[] = {
		{ "min", MEASURE_MIN, KIND_LATENCY },
		{ "max", MEASURE_MAX, KIND_LATENCY },
		{ "bytes", MEASURE_BYTES, KIND_BYTES },
		{ "in-flight", MEASURE_IN_FLIGHT, KIND_COUNT },
		{ "age", MEASURE_AGE, KIND_NS },
	};
	struct snapshot snap = { 0 };
	struct row row = { 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct value value;

		assert_int_equal(column(cases[i].id)->kind, cases[i].kind);
		cell_add_estimate(&row.cell, cases[i].measure, 7);
		value = value_of(&snap, &row, cases[i].id);
		assert_true(value.known && value.estimated);
		assert_int_equal(value.number, 7);
	}
}

static void errors_are_shown_where_they_are_apart(void **state)
{
	struct snapshot snap = { .cfg.by = BY_SYSCALL };
	struct row row = { .error = "ENOENT" };

	(void)state;
	assert_false(value_of(&snap, &row, "errno").known);
	snap.cfg.by |= 1u << DIM_ERRNO;
	assert_string_equal(value_of(&snap, &row, "errno").text, "ENOENT");
	/* What did not fail is known, and has an empty field. */
	row.error = "";
	assert_true(value_of(&snap, &row, "errno").known);
	row.error = NULL;
	assert_false(value_of(&snap, &row, "errno").known);
}

static void sorting_needs_the_measure_and_the_dimension(void **state)
{
	struct snapshot snap = { .cfg = {
		.collector = "proc", .by = BY_SYSCALL,
		.measures = 1u << MEASURE_WALL | 1u << MEASURE_BLOCKED,
	} };
	struct why why = { 0 };

	(void)state;
	assert_int_equal(column_check(&snap, column("wall"), &why), 0);
	assert_int_equal(column_check(&snap, column("syscall"), &why), 0);
	assert_int_equal(column_check(&snap, column("calls"), &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, "calls"));
	assert_non_null(strstr(why.text, "proc"));
	assert_int_equal(column_check(&snap, column("tid"), &why), -EINVAL);
	assert_non_null(strstr(why.text, "tid"));
	assert_non_null(strstr(why.text, "--by"));
	snap.cfg.by = BY_THREAD;
	assert_int_equal(column_check(&snap, column("tid"), &why), 0);
	assert_int_equal(column_check(&snap, column("pid"), &why), 0);
	assert_int_equal(column_check(&snap, column("syscall"), &why),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_column_is_found_by_its_id),
		cmocka_unit_test(lists_are_parsed_in_order),
		cmocka_unit_test(bad_lists_are_refused),
		cmocka_unit_test(all_columns_fit_in_a_list),
		cmocka_unit_test(defaults_follow_the_grouping),
		cmocka_unit_test(defaults_follow_what_calls_have),
		cmocka_unit_test(defaults_with_exact_calls),
		cmocka_unit_test(rows_come_in_order),
		cmocka_unit_test(order_does_not_depend_on_the_place),
		cmocka_unit_test(no_rows_have_an_order),
		cmocka_unit_test(what_is_not_known_has_no_value),
		cmocka_unit_test(values_of_a_row),
		cmocka_unit_test(averages_are_microseconds_of_a_call),
		cmocka_unit_test(averages_of_exact_calls),
		cmocka_unit_test(percentiles_need_a_histogram),
		cmocka_unit_test(bounds_and_what_is_in_flight),
		cmocka_unit_test(errors_are_shown_where_they_are_apart),
		cmocka_unit_test(sorting_needs_the_measure_and_the_dimension),
	};

	return cmocka_run_group_tests_name("column", tests, NULL, NULL);
}
