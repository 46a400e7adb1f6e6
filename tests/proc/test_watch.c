/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets by program and by cgroup, in trees of the test's own making. */
#include "tree.h"

#include "collect/bpf/watch.h"

struct found {
	pid_t pids[16];
	int n, stop_at, returns;
};

static int on_pid(pid_t pid, void *arg)
{
	struct found *found = arg;

	assert_true(found->n < (int)N_OF(found->pids));
	found->pids[found->n++] = pid;
	return found->n == found->stop_at ? found->returns : 0;
}

static bool has(const struct found *found, pid_t pid)
{
	int n = 0;

	for (int i = 0; i < found->n; i++)
		n += found->pids[i] == pid;
	assert_true(n < 2);
	return n;
}

/* A process, and where its executable is; NULL: that cannot be read. */
static void put_program(const struct tree *tree, int pid, const char *comm,
			const char *exe)
{
	struct fake fake = fake_process(pid);
	char path[128];

	fake.comm = comm;
	put(tree, &fake);
	snprintf(path, sizeof(path), "%s/%d/exe", tree->root, pid);
	if (exe)
		assert_int_equal(symlink(exe, path), 0);
}

static bool matches(const struct tree *tree, const char *pattern, pid_t pid,
		    const char *comm)
{
	regex_t name;
	bool ret;

	assert_int_equal(regcomp(&name, pattern, REG_EXTENDED | REG_NOSUB),
			 0);
	ret = watch_matches(&tree->fs, &name, pid, comm);
	regfree(&name);
	return ret;
}

/* Threads may be called anything; the file is what is run. */
static void programs_are_known_by_their_file(void **state)
{
	struct tree *tree = *state;

	put_program(tree, 10, "worker", "/usr/sbin/smbd");
	assert_true(matches(tree, "^smbd$", 10, "worker"));
	assert_false(matches(tree, "worker", 10, "worker"));
	/* Of the file, its base name alone. */
	assert_false(matches(tree, "sbin", 10, "worker"));
	/* One that has been replaced meanwhile. */
	put_program(tree, 11, "smbd", "/usr/sbin/smbd (deleted)");
	assert_true(matches(tree, "^smbd$", 11, "smbd"));
	put_program(tree, 12, "odd", "/tmp/(deleted)");
	assert_true(matches(tree, "^\\(deleted\\)$", 12, "odd"));
}

static void without_a_file_the_comm_has_to_do(void **state)
{
	struct tree *tree = *state;

	put_program(tree, 10, "smbd", NULL);
	assert_true(matches(tree, "^smbd$", 10, "smbd"));
	assert_false(matches(tree, "^nmbd$", 10, "smbd"));
	/* Gone, and so is its entry; or not to be looked at. */
	assert_true(matches(tree, "^smbd$", 99, "smbd"));
	put_program(tree, 11, "worker", "/usr/sbin/smbd");
	assert_false(matches(tree, "^smbd$", 0, "worker"));
}

static void each_process_that_matches_is_found(void **state)
{
	struct tree *tree = *state;
	struct fake zombie = fake_process(14);
	struct found found = { 0 };
	regex_t name;

	assert_int_equal(regcomp(&name, "^(smbd|nmbd)$", REG_EXTENDED), 0);
	put_program(tree, 10, "smbd", "/usr/sbin/smbd");
	put_program(tree, 11, "nmbd", NULL);
	put_program(tree, 12, "smbd", "/bin/sh");
	put_program(tree, 13, "(sd) x", "/usr/sbin/nmbd");
	zombie.comm = "smbd";
	zombie.state = 'Z';
	put(tree, &zombie);
	/* Not we, whatever our name is. */
	put_program(tree, getpid(), "smbd", "/usr/sbin/smbd");
	assert_int_equal(watch_names(&tree->fs, &name, on_pid, &found), 0);
	assert_int_equal(found.n, 3);
	assert_true(has(&found, 10) && has(&found, 11) && has(&found, 13));
	/* Until one is too many. */
	found = (struct found){ .stop_at = 2, .returns = -7 };
	assert_int_equal(watch_names(&tree->fs, &name, on_pid, &found), -7);
	assert_int_equal(found.n, 2);
	regfree(&name);
}

static int watch(const struct tree *tree, const char *below,
		 struct found *found, struct why *why)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", tree->root, below);
	return watch_cgroup(path, on_pid, found, why);
}

static void a_cgroup_is_with_those_below_it(void **state)
{
	struct tree *tree = *state;
	struct found found = { 0 };
	struct why why = { 0 };
	char text[64];

	snprintf(text, sizeof(text), "10\n11\n%d\n", getpid());
	tree_write(tree, "top/cgroup.procs", text);
	tree_write(tree, "top/a/cgroup.procs", "12\n");
	tree_write(tree, "top/a/deep/er/cgroup.procs", "13\n");
	tree_write(tree, "top/a/deep/cgroup.procs", "");
	/* 0 is a process of another pid namespace. */
	tree_write(tree, "top/b/cgroup.procs", "0\n14\n");
	tree_write(tree, "beside/cgroup.procs", "15\n");
	assert_int_equal(watch(tree, "top", &found, &why), 0);
	assert_int_equal(found.n, 5);
	for (pid_t pid = 10; pid <= 14; pid++)
		assert_true(has(&found, pid));
	found = (struct found){ 0 };
	assert_int_equal(watch(tree, "top/a/deep", &found, &why), 0);
	assert_int_equal(found.n, 1);
	assert_true(has(&found, 13));
}

static void what_is_no_cgroup_is_told(void **state)
{
	static const char *const none[] = { "not-there", "loadavg", "plain" };
	struct tree *tree = *state;

	tree_write(tree, "plain/file", "1\n");
	for (size_t i = 0; i < N_OF(none); i++) {
		struct found found = { 0 };
		struct why why = { 0 };

		assert_true(watch(tree, none[i], &found, &why) < 0);
		assert_true(why.err > 0);
		assert_non_null(strstr(why.text, none[i]));
		assert_non_null(strstr(why.text, "is no cgroup"));
		assert_int_equal(found.n, 0);
	}
}

static void what_goes_wrong_with_one_ends_it(void **state)
{
	struct found found = { .stop_at = 1, .returns = -ENOMEM };
	struct tree *tree = *state;
	struct why why = { 0 };

	tree_write(tree, "top/cgroup.procs", "10\n11\n");
	assert_int_equal(watch(tree, "top", &found, &why), -ENOMEM);
	assert_int_equal(why.err, ENOMEM);
	assert_int_equal(found.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(programs_are_known_by_their_file),
		IN_TREE(without_a_file_the_comm_has_to_do),
		IN_TREE(each_process_that_matches_is_found),
		IN_TREE(a_cgroup_is_with_those_below_it),
		IN_TREE(what_is_no_cgroup_is_told),
		IN_TREE(what_goes_wrong_with_one_ends_it),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
