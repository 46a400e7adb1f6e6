/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes: CPU time in ticks, bytes, names, and children that ended. */
#include "tree.h"

#include "report/report.h"

static int64_t of_process(const struct tree *tree, int pid, enum measure m)
{
	return cell_of(tree, process_of(pid))->value[m];
}

static int64_t of_children(const struct tree *tree, int pid, enum measure m)
{
	return cell_of(tree, thread_of(pid, TID_CHILDREN))->value[m];
}

static const char *name_of(const struct tree *tree, struct key key)
{
	const struct who *who = ledger_who(&tree->book.ledger, &key);

	return who ? who->name : "";
}

static void cpu_time_begins_at_the_attachment(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	t.utime = 5000;
	t.stime = 3000;
	put(tree, &t);
	attach(tree, 10);
	crowd_update(&tree->crowd);
	assert_true(of_process(tree, 10, MEASURE_USER) == 0);
	assert_true(of_process(tree, 10, MEASURE_SYSTEM) == 0);
	t.utime += 7;
	t.stime += 2;
	put(tree, &t);
	crowd_update(&tree->crowd);
	t.utime += 1;
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_true(of_process(tree, 10, MEASURE_USER) == 8 * TICK);
	assert_true(of_process(tree, 10, MEASURE_SYSTEM) == 2 * TICK);
	assert_true(of_children(tree, 10, MEASURE_USER) == 0);
}

static void bytes_and_calls_are_differences(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	t.io = (struct proc_io){ 1000, 2000, 10, 20, 4096, 8192 };
	put(tree, &t);
	attach(tree, 10);
	t.io = (struct proc_io){ 1500, 2100, 13, 24, 8192, 12288 };
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_true(of_process(tree, 10, MEASURE_READ_CHARS) == 500);
	assert_true(of_process(tree, 10, MEASURE_WRITE_CHARS) == 100);
	assert_true(of_process(tree, 10, MEASURE_READS) == 3);
	assert_true(of_process(tree, 10, MEASURE_WRITES) == 4);
	assert_true(of_process(tree, 10, MEASURE_READ_BYTES) == 4096);
	assert_true(of_process(tree, 10, MEASURE_WRITE_BYTES) == 4096);
	crowd_update(&tree->crowd);
	assert_true(of_process(tree, 10, MEASURE_READS) == 3);
}

/* Any error of reading will do; a folder gives EISDIR to root, too. */
static void unreadable_io_is_told_and_unknown(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	put(tree, &t);
	tree_remove(tree, "10/io");
	tree_write(tree, "10/io/x", "");
	attach(tree, 10);
	crowd_update(&tree->crowd);
	assert_false(cell_has(cell_of(tree, process_of(10)), MEASURE_READS));
	assert_true(cell_has(cell_of(tree, process_of(10)), MEASURE_USER));
	assert_true(noted(tree, "fake 10"));
}

/* Nobody can read the file of a process that is about to end. */
static void a_process_that_is_ending_is_not_told(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	t.bare = true;
	put(tree, &t);
	tree_remove(tree, "10/io");
	tree_write(tree, "10/io/x", "");
	attach(tree, 10);
	crowd_update(&tree->crowd);
	assert_false(cell_has(cell_of(tree, process_of(10)), MEASURE_READS));
	assert_false(noted(tree, "fake 10"));
}

/* From the collector to the screen: escaped, but once. */
static void hostile_names_in_notes_are_escaped_once(void **state)
{
	struct report_cfg cfg = { .sort = column_find("wall", 4),
				  .command = "-p 10" };
	struct tree *tree = *state;
	struct fake t = fake_process(10);
	struct snapshot *snap;
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	t.comm = "a\033[31mb";
	put(tree, &t);
	tree_remove(tree, "10/io");
	tree_write(tree, "10/io/x", "");
	attach(tree, 10);
	crowd_update(&tree->crowd);
	snap = take(&tree->book, BY_SYSCALL);
	column_defaults(BY_SYSCALL, snap->cfg.measures, &cfg.columns);
	out = open_memstream(&text, &len);
	assert_int_equal(report_text.print(out, snap, &cfg, NULL), 0);
	fclose(out);
	snapshot_free(snap);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "note: "));
	assert_non_null(strstr(strstr(text, "note: "), "a\\033[31mb 10"));
	free(text);
}

