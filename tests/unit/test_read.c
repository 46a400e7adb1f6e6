/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON reports, written and read back, and files that are none. */
#include "sample.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/read.h"
#include "report/report.h"

#ifdef HAVE_JANSSON

static char path[] = "/tmp/test_read.XXXXXX";
static struct read_reports reports;
static struct why why;

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int drop_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void write_file(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static int read_text(const char *text)
{
	write_file(text, strlen(text));
	why = (struct why){ 0 };
	return read_reports(&reports, path, &why);
}

static void refused(const char *text, const char *words)
{
	if (!read_text(text))
		fail_msg("it is read: %s", text);
	if (!strstr(why.text, words) || !strstr(why.text, path))
		fail_msg("%s", why.text);
	assert_null(reports.list);
	for (const char *p = why.text; *p; p++)
		assert_true((unsigned char)*p >= 0x20);
}

/* What comes from its rows, and on. */
static char *print(const struct snapshot *snap)
{
	struct report_cfg cfg = { .sort = column_find("wall", 4),
				  .command = "-p 4711" };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(report_json.print(out, snap, &cfg, NULL), 0);
	fclose(out);
	return text;
}

static const char *rows_of(const char *text)
{
	const char *rows = strstr(text, "\"rows\":");

	assert_non_null(rows);
	return rows;
}

static void what_is_written_is_read(void **state)
{
	struct sample sample;
	char *text, *again;

	(void)state;
	sample_init(&sample);
	sample.snap.rows[0].told[0] = (struct told){ 0.99, 1234567 };
	sample.snap.lost[LOSS_CALLS] = 3;
	text = print(&sample.snap);
	assert_int_equal(read_text(text), 0);
	assert_int_equal(reports.n, 1);
	assert_false(reports.list[0].launched);
	again = print(reports.list[0].snap);
	assert_string_equal(rows_of(text), rows_of(again));
	assert_int_equal(reports.list[0].snap->cfg.by, sample.snap.cfg.by);
	assert_int_equal(reports.list[0].snap->cfg.measures,
			 sample.snap.cfg.measures);
	assert_int_equal(reports.list[0].snap->cfg.end_ns,
			 sample.snap.cfg.end_ns);
	assert_int_equal(reports.list[0].snap->lost[LOSS_CALLS], 3);
	assert_int_equal(row_percentile(&reports.list[0].snap->rows[0], 0.99),
			 1234567);
	assert_int_equal(row_percentile(&reports.list[0].snap->rows[0], 0.5),
			 -1);
	read_done(&reports);
	free(text);
	free(again);
}

#define HEAD "{\"collector\":\"bpf\",\"interval_ns\":5,\"command\":\"dd\","

static void smb_and_several_reports_are_read(void **state)
{
	const struct snapshot *snap;

	(void)state;
	assert_int_equal(read_text(
		HEAD "\"rows\":[],\"all_calls\":true}\n\n  "
		HEAD "\"rows\":[{\"syscall\":\"read\",\"abi\":\"x86_64\","
		"\"calls\":7},{\"syscall\":\"read\",\"abi\":\"i386\","
		"\"calls\":8}],\"rows_left_out\":1,\"all_calls\":true,"
		"\"smb\":{\"phases\":[],\"statuses\":[],\"who\":[],"
		"\"workers\":[],\"requests\":[{\"request\":\"CREATE\","
		"\"requests\":4}],\"bill\":[{\"request\":\"CREATE\","
		"\"syscall\":\"openat\",\"calls\":8,\"requests\":4}]}}"), 0);
	assert_int_equal(reports.n, 2);
	assert_true(reports.list[0].launched);
	assert_true(reports.list[0].snap->cfg.all_calls);
	snap = reports.list[1].snap;
	/* Some are left out, so that one without a row can have been made. */
	assert_false(snap->cfg.all_calls);
	assert_int_equal(snap->cfg.by, 1 << DIM_SYSCALL);
	assert_int_equal(snap->total.cell.value[MEASURE_CALLS], 15);
	assert_true(snap->cfg.smb);
	assert_int_equal(snap->parts[PART_REQUESTS]->rows[0]
			 .cell.value[MEASURE_REQUESTS], 4);
	assert_int_equal(snap->parts[PART_BILL]->rows[0].requests, 4);
	assert_false(cell_has(&snap->parts[PART_BILL]->rows[0].cell,
			      MEASURE_REQUESTS));
	read_done(&reports);
}

static void what_is_no_report_is_refused(void **state)
{
	(void)state;
	refused("", "is empty");
	refused(" \n ", "is empty");
	refused("{", "no JSON, at its line 1");
	refused("nothing", "no JSON");
	refused("\033[31m{", "no JSON");
	refused("{}", "no collector");
	refused("[]", "it is no object");
	refused("{\"a\":1,\"a\":2}", "no JSON");
	refused(HEAD "\"rows\":3}", "no list of rows");
	refused(HEAD "\"rows\":[3]}", "a row is no object");
	refused(HEAD "\"rows\":[]} x", "object 2 is no JSON");
	refused("{\"collector\":\"bpf\",\"interval_ns\":0,\"rows\":[]}",
		"no interval");
	refused("{\"collector\":\"bpf\",\"interval_ns\":-5,\"rows\":[]}",
		"no interval");
	refused(HEAD "\"rows\":[],\"smb\":{}}", "no list of rows");
	assert_int_equal(read_reports(&reports, "/nowhere/at/all", &why),
			 -ENOENT);
	assert_int_equal(read_reports(&reports, "/", &why), -EISDIR);
}

static void numbers_do_not_overflow(void **state)
{
	const struct snapshot *snap;

	(void)state;
	refused(HEAD "\"rows\":[{\"calls\":2000000000000000000},"
		"{\"calls\":2000000000000000000}]}", "too large");
	refused(HEAD "\"rows\":[{\"calls\":-2000000000000000000},"
		"{\"calls\":2000000000000000000}]}", "too large");
	/* One that is larger yet is not taken for a number at all. */
	assert_int_equal(read_text(HEAD "\"rows\":[{\"calls\":"
		"9223372036854775807,\"wall_ns\":1e99,\"cpu_ns\":\"1\","
		"\"pid\":-1,\"syscall\":5,\"fd\":2147483647}]}"), 0);
	snap = reports.list[0].snap;
	assert_int_equal(snap->rows[0].cell.have, 0);
	assert_null(snap->rows[0].syscall);
	read_done(&reports);
}

/* Every beginning of a report is an error, and no crash. */
static void cut_files_are_refused(void **state)
{
	struct sample sample;
	char *text;

	(void)state;
	sample_init(&sample);
	text = print(&sample.snap);
	for (size_t len = 0; len + 2 < strlen(text); len++) {
		write_file(text, len);
		assert_int_equal(read_reports(&reports, path, &why), -EINVAL);
	}
	free(text);
}

#else

static void no_json(void **state)
{
	struct read_reports reports;
	struct why why;

	(void)state;
	assert_int_equal(read_reports(&reports, "/dev/null", &why), -ENOTSUP);
	skip_because("build: built without jansson");
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_JANSSON
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(smb_and_several_reports_are_read),
		cmocka_unit_test(what_is_no_report_is_refused),
		cmocka_unit_test(numbers_do_not_overflow),
		cmocka_unit_test(cut_files_are_refused),
	};

	return cmocka_run_group_tests_name("read", tests, make_file,
					   drop_file);
#else
		cmocka_unit_test(no_json),
	};

	return cmocka_run_group_tests_name("read", tests, NULL, NULL);
#endif
}
