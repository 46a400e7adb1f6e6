/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON reports, read back. The recorded one is in tests/trace; setting
 * UPDATE_GOLDEN=1 in the environment writes it anew. */
#include "sample.h"

#include <stdlib.h>

#include "report/report.h"

#ifdef HAVE_JANSSON

#include <jansson.h>

static char *print(const struct snapshot *snap, size_t max_rows)
{
	struct report_cfg cfg = { .sort = column_find("wall", 4),
				  .max_rows = max_rows,
				  .command = "-p 4711" };
	struct why why = { 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	column_defaults(snap->cfg.by, snap->cfg.measures, &cfg.columns);
	assert_int_equal(report_json.print(out, snap, &cfg, &why), 0);
	fclose(out);
	assert_int_equal(strlen(text), len);
	return text;
}

static json_t *read_back(const struct snapshot *snap, size_t max_rows)
{
	char *text = print(snap, max_rows);
	json_error_t error;
	json_t *report = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!report)
		fail_msg("line %d: %s in %s", error.line, error.text, text);
	free(text);
	return report;
}

static json_int_t integer(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static const char *string(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	assert_true(json_is_string(value));
	return json_string_value(value);
}

static bool names(const json_t *array, const char *name)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)array, i, item)
		if (!strcmp(json_string_value(item), name))
			return true;
	return false;
}

static void a_report_is_one_line(void **state)
{
	struct sample sample;
	char *text;

	(void)state;
	sample_init(&sample);
	text = print(&sample.snap, 0);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	for (const char *p = text; p[1]; p++)
		assert_true((unsigned char)*p >= 0x20);
	free(text);
}

static void a_report_is_as_recorded(void **state)
{
	const char *top = getenv("top_srcdir");
	json_t *report, *wanted;
	struct sample sample;
	char path[4096];

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/trace/report.json.golden",
		 top ? top : ".");
	sample_init(&sample);
	report = read_back(&sample.snap, 0);
	assert_string_equal(string(report, "version"), PACKAGE_VERSION);
	json_object_set_new(report, "version", json_string("0"));
	if (getenv("UPDATE_GOLDEN"))
		assert_int_equal(json_dump_file(report, path, JSON_INDENT(1) |
						JSON_SORT_KEYS), 0);
	wanted = json_load_file(path, 0, NULL);
	if (!wanted)
		fail_msg("no %s", path);
	if (!json_equal(report, wanted))
		json_dumpf(report, stderr, JSON_INDENT(1) | JSON_SORT_KEYS);
	assert_true(json_equal(report, wanted));
	json_decref(wanted);
	json_decref(report);
}

static void the_head_tells_what_was_measured(void **state)
{
	const json_t *measures, *loss;
	struct sample sample;
	json_t *report;

	(void)state;
	sample_init(&sample);
	report = read_back(&sample.snap, 0);
	assert_string_equal(string(report, "collector"), "proc");
	assert_string_equal(string(report, "command"), "-p 4711");
	measures = json_object_get(report, "measures");
	assert_int_equal(json_array_size(measures), 6);
	assert_true(names(measures, "wall"));
	assert_true(names(measures, "runq"));
	assert_false(names(measures, "calls"));
	assert_true(names(json_object_get(report, "estimated"), "blocked"));
	assert_true(integer(report, "interval_ns") == 10 * SEC);
	assert_true(integer(report, "end_ns") == 1700000000 * SEC);
	assert_int_equal(integer(report, "threads"), 3);
	assert_int_equal(integer(report, "in_flight"), 2);
	assert_true(integer(json_object_get(report, "cost"), "cpu_ns") ==
		    62 * MS);
	loss = json_object_get(report, "loss");
	assert_int_equal(json_object_size(loss), LOSS_COUNT);
	for (int i = 0; i < LOSS_COUNT; i++)
		assert_true(integer(loss, loss_table[i].name) ==
			    sample.snap.lost[i]);
	json_decref(report);
}

static void what_was_not_measured_is_absent(void **state)
{
	const json_t *row, *account;
	struct sample sample;
	json_t *report;

	(void)state;
	sample_init(&sample);
	report = read_back(&sample.snap, 0);
	row = json_array_get(json_object_get(report, "rows"), 0);
	assert_string_equal(string(row, "syscall"), "epoll_wait");
	assert_true(integer(row, "blocked_ns") == 9500 * MS);
	assert_true(integer(row, "blocked_lo_ns") == 9210 * MS);
	assert_true(integer(row, "blocked_hi_ns") == 9655 * MS);
	assert_true(names(json_object_get(row, "estimated"), "blocked"));
	assert_null(json_object_get(row, "calls"));
	assert_null(json_object_get(row, "cpu_ns"));
	assert_null(json_object_get(row, "runq_ns"));
	assert_null(json_object_get(row, "tid"));
	assert_null(json_object_get(row, "thread"));
	row = json_array_get(json_object_get(report, "rows"), 1);
	assert_string_equal(string(row, "syscall"), "[running]");
	assert_true(integer(row, "runq_ns") == SEC);
	assert_null(json_object_get(row, "abi"));
	assert_null(json_object_get(row, "estimated"));
	assert_null(json_object_get(row, "blocked_ns"));
	assert_null(json_object_get(row, "blocked_lo_ns"));
	account = json_array_get(json_object_get(report, "processes"), 1);
	assert_null(json_object_get(account, "runq_ns"));
	assert_null(json_object_get(account, "seen_blocked_ns"));
	/* A zero that was measured is there. */
	assert_true(integer(account, "system_ns") == 0);
	json_decref(report);
}