static void names_change(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);
	int names;

	t.comm = "sh";
	put(tree, &t);
	attach(tree, 10);
	assert_string_equal(name_of(tree, process_of(10)), "sh");
	names = tree->names;
	crowd_update(&tree->crowd);
	assert_int_equal(tree->names, names);
	t.comm = "smbd) R (x";
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_string_equal(name_of(tree, process_of(10)), "smbd) R (x");
}

/* The kernel adds a child's times to its parent's when it is waited for. */
static void unseen_children_are_told_apart(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	t.cutime = 100;
	put(tree, &t);
	attach(tree, 10);
	t.cutime += 30;
	t.cstime += 10;
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_true(of_children(tree, 10, MEASURE_USER) == 30 * TICK);
	assert_true(of_children(tree, 10, MEASURE_SYSTEM) == 10 * TICK);
	assert_true(of_children(tree, 10, MEASURE_CPU) == 40 * TICK);
	assert_true(of_children(tree, 10, MEASURE_WALL) == 40 * TICK);
	assert_true(of_process(tree, 10, MEASURE_USER) == 0);
	assert_true(lost(tree, LOSS_CHILDREN_CPU_NS) == 40 * TICK);
	crowd_update(&tree->crowd);
	assert_true(lost(tree, LOSS_CHILDREN_CPU_NS) == 40 * TICK);
}

static void children_are_not_told_when_not_followed(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);

	tree->ctx.follow = false;
	put(tree, &t);
	attach(tree, 10);
	t.cutime += 30;
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_false(cell_has(cell_of(tree, thread_of(10, TID_CHILDREN)),
			      MEASURE_USER));
	assert_true(lost(tree, LOSS_CHILDREN_CPU_NS) == 0);
}

/* What a followed child reported for itself is not its parent's again. */
static void followed_children_are_not_counted_twice(void **state)
{
	struct tree *tree = *state;
	struct fake parent = fake_process(10), child = fake_process(11);

	parent.children = "11 ";
	child.ppid = 10;
	put(tree, &parent);
	put(tree, &child);
	attach(tree, 10);
	assert_int_equal(tree->crowd.processes.used, 2);
	child.utime = 20;
	child.stime = 5;
	child.cpu = 25 * TICK;
	child.io.writes = 4;
	put(tree, &child);
	crowd_update(&tree->crowd);
	assert_true(of_process(tree, 11, MEASURE_USER) == 20 * TICK);
	assert_true(of_process(tree, 11, MEASURE_WRITES) == 4);
	/* It ends, and is waited for. */
	child.state = 'Z';
	put(tree, &child);
	crowd_update(&tree->crowd);
	assert_int_equal(tree->crowd.processes.used, 1);
	tree_remove(tree, "11");
	parent.cutime = 20;
	parent.cstime = 5;
	parent.io.writes = 4;
	parent.children = "";
	put(tree, &parent);
	crowd_update(&tree->crowd);
	assert_true(of_children(tree, 10, MEASURE_USER) == 0);
	assert_true(of_children(tree, 10, MEASURE_SYSTEM) == 0);
	assert_true(of_children(tree, 10, MEASURE_CPU) == 0);
	assert_true(of_process(tree, 10, MEASURE_WRITES) == 0);
	assert_true(lost(tree, LOSS_CHILDREN_CPU_NS) == 0);
}

