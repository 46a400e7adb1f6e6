/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes may be attached to, and which smbd is the one. */
#include "tree.h"

#include "target.h"

static void refused(const struct tree *tree, pid_t pid, int err,
		    const char *words)
{
	struct why why = { 0 };

	assert_int_equal(target_check(&tree->fs, pid, &why), -err);
	assert_int_equal(why.err, err);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say %s", why.text, words);
}

static void a_living_process_is_taken(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(10);
	struct why why = { 0 };

	put(tree, &t);
	assert_int_equal(target_check(&tree->fs, 10, &why), 0);
}

static void others_are_refused_with_a_reason(void **state)
{
	struct tree *tree = *state;
	struct fake t = fake_process(20);

	refused(tree, 10, ESRCH, "no process 10");
	t.state = 'Z';
	t.comm = "gone\033";
	put(tree, &t);
	refused(tree, 20, ESRCH, "20 (gone\\033) has ended");
	/* A zombie leader of living threads is a living process. */
	t.threads = 3;
	put(tree, &t);
	assert_int_equal(target_check(&tree->fs, 20, NULL), 0);
	t = fake_process(30);
	put(tree, &t);
	tree_write(tree, "30/status", "Name:\tx\nUid:\t0\nTgid:\t29\n"
		   "voluntary_ctxt_switches:\t0\n"
		   "nonvoluntary_ctxt_switches:\t0\n");
	refused(tree, 30, EINVAL, "thread of process 29");
	t = fake_process(getpid());
	put(tree, &t);
	refused(tree, getpid(), EINVAL, "itself");
	tree_write(tree, "40/stat", "nonsense\n");
	refused(tree, 40, EINVAL, "makes no sense");
	t = fake_process(50);
	put(tree, &t);
	tree_remove(tree, "50/status");
	refused(tree, 50, ESRCH, "no process 50");
	tree_write(tree, "50/status", "nonsense\n");
	refused(tree, 50, EINVAL, "makes no sense");
}

static void the_oldest_smbd_is_found(void **state)
{
	struct tree *tree = *state;
	static const struct {
		int pid, start;
		const char *comm;
	} made[] = {
		{ 10, 500, "smbd" }, { 20, 300, "smbd" }, { 30, 100, "bash" },
		{ 40, 200, "smbd[10.0.0.1]" }, { 50, 400, "smbd" },
		{ 60, 50, "smbd-notifyd" },
	};

	assert_int_equal(target_find_smbd(&tree->fs), 0);
	for (size_t i = 0; i < N_OF(made); i++) {
		struct fake t = fake_process(made[i].pid);

		t.comm = made[i].comm;
		t.start = (uint64_t)made[i].start;
		put(tree, &t);
	}
	tree_write(tree, "70/stat", "70 (smbd) nonsense\n");
	assert_int_equal(target_find_smbd(&tree->fs), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(a_living_process_is_taken),
		IN_TREE(others_are_refused_with_a_reason),
		IN_TREE(the_oldest_smbd_is_found),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
