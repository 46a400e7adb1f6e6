/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single threads: their clocks, and where they are seen. */
#include "tree.h"

static void assert_identity(const struct tree *tree, int pid, int tid)
{
	assert_true(clock_of(tree, pid, tid, MEASURE_WALL) ==
		    clock_of(tree, pid, tid, MEASURE_CPU) +
		    clock_of(tree, pid, tid, MEASURE_RUNQ) +
		    clock_of(tree, pid, tid, MEASURE_BLOCKED));
}

static void clocks_begin_at_the_attachment(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	t.cpu = 900 * SEC;
	t.runq = 80 * SEC;
	t.slices = 12345;
	put(tree, &t);
	attach(tree, 10);
	wait_ms(20);
	crowd_update(&tree->crowd);
	assert_true(clock_of(tree, 10, 10, MEASURE_WALL) >= 20 * MS);
	assert_true(clock_of(tree, 10, 10, MEASURE_WALL) < 20 * SEC);
	assert_true(clock_of(tree, 10, 10, MEASURE_CPU) == 0);
	assert_true(clock_of(tree, 10, 10, MEASURE_RUNQ) == 0);
	assert_true(clock_of(tree, 10, 10, MEASURE_SWITCHES) == 0);
	assert_identity(tree, 10, 10);
}

static void clocks_advance(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);
	int64_t began = clock_mono_ns();

	put(tree, &t);
	attach(tree, 10);
	for (int i = 1; i <= 5; i++) {
		t.cpu += 7 * MS;
		t.runq += 2 * MS;
		t.slices += 3;
		put(tree, &t);
		crowd_update(&tree->crowd);
		assert_true(clock_of(tree, 10, 10, MEASURE_CPU) ==
			    i * 7 * MS);
		assert_true(clock_of(tree, 10, 10, MEASURE_RUNQ) ==
			    i * 2 * MS);
		assert_true(clock_of(tree, 10, 10, MEASURE_SWITCHES) ==
			    i * 3);
		assert_identity(tree, 10, 10);
	}
	assert_true(clock_of(tree, 10, 10, MEASURE_WALL) <=
		    clock_mono_ns() - began);
	assert_true(lost(tree, LOSS_TASKS) == 0);
}

/* The looks' weights are the wall time between them. */
static void looks_stand_for_the_time_between(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);
	const struct tally *tally;

	put(tree, &t);
	attach(tree, 10);
	for (int i = 0; i < 4; i++) {
		wait_ms(2);
		crowd_update(&tree->crowd);
	}
	tally = &cell_of(tree, seen_in(10, 10, ABI_NATIVE, 7))->tally;
	assert_int_equal(tally->looks, 4);
	assert_true((int64_t)tally->weight_ns ==
		    clock_of(tree, 10, 10, MEASURE_WALL));
}

static void samples_follow_the_syscall_file(void **state)
{
	static const struct {
		const char *line;
		int abi, nr;
	} cases[] = {
		{ "running\n", ABI_STATE, STATE_RUNNING },
		{ "-1 0x7ffc0000 0x41\n", ABI_STATE, STATE_OUTSIDE },
		{ "0 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffc00000000 0x8\n",
		  ABI_NATIVE, 0 },
		{ "232 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffc00000000 0x8\n",
		  ABI_NATIVE, 232 },
#ifdef __x86_64__
		{ "64 0x1 0x2 0x3 0x4 0x5 0x6 0xffb9c27c 0x8\n",
		  ABI_COMPAT, 64 },
		{ "1073741824 0x1 0x2 0x3 0x4 0x5 0x6 0xffb9c27c 0x8\n",
		  ABI_X32, 0 },
#endif
	};
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	put(tree, &t);
	attach(tree, 10);
	for (size_t i = 0; i < N_OF(cases); i++) {
		t.syscall = cases[i].line;
		put(tree, &t);
		crowd_update(&tree->crowd);
		assert_int_equal(looks_in(tree, 10, 10, cases[i].abi,
					  cases[i].nr), 1);
	}
}

