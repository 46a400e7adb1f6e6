/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One collector opened for what the options ask; nothing is started. */
#include "parsed.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "acct/ledger.h"
#include "setup.h"

#define BIT(m) (1u << MEASURE_##m)
#define DETAILS (BIT(VCSW) | BIT(ICSW))

/* The machine's own /proc, and what the collector would tell. */
struct bench {
	struct procfs fs;
	struct ledger ledger;
	struct sink sink;
	struct setup setup;
};

static int open_bench(void **state)
{
	static struct bench bench;

	bench = (struct bench){ .fs.root = -1 };
	*state = &bench;
	ledger_init(&bench.ledger, LEDGER_MAX_RECORDS);
	bench.sink = ledger_sink(&bench.ledger);
	return procfs_init(&bench.fs, "/proc", NULL);
}

static int close_bench(void **state)
{
	struct bench *bench = *state;

	procfs_done(&bench->fs);
	ledger_done(&bench->ledger);
	options_done(&options);
	return 0;
}

#define ON_BENCH(test) \
	cmocka_unit_test_setup_teardown(test, open_bench, close_bench)

/* What the options say, with @name; whoever parses anew forgets them. */
static int try(struct bench *bench, const char *name)
{
	static char *argv[] = { "true", NULL };
	static const struct launch_cfg launch = { .argv = argv,
						  .path = "/bin/true" };
	const struct setup_with with = {
		.options = &options, .procfs = &bench->fs,
		.sink = &bench->sink, .launch = &launch,
	};
	const struct collector_ops *ops = registry_find(name);
	int err;

	why = (struct why){ 0 };
	memset(&bench->setup, 0xa5, sizeof(bench->setup));
	err = setup_try(&bench->setup, &with, ops, &why);
	if (err) {
		assert_true(err < 0 && why.err == -err && *why.text);
		assert_null(bench->setup.collector);
	} else {
		assert_ptr_equal(bench->setup.collector->ops, ops);
		assert_false(bench->setup.measures & ~ops->measures);
	}
	return err;
}

static void try_ok(struct bench *bench, const char *name)
{
	if (try(bench, name))
		fail_msg("%s: %s", name, why.text);
	bench->setup.collector->ops->close(bench->setup.collector);
	options_done(&options);
}

static void try_fails(struct bench *bench, const char *name, int err,
		      const char *words)
{
	assert_int_equal(try(bench, name), -err);
	if (!strstr(why.text, words))
		fail_msg("'%s' does not say '%s'", why.text, words);
	options_done(&options);
}

static void the_report_is_as_asked(void **state)
{
	struct bench *bench = *state;
	const struct report_cfg *report = &bench->setup.report;

	PARSE("-p", "1");
	try_ok(bench, "proc");
	assert_string_equal(report->sort->id, "wall");
	assert_true(report->columns.n > 1);
	assert_int_equal(report->max_rows, 0);
	assert_false(report->wall_clock || report->histograms);
	assert_null(report->command);
	PARSE("-p", "1", "-U", "pid,runq", "-S", "cpu", "--rows=7",
	      "--by=process");
	try_ok(bench, "proc");
	assert_string_equal(report->sort->id, "cpu");
	assert_int_equal(report->columns.n, 2);
	assert_string_equal(report->columns.columns[1]->id, "runq");
	assert_int_equal(report->max_rows, 7);
	PARSE("-p", "1", "-c", "-w", "-O", "3us");
	try_ok(bench, "proc");
	assert_true(report->wall_clock);
	assert_int_equal(report->overhead_ns, 3000);
}

/* Rows are sorted by the best that they have. */
static void what_is_sorted_by_depends_on_rows(void **state)
{
	struct bench *bench = *state;

	if (!has("seccomp"))
		skip_because("build: without libseccomp");
	PARSE("ls");
	if (try(bench, "seccomp"))
		skip_because("kernel: seccomp's notifications are not to be "
			     "had here");
	bench->setup.collector->ops->close(bench->setup.collector);
	options_done(&options);
	/* Of a process it has wall, of a call it has not. */
	assert_string_equal(bench->setup.report.sort->id, "blocked");
	PARSE("--by=process", "ls");
	try_ok(bench, "seccomp");
	assert_string_equal(bench->setup.report.sort->id, "wall");
}