/* The parent's sums rise a moment before the child's end is noticed. */
static void an_unnoticed_end_is_not_counted_twice(void **state)
{
	struct tree *tree = *state;
	struct fake parent = fake_process(10), child = fake_process(11);

	tree->ctx.spare_fds = 0;
	parent.children = "11 ";
	child.ppid = 10;
	put(tree, &parent);
	put(tree, &child);
	attach(tree, 10);
	child.utime = 20;
	child.cpu = 20 * TICK;
	child.io.writes = 4;
	put(tree, &child);
	crowd_update(&tree->crowd);
	parent.cutime = 20;
	parent.io.writes = 4;
	put(tree, &parent);
	crowd_round(&tree->crowd, 10);
	crowd_round(&tree->crowd, 10);
	assert_true(of_children(tree, 10, MEASURE_USER) == 0);
	tree_remove(tree, "11");
	parent.children = "";
	put(tree, &parent);
	crowd_update(&tree->crowd);
	assert_int_equal(tree->crowd.processes.used, 1);
	assert_true(of_children(tree, 10, MEASURE_USER) == 0);
	assert_true(of_children(tree, 10, MEASURE_CPU) == 0);
	assert_true(of_process(tree, 10, MEASURE_WRITES) == 0);
}

/* What it used after the last look at it is only in the parent's sums. */
static void last_moments_of_a_child_are_its_parents(void **state)
{
	struct tree *tree = *state;
	struct fake parent = fake_process(10), child = fake_process(11);

	parent.children = "11 ";
	put(tree, &parent);
	put(tree, &child);
	attach(tree, 10);
	child.utime = 20;
	child.cpu = 20 * TICK;
	put(tree, &child);
	crowd_update(&tree->crowd);
	child.state = 'Z';
	put(tree, &child);
	crowd_update(&tree->crowd);
	tree_remove(tree, "11");
	parent.cutime = 28;
	parent.children = "";
	put(tree, &parent);
	crowd_update(&tree->crowd);
	assert_true(of_children(tree, 10, MEASURE_USER) == 8 * TICK);
	assert_true(of_children(tree, 10, MEASURE_CPU) == 8 * TICK);
	assert_true(lost(tree, LOSS_CHILDREN_CPU_NS) == 8 * TICK);
}

/* A grandchild is waited for by a parent that ends before it is read again:
 * the grandparent's times have both, and both were reported. */
static void grandchildren_are_not_counted_twice(void **state)
{
	struct tree *tree = *state;
	struct fake first = fake_process(10), second = fake_process(11),
		    third = fake_process(12);

	tree->ctx.spare_fds = 0;
	first.children = "11 ";
	second.children = "12 ";
	second.ppid = 10;
	third.ppid = 11;
	put(tree, &first);
	put(tree, &second);
	put(tree, &third);
	attach(tree, 10);
	second.utime = 3;
	third.utime = 8;
	put(tree, &second);
	put(tree, &third);
	crowd_update(&tree->crowd);
	tree_remove(tree, "12");
	crowd_update(&tree->crowd);
	tree_remove(tree, "11");
	first.cutime = 3 + 8 + 2;
	put(tree, &first);
	crowd_update(&tree->crowd);
	assert_int_equal(tree->crowd.processes.used, 1);
	assert_true(of_children(tree, 10, MEASURE_USER) == 2 * TICK);
}

/* A tail is guessed to hold CPU time that its parent's times do not show. */
static void what_ended_children_did_not_run_is_blocked(void **state)
{
	struct tree *tree = *state;
	struct fake parent = fake_process(10), child = fake_process(11);
	int64_t wall, blocked;

	tree->ctx.spare_fds = 0;
	parent.children = "11 ";
	child.ppid = 10;
	put(tree, &parent);
	put(tree, &child);
	attach(tree, 10);
	wait_ms(20);
	/* All of its life so far it ran. */
	child.cpu += 20 * MS;
	put(tree, &child);
	crowd_update(&tree->crowd);
	tree_remove(tree, "11");
	wait_ms(20);
	crowd_update(&tree->crowd);
	wall = clock_of(tree, 11, 11, MEASURE_WALL);
	blocked = clock_of(tree, 11, 11, MEASURE_BLOCKED);
	assert_true(wall > 20 * MS);
	/* The parent has no CPU time of it: so it did not run in its tail. */
	assert_true(of_children(tree, 10, MEASURE_BLOCKED) > 0);
	assert_in_range(blocked + of_children(tree, 10, MEASURE_BLOCKED) +
			clock_of(tree, 11, 11, MEASURE_CPU) +
			clock_of(tree, 11, 11, MEASURE_RUNQ),
			wall - MS, wall + MS);
	/* It shows late: then it is taken back. */
	parent.cutime = 10;
	put(tree, &parent);
	crowd_update(&tree->crowd);
	assert_true(of_children(tree, 10, MEASURE_BLOCKED) == 0);
}