/* A line that makes no sense is no sample, and not the end of anything. */
static void nonsense_is_no_sample(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);
	uint64_t looks = 0;

	t.syscall = "\n";
	put(tree, &t);
	attach(tree, 10);
	crowd_update(&tree->crowd);
	t.syscall = "7 0x1";
	put(tree, &t);
	crowd_update(&tree->crowd);
	for (size_t pos = 0;;) {
		const struct record *record =
			map_next(&tree->book.ledger.records, &pos);

		if (!record)
			break;
		looks += record->cell.tally.looks;
	}
	assert_int_equal(looks, 0);
	assert_int_equal(tree->crowd.n_tasks, 1);
	assert_true(clock_of(tree, 10, 10, MEASURE_WALL) > 0);
}

static void a_stopped_process_is_outside_of_calls(void **state)
{
	static const char stops[] = "Tt";
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	put(tree, &t);
	attach(tree, 10);
	for (int i = 0; i < 2; i++) {
		t.state = stops[i];
		put(tree, &t);
		crowd_update(&tree->crowd);
	}
	assert_int_equal(looks_in(tree, 10, 10, ABI_STATE, STATE_OUTSIDE), 2);
	assert_int_equal(looks_in(tree, 10, 10, ABI_NATIVE, 7), 0);
}

static void without_a_syscall_file_states_are_left(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	t.syscall = NULL;
	t.wchan = NULL;
	put(tree, &t);
	attach(tree, 10);
	crowd_update(&tree->crowd);
	assert_int_equal(looks_in(tree, 10, 10, ABI_STATE, STATE_ASLEEP), 1);
	assert_true(noted(tree, "fake 10"));
	assert_int_equal(tree->book.ledger.n_notes, 1);
	t.state = 'R';
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_int_equal(looks_in(tree, 10, 10, ABI_STATE, STATE_RUNNING), 1);
	t.state = 'D';
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_int_equal(looks_in(tree, 10, 10, ABI_STATE, STATE_ASLEEP), 2);
	/* Said once. */
	assert_int_equal(tree->book.ledger.n_notes, 1);
}

/* Any error of reading will do; a folder gives EISDIR to root, too. */
static void an_unreadable_syscall_file_leaves_states(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	t.syscall = NULL;
	put(tree, &t);
	tree_write(tree, "10/task/10/syscall/x", "");
	attach(tree, 10);
	crowd_update(&tree->crowd);
	assert_int_equal(looks_in(tree, 10, 10, ABI_STATE, STATE_ASLEEP), 1);
	assert_true(noted(tree, "is not known"));
	assert_int_equal(tree->crowd.n_tasks, 1);
}

/* With mode 000, as another user's files, to all but root. */
static void a_denied_syscall_file_leaves_states(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);
	char path[128];

	put(tree, &t);
	snprintf(path, sizeof(path), "%s/10/task/10/syscall", tree->root);
	assert_int_equal(chmod(path, 0), 0);
	/* To root no file is denied: be somebody else for a while. */
	assert_int_equal(chmod(tree->root, 0755), 0);
	if (!getuid())
		assert_int_equal(seteuid(65534), 0);
	attach(tree, 10);
	crowd_update(&tree->crowd);
	assert_int_equal(seteuid(getuid()), 0);
	assert_int_equal(looks_in(tree, 10, 10, ABI_STATE, STATE_ASLEEP), 1);
	assert_true(noted(tree, "may not be read"));
}

static void wchan_names_where_it_sleeps(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);
	int32_t pid = 10, label;
	struct process *p;

	put(tree, &t);
	attach(tree, 10);
	p = map_get(&tree->crowd.processes, &pid);
	assert_non_null(p);
	p->see = SEE_WCHAN;
	crowd_update(&tree->crowd);
	label = tree->sink.label(tree->sink.ctx, "ep_poll");
	assert_int_equal(looks_in(tree, 10, 10, ABI_WCHAN, label), 1);
	t.wchan = "futex_wait_queue";
	put(tree, &t);
	crowd_update(&tree->crowd);
	label = tree->sink.label(tree->sink.ctx, "futex_wait_queue");
	assert_int_equal(looks_in(tree, 10, 10, ABI_WCHAN, label), 1);
	/* "0": it runs, or the kernel does not tell; its state knows. */
	t.wchan = "0";
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_int_equal(looks_in(tree, 10, 10, ABI_STATE, STATE_ASLEEP), 1);
	t.state = 'R';
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_int_equal(looks_in(tree, 10, 10, ABI_STATE, STATE_RUNNING), 1);
	assert_int_equal(tree->book.ledger.labels.n, 2);
}

