/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children are followed by their parents' children files. */
#include "tree.h"

static bool knows(const struct tree *tree, int pid)
{
	int32_t id = pid;

	return map_get(&tree->crowd.processes, &id);
}

static void put_family(const struct tree *tree, int pid,
		       const char *children)
{
	struct fake t = fake_process(pid);

	t.children = children;
	put(tree, &t);
}

/* A birth: the last id given out changes. */
static void birth(const struct tree *tree, int pid)
{
	put_loadavg(tree, pid);
}

static void the_whole_family_is_attached_to(void **state)
{
	struct tree *tree = *state;

	put_family(tree, 10, "11 12 ");
	put_family(tree, 11, "13 ");
	put_family(tree, 12, "");
	put_family(tree, 13, "14 ");
	put_family(tree, 14, "");
	put_family(tree, 99, "");
	attach(tree, 10);
	for (int pid = 10; pid <= 14; pid++)
		assert_true(knows(tree, pid));
	assert_false(knows(tree, 99));
	assert_int_equal(tree->crowd.n_tasks, 5);
}

static void nobody_is_followed_unless_asked_for(void **state)
{
	struct tree *tree = *state;

	tree->ctx.follow = false;
	put_family(tree, 10, "11 ");
	put_family(tree, 11, "");
	attach(tree, 10);
	birth(tree, 200);
	crowd_update(&tree->crowd);
	crowd_update(&tree->crowd);
	assert_false(knows(tree, 11));
}

static void children_born_later_are_found(void **state)
{
	struct tree *tree = *state;

	put_family(tree, 10, "");
	attach(tree, 10);
	crowd_update(&tree->crowd);
	put_family(tree, 10, "11 ");
	put_family(tree, 11, "12 ");
	put_family(tree, 12, "");
	birth(tree, 200);
	crowd_update(&tree->crowd);
	crowd_update(&tree->crowd);
	assert_true(knows(tree, 11));
	assert_true(knows(tree, 12));
	assert_int_equal(tree->parent, 11);
	/* And rounds find them as well. */
	put_family(tree, 12, "15 ");
	put_family(tree, 15, "");
	birth(tree, 201);
	for (int i = 0; i < 10; i++)
		crowd_round(&tree->crowd, 2);
	assert_true(knows(tree, 15));
}

/* Each thread has children of its own. */
static void children_of_any_thread_are_found(void **state)
{
	struct tree *tree = *state;
	struct fake leader = fake_process(10), other = fake_thread(10, 11);

	leader.threads = other.threads = 2;
	other.children = "30 ";
	put(tree, &leader);
	put(tree, &other);
	put_family(tree, 30, "");
	attach(tree, 10);
	assert_true(knows(tree, 30));
}

static void without_loadavg_children_are_found_too(void **state)
{
	struct tree *tree = *state;

	put_family(tree, 10, "");
	attach(tree, 10);
	tree_write(tree, "loadavg", "nonsense\n");
	crowd_update(&tree->crowd);
	put_family(tree, 10, "11 ");
	put_family(tree, 11, "");
	crowd_update(&tree->crowd);
	crowd_update(&tree->crowd);
	assert_true(knows(tree, 11));
}

static void a_kernel_without_children_files_is_told(void **state)
{
	struct tree *tree = *state;

	put_family(tree, 10, NULL);
	put_family(tree, 20, NULL);
	attach(tree, 10);
	attach(tree, 20);
	crowd_update(&tree->crowd);
	assert_true(noted(tree, "children are not followed"));
	assert_int_equal(tree->book.ledger.n_notes, 1);
	assert_int_equal(tree->crowd.n_tasks, 2);
}

