/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a command where the listener tells of it late. */
#include "tree.h"

#ifdef HAVE_LIBSECCOMP

#include "collect/seccomp/ends.h"

#define COMMAND 30
#define DAEMON 40

static struct tree *tree;
static struct board *board;
static struct ends ends;

static void filtered(int pid, int n)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "%d/status", pid);
	snprintf(text, sizeof(text), "Name:\tx\nSeccomp:\t%d\n"
		 "Seccomp_filters:\t%d\n", n ? 2 : 0, n);
	tree_write(tree, path, text);
}

static struct fake process(int pid, char state, int n)
{
	struct fake t = fake_process(pid);

	t.state = state;
	put(tree, &t);
	filtered(pid, n);
	return t;
}

/* The session and its helpers, under one filter of a container. */
static int begin(void **state)
{
	struct why why = { 0 };

	if (open_tree(state))
		return -1;
	tree = *state;
	if (board_open(&board, &why))
		return -1;
	board->session = 10;
	board->keeper = 31;
	board->receiver = 32;
	board->command = COMMAND;
	board->late_ends = true;
	process(10, 'S', 1);
	process(31, 'S', 1);
	process(32, 'S', 1);
	process(COMMAND, 'Z', 2);
	ends_init(&ends, &tree->fs, board);
	return 0;
}

static int end(void **state)
{
	board_close(board);
	return close_tree(state);
}

/* At the first moment, and when it was quiet for long. */
static bool seen(int64_t from)
{
	assert_false(ends_seen(&ends, true, from));
	assert_false(ends_seen(&ends, true, from + SEC / 2));
	return ends_seen(&ends, true, from + 2 * SEC);
}

static void zombies_are_the_end(void **state)
{
	(void)state;
	process(DAEMON, 'Z', 2);
	assert_true(seen(SEC));
}

static void one_that_lives_is_not(void **state)
{
	struct fake t = process(DAEMON, 'S', 2);

	(void)state;
	assert_false(seen(SEC));
	/* Nor is one whose first thread has ended. */
	t.state = 'Z';
	t.threads = 2;
	put(tree, &t);
	filtered(DAEMON, 2);
	assert_false(seen(10 * SEC));
	process(DAEMON, 'Z', 2);
	assert_true(ends_seen(&ends, true, 20 * SEC));
}

static void others_do_not_count(void **state)
{
	(void)state;
	/* Of the same container; and older than the command. */
	process(DAEMON, 'S', 1);
	process(20, 'S', 5);
	assert_true(seen(SEC));
}

static void calls_put_it_off(void **state)
{
	(void)state;
	assert_false(ends_seen(&ends, true, SEC));
	board->received++;
	assert_false(ends_seen(&ends, true, 3 * SEC));
	assert_false(ends_seen(&ends, true, 3 * SEC + SEC / 2));
	assert_true(ends_seen(&ends, true, 5 * SEC));
	assert_false(ends_seen(&ends, false, 7 * SEC));
	assert_true(seen(8 * SEC));
}

static void newer_kernels_tell_in_time(void **state)
{
	(void)state;
	board->late_ends = false;
	assert_false(seen(SEC));
}

static void older_ones_say_whether_only(void **state)
{
	(void)state;
	for (int pid = 10; pid < 41; pid++) {
		char path[64];

		snprintf(path, sizeof(path), "%d/status", pid);
		tree_write(tree, path, "Name:\tx\nSeccomp:\t2\n");
	}
	assert_true(seen(SEC));
	process(DAEMON, 'S', 0);
	tree_write(tree, "40/status", "Name:\tx\nSeccomp:\t2\n");
	assert_false(seen(10 * SEC));
}

#define WITH_BOARD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOARD(zombies_are_the_end),
		WITH_BOARD(one_that_lives_is_not),
		WITH_BOARD(others_do_not_count),
		WITH_BOARD(calls_put_it_off),
		WITH_BOARD(newer_kernels_tell_in_time),
		WITH_BOARD(older_ones_say_whether_only),
	};

	return cmocka_run_group_tests_name("ends", tests, NULL, NULL);
}

#else

static void late_ends(void **state)
{
	(void)state;
	skip_because("build: without libseccomp");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(late_ends) };

	return cmocka_run_group_tests_name("ends", tests, NULL, NULL);
}

#endif