/* execve by another thread: the id goes on with that one's clocks. */
static void clocks_that_jump_back_are_a_loss(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	t.cpu = 50 * SEC;
	t.runq = 5 * SEC;
	put(tree, &t);
	attach(tree, 10);
	t.cpu = 1 * SEC;
	t.runq = 1 * SEC;
	put(tree, &t);
	wait_ms(5);
	crowd_update(&tree->crowd);
	assert_true(lost(tree, LOSS_TASKS) == 1);
	assert_true(clock_of(tree, 10, 10, MEASURE_CPU) == 0);
	assert_true(clock_of(tree, 10, 10, MEASURE_RUNQ) == 0);
	assert_true(clock_of(tree, 10, 10, MEASURE_WALL) >= 5 * MS);
	/* From the new clocks it goes on. */
	t.cpu += 3 * MS;
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_true(lost(tree, LOSS_TASKS) == 1);
	assert_true(clock_of(tree, 10, 10, MEASURE_CPU) == 3 * MS);
}

static void a_run_queue_that_jumps_back_is_a_loss(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	t.runq = 5 * SEC;
	put(tree, &t);
	attach(tree, 10);
	t.runq = 4 * SEC;
	t.cpu = MS;
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_true(lost(tree, LOSS_TASKS) == 1);
	assert_true(clock_of(tree, 10, 10, MEASURE_RUNQ) == 0);
}

static void clocks_that_outrun_time_are_a_loss(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	put(tree, &t);
	attach(tree, 10);
	t.cpu = 3600 * SEC;
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_true(lost(tree, LOSS_TASKS) == 1);
	assert_true(clock_of(tree, 10, 10, MEASURE_CPU) == 0);
	/* A CPU without a tick may be late by a second: no loss. */
	t.cpu += 1200 * MS;
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_true(lost(tree, LOSS_TASKS) == 1);
	assert_true(clock_of(tree, 10, 10, MEASURE_CPU) == 1200 * MS);
	assert_true(clock_of(tree, 10, 10, MEASURE_BLOCKED) < 0);
}

static void a_thread_that_never_ran_was_blocked(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	put(tree, &t);
	attach(tree, 10);
	wait_ms(3);
	crowd_update(&tree->crowd);
	assert_true(clock_of(tree, 10, 10, MEASURE_BLOCKED) ==
		    clock_of(tree, 10, 10, MEASURE_WALL));
}

/* A kernel that keeps no schedstat: nothing but wall is known of a thread,
 * and its CPU time comes from the process's ticks. */
static void without_schedstat_blocked_is_not_known(void **state)
{
	static const enum measure unknown[] = {
		MEASURE_BLOCKED, MEASURE_RUNQ, MEASURE_SWITCHES
	};
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	tree->ctx.has_sched = false;
	put(tree, &t);
	tree_remove(tree, "10/task/10/schedstat");
	attach(tree, 10);
	t.utime = 3;
	t.stime = 2;
	put(tree, &t);
	tree_remove(tree, "10/task/10/schedstat");
	wait_ms(2);
	crowd_update(&tree->crowd);
	assert_true(clock_of(tree, 10, 10, MEASURE_WALL) >= 2 * MS);
	for (size_t i = 0; i < N_OF(unknown); i++)
		assert_false(cell_has(cell_of(tree, thread_of(10, 10)),
				      unknown[i]));
	assert_true(cell_of(tree, process_of(10))->value[MEASURE_CPU] ==
		    5 * TICK);
	assert_true(lost(tree, LOSS_TASKS) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(clocks_begin_at_the_attachment),
		IN_TREE(clocks_advance),
		IN_TREE(looks_stand_for_the_time_between),
		IN_TREE(samples_follow_the_syscall_file),
		IN_TREE(nonsense_is_no_sample),
		IN_TREE(a_stopped_process_is_outside_of_calls),
		IN_TREE(without_a_syscall_file_states_are_left),
		IN_TREE(an_unreadable_syscall_file_leaves_states),
		IN_TREE(a_denied_syscall_file_leaves_states),
		IN_TREE(wchan_names_where_it_sleeps),
		IN_TREE(clocks_that_jump_back_are_a_loss),
		IN_TREE(a_run_queue_that_jumps_back_is_a_loss),
		IN_TREE(clocks_that_outrun_time_are_a_loss),
		IN_TREE(a_thread_that_never_ran_was_blocked),
		IN_TREE(without_schedstat_blocked_is_not_known),
	};

	return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