static void odd_children_files_do_no_harm(void **state)
{
	static const char *const odd[] = {
		"", " ", "x ", "11", "-11 ", "0 ", "99999999999999999999 ",
		"4294967307 ", "77 ", "\n", "77 78 79 x 11 ",
	};
	struct tree *tree = *state;
	int id = 200;

	put_family(tree, 11, "");
	put_family(tree, 10, "");
	attach(tree, 10);
	for (size_t i = 0; i < N_OF(odd); i++) {
		put_family(tree, 10, odd[i]);
		birth(tree, ++id);
		crowd_update(&tree->crowd);
		crowd_update(&tree->crowd);
		if (tree->crowd.n_tasks != 1)
			fail_msg("followed by '%s'", odd[i]);
	}
	/* Those that are gone by then do not hide the others. */
	put_family(tree, 10, "77 78 11 79 ");
	birth(tree, ++id);
	crowd_update(&tree->crowd);
	crowd_update(&tree->crowd);
	assert_true(knows(tree, 11));
	assert_int_equal(tree->crowd.n_tasks, 2);
}

/* A file of more than a page. */
static void many_children_are_found(void **state)
{
	enum { CHILDREN = 1200 };
	struct tree *tree = *state;
	static char list[CHILDREN * 8 + 1];
	size_t n = 0;

	tree->ctx.spare_fds = 10;
	/* Beyond all that a kernel gives out: our own id is never added. */
	for (int pid = 5000001; pid <= 5000000 + CHILDREN; pid++) {
		struct fake t = fake_process(pid);

		n += (size_t)sprintf(list + n, "%d ", pid);
		put(tree, &t);
	}
	put_family(tree, 10, list);
	attach(tree, 10);
	crowd_update(&tree->crowd);
	assert_int_equal(tree->crowd.processes.used, CHILDREN + 1);
}

/* A child stays in its parent's list until it is waited for, which may be
 * never: what it did must not be accounted again at the next birth. */
static void a_zombie_is_not_attached_to_again(void **state)
{
	struct tree *tree = *state;
	struct fake child = fake_process(11);
	struct key key = process_of(11);

	put_family(tree, 10, "");
	attach(tree, 10);
	wait_ms(15);
	put_family(tree, 10, "11 ");
	child.ppid = 10;
	child.start = (uint64_t)(clock_boot_ns() / TICK);
	put(tree, &child);
	birth(tree, 200);
	crowd_update(&tree->crowd);
	crowd_update(&tree->crowd);
	assert_true(knows(tree, 11));
	child.utime = 20;
	child.cpu = MS;
	child.io.writes = 7;
	put(tree, &child);
	crowd_update(&tree->crowd);
	child.state = 'Z';
	put(tree, &child);
	crowd_update(&tree->crowd);
	for (int id = 201; id < 206; id++) {
		birth(tree, id);
		crowd_update(&tree->crowd);
		crowd_update(&tree->crowd);
	}
	assert_false(knows(tree, 11));
	/* A process and a thread have ended, once. */
	assert_int_equal(tree->exits, 2);
	key.process_start = child.start;
	assert_true(cell_of(tree, key)->value[MEASURE_USER] == 20 * TICK);
	assert_true(cell_of(tree, key)->value[MEASURE_WRITES] == 7);
	key.tid = 11;
	key.thread_start = child.start;
	assert_true(cell_of(tree, key)->value[MEASURE_CPU] == MS);
}

/* Its descendants are accounted on, as somebody else's children. */
static void orphans_stay(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(11);

	put_family(tree, 10, "11 ");
	put_family(tree, 11, "12 ");
	put_family(tree, 12, "");
	attach(tree, 10);
	t.state = 'Z';
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_false(knows(tree, 11));
	assert_true(knows(tree, 12));
	t = fake_process(12);
	t.utime = 5;
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_true(cell_of(tree, process_of(12))->value[MEASURE_USER] ==
		    5 * TICK);
	t.state = 'Z';
	put(tree, &t);
	crowd_update(&tree->crowd);
	assert_int_equal(tree->crowd.n_tasks, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(the_whole_family_is_attached_to),
		IN_TREE(nobody_is_followed_unless_asked_for),
		IN_TREE(children_born_later_are_found),
		IN_TREE(children_of_any_thread_are_found),
		IN_TREE(without_loadavg_children_are_found_too),
		IN_TREE(a_kernel_without_children_files_is_told),
		IN_TREE(odd_children_files_do_no_harm),
		IN_TREE(many_children_are_found),
		IN_TREE(a_zombie_is_not_attached_to_again),
		IN_TREE(orphans_stay),
	};

	return cmocka_run_group_tests_name("children", tests, NULL, NULL);
}