/* They cost a file each of every thread, at every look. */
static void details_are_for_who_sees_them(void **state)
{
	static char *const lines[][4] = {
		{ "-p", "1", "-H" }, { "-p", "1", "-U", "pid,vcsw" },
		{ "-p", "1", "-U", "icsw,wall" },
	};
	struct bench *bench = *state;

	PARSE("-p", "1");
	try_ok(bench, "proc");
	assert_int_equal(bench->setup.measures & DETAILS, 0);
	PARSE("-p", "1", "--by=process", "-U", "pid,wall");
	try_ok(bench, "proc");
	assert_int_equal(bench->setup.measures & DETAILS, 0);
	for (size_t i = 0; i < N_OF(lines); i++) {
		PARSE(lines[i][0], lines[i][1], lines[i][2], lines[i][3]);
		try_ok(bench, "proc");
		assert_int_equal(bench->setup.measures & DETAILS, DETAILS);
	}
}

static void calls_are_chosen_of_who_counts_them(void **state)
{
	struct bench *bench = *state;

	PARSE("-p", "1", "-e", "0");
	try_fails(bench, "proc", EINVAL, "-e needs a collector that counts "
		  "calls, and proc does not");
	PARSE("-p", "1", "-A");
	try_fails(bench, "proc", EINVAL, "-A needs a collector that counts "
		  "calls, and proc does not");
	/* Both: the one that is about all of them. */
	PARSE("-p", "1", "-A", "-e", "0");
	try_fails(bench, "proc", EINVAL, "-A needs");
	if (!has("seccomp"))
		return;
	PARSE("-A", "-e", "0", "ls");
	if (try(bench, "seccomp")) {
		assert_int_not_equal(why.err, EINVAL);
		return;
	}
	bench->setup.collector->ops->close(bench->setup.collector);
}

static void rows_are_sorted_by_what_they_have(void **state)
{
	struct bench *bench = *state;

	PARSE("-p", "1", "-S", "calls");
	try_fails(bench, "proc", EINVAL, "cannot sort by calls: the proc "
		  "collector does not measure it for single calls");
	PARSE("-p", "1", "-S", "calls", "--by=process");
	try_fails(bench, "proc", EINVAL, "cannot sort by calls: the proc "
		  "collector does not measure it");
	/* Of processes it has it, of calls it has not. */
	PARSE("-p", "1", "-S", "reads");
	try_fails(bench, "proc", EINVAL, "for single calls");
	PARSE("-p", "1", "-S", "pid");
	try_fails(bench, "proc", EINVAL, "not grouped by it");
	PARSE("-p", "1", "-S", "pid", "--by=process,syscall");
	try_ok(bench, "proc");
}

static void without_proc_there_is_no_collector(void **state)
{
	struct bench *bench = *state;
	char dir[] = "/tmp/setup.XXXXXX";

	if (access("/tmp", W_OK))
		skip_because("no /tmp to write to");
	assert_non_null(mkdtemp(dir));
	procfs_done(&bench->fs);
	assert_int_equal(procfs_init(&bench->fs, dir, NULL), 0);
	assert_int_equal(rmdir(dir), 0);
	PARSE("-p", "1");
	try_fails(bench, "proc", ENOENT, "/proc is not mounted");
}

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Whether it can be had here or not, and what privileges there are. */
static void all_are_opened_and_closed_without_a_trace(void **state)
{
	struct bench *bench = *state;
	char pid[16];
	int fds;

	snprintf(pid, sizeof(pid), "%d", getppid());
	for (int i = 0; collector_registry[i]; i++) {
		const struct collector_ops *ops = collector_registry[i];

		/* A library may keep something open from its first use on. */
		for (int run = 0; !ops->missing && run < 2; run++) {
			if (ops->modes & COLLECT_ATTACH)
				PARSE("-p", pid);
			else
				PARSE("ls");
			if (run)
				assert_int_equal(count_fds(), fds);
			if (!try(bench, ops->name))
				ops->close(bench->setup.collector);
			options_done(&options);
			fds = count_fds();
		}
		/* Half-open, or not at all. */
		if (!ops->missing)
			ops->close(NULL);
	}
	assert_int_equal(bench->ledger.records.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BENCH(the_report_is_as_asked),
		ON_BENCH(what_is_sorted_by_depends_on_rows),
		ON_BENCH(details_are_for_who_sees_them),
		ON_BENCH(calls_are_chosen_of_who_counts_them),
		ON_BENCH(rows_are_sorted_by_what_they_have),
		ON_BENCH(without_proc_there_is_no_collector),
		ON_BENCH(all_are_opened_and_closed_without_a_trace),
	};

	return cmocka_run_group_tests_name("setup", tests, NULL, NULL);
}