static void details_are_per_thread_and_counted_once(void **state)
{
	struct tree *tree = *state;
	struct fake a = fake_process(10), b = fake_thread(10, 12);
	const struct cell *cell;

	tree->ctx.details = true;
	a.threads = b.threads = 2;
	a.utime = 1000;
	put(tree, &a);
	put(tree, &b);
	attach(tree, 10);
	/* The process's own files sum up its threads'. */
	b.utime = 4;
	b.vcsw = 9;
	b.icsw = 2;
	b.io.reads = 5;
	put(tree, &b);
	a.utime = 1006;
	a.io.reads = 6;
	put(tree, &a);
	a.utime = 1002;
	a.io.reads = 1;
	write_base(tree, &a, "10/task/10");
	crowd_update(&tree->crowd);
	cell = cell_of(tree, thread_of(10, 12));
	assert_true(cell->value[MEASURE_USER] == 4 * TICK);
	assert_true(cell->value[MEASURE_VCSW] == 9);
	assert_true(cell->value[MEASURE_ICSW] == 2);
	assert_true(cell->value[MEASURE_READS] == 5);
	cell = cell_of(tree, thread_of(10, 10));
	assert_true(cell->value[MEASURE_USER] == 2 * TICK);
	assert_true(cell->value[MEASURE_READS] == 1);
	assert_true(cell_has(cell, MEASURE_VCSW));
	assert_true(of_process(tree, 10, MEASURE_USER) == 0);
	assert_true(of_process(tree, 10, MEASURE_READS) == 0);
	assert_string_equal(name_of(tree, thread_of(10, 12)), "fake");
}

/* Without schedstat a thread's CPU time is its ticks, and not besides its
 * process's. */
static void details_without_schedstat(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);
	struct snapshot *snap;

	tree->ctx.details = true;
	tree->ctx.has_sched = false;
	put(tree, &t);
	attach(tree, 10);
	t.utime = 6;
	put(tree, &t);
	crowd_update(&tree->crowd);
	snap = take(&tree->book, BY_THREAD);
	assert_true(snap->all.cell.value[MEASURE_CPU] == 6 * TICK);
	assert_true(value_of(row_of(snap, thread_of(10, 10)),
			     MEASURE_USER) == 6 * TICK);
	assert_true(value_of(row_of(snap, thread_of(10, 10)),
			     MEASURE_CPU) == 6 * TICK);
	snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(cpu_time_begins_at_the_attachment),
		IN_TREE(bytes_and_calls_are_differences),
		IN_TREE(unreadable_io_is_told_and_unknown),
		IN_TREE(a_process_that_is_ending_is_not_told),
		IN_TREE(hostile_names_in_notes_are_escaped_once),
		IN_TREE(names_change),
		IN_TREE(unseen_children_are_told_apart),
		IN_TREE(children_are_not_told_when_not_followed),
		IN_TREE(followed_children_are_not_counted_twice),
		IN_TREE(an_unnoticed_end_is_not_counted_twice),
		IN_TREE(last_moments_of_a_child_are_its_parents),
		IN_TREE(grandchildren_are_not_counted_twice),
		IN_TREE(what_ended_children_did_not_run_is_blocked),
		IN_TREE(details_are_per_thread_and_counted_once),
		IN_TREE(details_without_schedstat),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
