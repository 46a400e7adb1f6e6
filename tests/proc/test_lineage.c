/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who started whom: what is told, what is looked up, what is kept. */
#include "tree.h"

#include "acct/lineage.h"

static struct lineage lineage;

static int open_lineage(void **state)
{
	if (open_tree(state))
		return -1;
	lineage_init(&lineage);
	lineage.fs = &((struct tree *)*state)->fs;
	return 0;
}

static int close_lineage(void **state)
{
	lineage_done(&lineage);
	return close_tree(state);
}

static void born(int pid, int ppid, uint64_t start)
{
	struct key key = process_of(pid);

	lineage_tell(&lineage, &key, ppid, start);
}

static void end(int pid)
{
	struct key key = process_of(pid);

	lineage_end(&lineage, &key);
}

static struct kin *kin_of(int pid)
{
	const struct process_id id = { START + (uint64_t)pid, pid };

	return lineage_find(&lineage, &id);
}

static int parent_of(int pid)
{
	struct kin *kin = kin_of(pid);

	assert_non_null(kin);
	kin = lineage_parent(&lineage, kin);
	return kin ? (int)kin->id.pid : 0;
}

static void put_child(const struct tree *tree, int pid, int ppid)
{
	struct fake t = fake_process(pid);

	t.ppid = ppid;
	put(tree, &t);
}

static void what_is_told_first_counts(void **state)
{
	(void)state;
	born(10, getpid(), 0);
	born(11, 10, START + 10);
	born(11, 10, 0);
	born(12, 11, START + 11);
	born(12, 10, START + 10);
	assert_true(kin_of(10)->is_first);
	assert_int_equal(parent_of(10), 0);
	assert_int_equal(parent_of(11), 10);
	assert_int_equal(parent_of(12), 11);
	/* Orphans that we get because we are init here. */
	born(13, getpid(), 0);
	assert_false(kin_of(13)->is_first);
	assert_int_equal(parent_of(13), 0);
	/* Nobody knew at first. */
	born(13, 12, START + 12);
	assert_int_equal(parent_of(13), 12);
}

/* A child that is told of before its parent, which is there still. */
static void who_was_not_told_of_is_looked_up(void **state)
{
	struct tree *tree = *state;

	born(10, getpid(), 0);
	put_child(tree, 10, getpid());
	put_child(tree, 11, 10);
	put_child(tree, 12, 11);
	born(13, 12, START + 12);
	/* It is known from then on. */
	tree_remove(tree, "12");
	tree_remove(tree, "11");
	assert_int_equal(parent_of(13), 12);
	assert_int_equal(parent_of(12), 11);
	assert_int_equal(parent_of(11), 10);
	/* What is told was read earlier. */
	born(12, 10, START + 10);
	assert_int_equal(parent_of(12), 10);
	assert_null(kin_of(11));
}

static void a_number_can_be_anothers(void **state)
{
	struct tree *tree = *state;
	struct fake later = fake_process(11);

	born(10, getpid(), 0);
	born(11, 10, START + 10);
	end(11);
	later.start = START + 5000;
	put(tree, &later);
	/* The only one that is old enough. */
	born(12, 11, 0);
	assert_int_equal(parent_of(12), 11);
	assert_int_equal(parent_of(11), 10);
	/* Or nobody is. */
	later.pid = later.tid = 14;
	put(tree, &later);
	born(15, 14, 0);
	assert_int_equal(parent_of(15), 0);
	/* Somebody's who is gone. */
	born(17, 16, START + 16);
	assert_int_equal(parent_of(17), 16);
	assert_int_equal(parent_of(16), 0);
}

#define GENERATIONS 5000

static void ancestors_are_kept_and_no_others(void **state)
{
	(void)state;
	born(10, getpid(), 0);
	born(11, 10, START + 10);
	born(12, 11, START + 11);
	end(11);
	end(11);
	for (int pid = 100; pid < 100 + GENERATIONS; pid++) {
		born(pid, 10, START + 10);
		end(pid);
	}
	assert_in_range(lineage.all.used, 3, GENERATIONS);
	assert_null(kin_of(100));
	assert_int_equal(parent_of(12), 11);
	assert_int_equal(parent_of(11), 10);
	end(12);
	for (int pid = 10000; pid < 10000 + GENERATIONS; pid++) {
		born(pid, 10, START + 10);
		end(pid);
	}
	assert_null(kin_of(12));
	assert_null(kin_of(11));
	assert_non_null(kin_of(10));
}

#define WITH_LINEAGE(test) \
	cmocka_unit_test_setup_teardown(test, open_lineage, close_lineage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LINEAGE(what_is_told_first_counts),
		WITH_LINEAGE(who_was_not_told_of_is_looked_up),
		WITH_LINEAGE(a_number_can_be_anothers),
		WITH_LINEAGE(ancestors_are_kept_and_no_others),
	};

	return cmocka_run_group_tests_name("lineage", tests, NULL, NULL);
}
