/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The proc collector through its interface, on trees and on the real
 * /proc, where a child of the test is the target. */
#include "tree.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "collect/registry.h"

struct run {
	struct procfs fs;
	struct book book;
	struct collector *collector;
};

static const struct collector_ops *ops(void)
{
	const struct collector_ops *found = registry_find("proc");

	assert_non_null(found);
	return found;
}

static void registry_knows_its_collectors(void **state)
{
	(void)state;
	for (int i = 0; collector_registry[i]; i++) {
		const struct collector_ops *c = collector_registry[i];

		assert_ptr_equal(registry_find(c->name), c);
		assert_non_null(c->summary);
		if (c->missing)
			continue;
		assert_non_null(c->probe);
		assert_non_null(c->open);
		assert_non_null(c->start);
		assert_non_null(c->close);
	}
	assert_null(registry_find("magic"));
	assert_null(registry_find(""));
}

static void probe_tells_what_is_there(void **state)
{
	struct tree *tree = *state;
	struct why why = { 0 };
	unsigned measures = 0;

	assert_int_equal(ops()->probe(&tree->fs, &measures, &why), -ENOENT);
	assert_non_null(strstr(why.text, "/proc"));
	tree_write(tree, "self/stat", "1 (x) R 1\n");
	assert_int_equal(ops()->probe(&tree->fs, &measures, &why), 0);
	assert_true(measures & measure_bit(MEASURE_WALL));
	assert_false(measures & measure_bit(MEASURE_RUNQ));
	assert_false(measures & measure_bit(MEASURE_READS));
	tree_write(tree, "self/io", "rchar: 1\n");
	/* Booted with nodelayacct it is there, but never counts. */
	tree_write(tree, "self/schedstat", "0 0 0\n");
	ops()->probe(&tree->fs, &measures, &why);
	assert_true(measures & measure_bit(MEASURE_READS));
	assert_false(measures & measure_bit(MEASURE_RUNQ));
	tree_write(tree, "self/schedstat", "5 6 7\n");
	ops()->probe(&tree->fs, &measures, &why);
	assert_true(measures & measure_bit(MEASURE_RUNQ));
	assert_int_equal(measures & ~ops()->measures, 0);
}

static int open_run(struct run *run, const char *root, const pid_t *pid,
		    unsigned rate_hz, struct why *why)
{
	static struct sink sink;
	struct collector_cfg cfg = {
		.procfs = &run->fs, .pids = pid, .n_pids = 1, .follow = true,
		.rate_hz = rate_hz,
	};
	int err;

	run->collector = NULL;
	assert_int_equal(procfs_init(&run->fs, root, NULL), 0);
	book_open(&run->book);
	sink = ledger_sink(&run->book.ledger);
	err = ops()->open(&run->collector, &cfg, &sink, why);
	return err ? err : ops()->start(run->collector, why);
}

static void close_run(struct run *run)
{
	ops()->close(run->collector);
	book_close(&run->book);
	procfs_done(&run->fs);
}

static void close_takes_nothing(void **state)
{
	(void)state;
	ops()->close(NULL);
}

static void a_target_that_is_gone_fails_the_start(void **state)
{
	struct tree *tree = *state;
	struct why why = { 0 };
	pid_t pid = 10;
	struct run run;

	assert_int_equal(open_run(&run, tree->root, &pid, 0, &why), -ESRCH);
	assert_true(*why.text != '\0');
	close_run(&run);
}

static void missing_schedstat_is_noted(void **state)
{
	struct fake t = fake_process(10);
	struct tree *tree = *state;
	struct why why = { 0 };
	pid_t pid = 10;
	struct run run;

	put(tree, &t);
	tree_write(tree, "self/schedstat", "0 0 0\n");
	assert_int_equal(open_run(&run, tree->root, &pid, 0, &why), 0);
	assert_int_equal(run.book.ledger.n_notes, 1);
	assert_non_null(strstr(run.book.ledger.notes[0], "schedstat"));
	assert_int_equal(run.book.ledger.gauges.threads, 1);
	close_run(&run);
}