static void the_ledger_adds_up_in_json(void **state)
{
	static const char *const terms[] = {
		"user_ns", "system_ns", "blocked_ns", "runq_ns", "residual_ns"
	};
	struct sample sample;
	json_t *report, *account;
	size_t i;

	(void)state;
	sample_init(&sample);
	report = read_back(&sample.snap, 0);
	json_array_foreach(json_object_get(report, "processes"), i,
			   account) {
		json_int_t sum = 0;

		for (size_t t = 0; t < N_OF(terms); t++)
			sum += json_integer_value(
				json_object_get(account, terms[t]));
		assert_true(sum == integer(account, "wall_ns"));
	}
	assert_int_equal(i, 3);
	json_decref(report);
}

/* What only exact calls have: no key of it is in the recorded report. */
static void exact_calls_have_more_keys(void **state)
{
	static const char *const keys[] = {
		"min_ns", "max_ns", "p50_ns", "p90_ns", "p99_ns", "p999_ns",
		"bytes", "in_flight", "age_ns", "errno", "calls", "errors",
	};
	struct hist hist = { { 0 } };
	struct sample sample;
	const json_t *row;
	json_t *report;

	(void)state;
	sample_init(&sample);
	sample.snap.cfg.by |= 1u << DIM_ERRNO;
	sample.snap.cfg.start_cpu_ns = 70 * MS;
	sample.snap.programs_ns = 3 * MS;
	sample.rows[0].error = "EINTR";
	sample.rows[0].hist = &hist;
	hist.count[bucket_of(MS)] = 10;
	for (int m = MEASURE_BYTES; m <= MEASURE_AGE; m++)
		cell_add(&sample.rows[0].cell, m, m == MEASURE_MIN ? 5 : MS);
	cell_add(&sample.rows[0].cell, MEASURE_CALLS, 10);
	cell_add(&sample.rows[0].cell, MEASURE_ERRORS, 10);
	report = read_back(&sample.snap, 0);
	row = json_array_get(json_object_get(report, "rows"), 0);
	for (size_t i = 0; i < N_OF(keys); i++)
		assert_non_null(json_object_get(row, keys[i]));
	assert_string_equal(string(row, "errno"), "EINTR");
	assert_int_equal(integer(row, "min_ns"), 5);
	assert_int_equal(integer(row, "p999_ns"), MS);
	row = json_object_get(report, "cost");
	assert_int_equal(integer(row, "start_cpu_ns"), 70 * MS);
	assert_int_equal(integer(row, "programs_ns"), 3 * MS);
	json_decref(report);
	/* Nor does any of it stand for what is not known. */
	sample_init(&sample);
	report = read_back(&sample.snap, 0);
	row = json_array_get(json_object_get(report, "rows"), 0);
	for (size_t i = 0; i < N_OF(keys); i++)
		assert_null(json_object_get(row, keys[i]));
	assert_null(json_object_get(json_object_get(report, "cost"),
				    "programs_ns"));
	json_decref(report);
}

/* jansson takes UTF-8 only: any name has to get through. */
static void names_may_be_any_bytes(void **state)
{
	struct rng rng = { 8 };
	struct sample sample;

	(void)state;
	sample_init(&sample);
	for (int run = 0; run < 300; run++) {
		char name[16], note[16];
		json_t *report;

		for (size_t i = 0; i < sizeof(name) - 1; i++) {
			name[i] = (char)(1 + rng_below(&rng, 255));
			note[i] = (char)(1 + rng_below(&rng, 255));
		}
		name[sizeof(name) - 1] = note[sizeof(note) - 1] = '\0';
		sample.processes[0].name = name;
		sample.rows[0].process = name;
		sample.rows[0].syscall = name;
		sample.notes[0] = note;
		report = read_back(&sample.snap, 0);
		assert_true(strlen(string(json_array_get(
			json_object_get(report, "processes"), 0),
			"name")) >= 15);
		json_decref(report);
	}
}

static void hostile_names_are_escaped(void **state)
{
	struct sample sample;
	json_t *report;
	const json_t *account;

	(void)state;
	sample_init(&sample);
	report = read_back(&sample.snap, 0);
	account = json_array_get(json_object_get(report, "processes"), 1);
	assert_string_equal(string(account, "name"),
			    "ev\\033[31mil\\012\\377\\342\\200\\256");
	assert_true(json_is_true(json_object_get(account, "ended")));
	json_decref(report);
}

static void rows_are_limited(void **state)
{
	struct sample sample;
	json_t *report;

	(void)state;
	sample_init(&sample);
	report = read_back(&sample.snap, 2);
	assert_int_equal(json_array_size(json_object_get(report, "rows")),
			 2);
	/* The ledger is whole all the same. */
	assert_int_equal(json_array_size(json_object_get(report,
							 "processes")), 3);
	json_decref(report);
	report = read_back(&sample.snap, 0);
	assert_int_equal(json_array_size(json_object_get(report, "rows")),
			 5);
	json_decref(report);
}


#else

static void no_json(void **state)
{
	(void)state;
	assert_non_null(report_json.missing);
	skip_because("build: built without jansson");
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_JANSSON
		cmocka_unit_test(a_report_is_one_line),
		cmocka_unit_test(a_report_is_as_recorded),
		cmocka_unit_test(the_head_tells_what_was_measured),
		cmocka_unit_test(what_was_not_measured_is_absent),
		cmocka_unit_test(the_ledger_adds_up_in_json),
		cmocka_unit_test(exact_calls_have_more_keys),
		cmocka_unit_test(names_may_be_any_bytes),
		cmocka_unit_test(hostile_names_are_escaped),
		cmocka_unit_test(rows_are_limited),
#else
		cmocka_unit_test(no_json),
#endif
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