static void machine_time_since_the_last_report(void **state)
{
	struct fake t = fake_process(10);
	struct tree *tree = *state;
	struct why why = { 0 };
	pid_t pid = 10;
	struct run run;
	int64_t tick = SEC / sysconf(_SC_CLK_TCK);

	put(tree, &t);
	tree_write(tree, "self/schedstat", "5 6 7\n");
	tree_write(tree, "stat", "cpu  9 9 9 9 9 1000 2000 3000 0 0\n");
	assert_int_equal(open_run(&run, tree->root, &pid, 0, &why), 0);
	tree_write(tree, "stat", "cpu  9 9 9 9 9 1001 2002 3004 0 0\n");
	assert_int_equal(ops()->tick(run.collector, 0, &why), 0);
	assert_true(run.book.ledger.machine.interrupts_ns == 3 * tick);
	assert_true(run.book.ledger.machine.stolen_ns == 4 * tick);
	ledger_next(&run.book.ledger);
	assert_int_equal(ops()->tick(run.collector, 0, &why), 0);
	assert_true(run.book.ledger.machine.stolen_ns == 0);
	/* A file that cannot be read any more is no negative time. */
	tree_write(tree, "stat", "nonsense\n");
	assert_int_equal(ops()->tick(run.collector, 0, &why), 0);
	assert_true(run.book.ledger.machine.stolen_ns == 0);
	close_run(&run);
}

/* Drain as the session does, until the target has ended or time is up. */
static int drain_for(struct run *run, int ms)
{
	int64_t end = clock_mono_ns() + ms * MS;
	struct pollfd fd = { .fd = ops()->fd(run->collector),
			     .events = POLLIN };
	struct why why = { 0 };
	int ret = 0;

	while (!ret && clock_mono_ns() < end)
		if (poll(&fd, 1, 5) > 0)
			ret = ops()->drain(run->collector, &why);
	return ret;
}

static pid_t fork_sleeper(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		/* The test may be killed. */
		alarm(60);
		for (;;)
			pause();
	}
	return pid;
}

static void a_real_process_is_accounted(void **state)
{
	pid_t pid = fork_sleeper();
	int64_t began = clock_mono_ns(), elapsed;
	const struct record *record;
	struct snapshot *snap;
	struct why why = { 0 };
	struct run run;

	(void)state;
	assert_int_equal(open_run(&run, "/proc", &pid, 200, &why), 0);
	assert_int_equal(run.book.ledger.gauges.processes, 1);
	/* Before its time has come there is nothing to do. */
	assert_int_equal(ops()->drain(run.collector, &why), 0);
	assert_int_equal(drain_for(&run, 300), 0);
	assert_int_equal(ops()->tick(run.collector, clock_mono_ns(), &why),
			 0);
	elapsed = clock_mono_ns() - began;
	snap = take(&run.book, BY_SYSCALL);
	assert_int_equal(snap->n_processes, 1);
	assert_int_equal(snap->n_threads, 1);
	assert_in_range(snap->all.cell.value[MEASURE_WALL], 290 * MS,
			(uint64_t)elapsed);
	/* It sleeps: what else there is, is noise. */
	assert_true(snap->all.cell.value[MEASURE_BLOCKED] +
		    snap->all.cell.value[MEASURE_STOLEN] > 200 * MS);
	snapshot_free(snap);
	for (size_t pos = 0, looks = 0;; looks += record->cell.tally.looks) {
		record = map_next(&run.book.ledger.records, &pos);
		if (!record) {
			assert_true(looks >= 5 && looks <= 200);
			break;
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(drain_for(&run, 10000), 1);
	assert_int_equal(ops()->tick(run.collector, clock_mono_ns(), &why),
			 0);
	assert_int_equal(run.book.ledger.gauges.threads, 0);
	close_run(&run);
}

/* Closed in the middle of it all. */
static void a_living_target_is_left_alone(void **state)
{
	pid_t pid = fork_sleeper();
	struct why why = { 0 };
	struct run run;

	(void)state;
	assert_int_equal(open_run(&run, "/proc", &pid, 0, &why), 0);
	drain_for(&run, 20);
	close_run(&run);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registry_knows_its_collectors),
		IN_TREE(probe_tells_what_is_there),
		cmocka_unit_test(close_takes_nothing),
		IN_TREE(a_target_that_is_gone_fails_the_start),
		IN_TREE(missing_schedstat_is_noted),
		IN_TREE(machine_time_since_the_last_report),
		cmocka_unit_test(a_real_process_is_accounted),
		cmocka_unit_test(a_living_target_is_left_alone),
	};

	return cmocka_run_group_tests_name("collector", tests, NULL, NULL);
}
