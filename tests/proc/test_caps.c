/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Privileges: whether they are real, and which line would give them. */
#include "tree.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/caps.h"

#define EVERYBODY "         0          0 4294967295\n"

/* What other users can read as well. */
static void put_map(const struct tree *tree, const char *map)
{
	tree_write(tree, "self/uid_map", map);
	assert_int_equal(chmod(tree->root, 0755), 0);
}

static void they_are_real_where_all_users_are(void **state)
{
	static const struct {
		const char *map;
		bool real;
	} cases[] = {
		{ EVERYBODY, true },
		{ "0 0 4294967295\n", true },
		{ "", true },		/* as without the file */
		/* unshare -Ur, a rootless container, one with a range. */
		{ "         0       1000          1\n", false },
		{ "         0       1000          1\n"
		  "         1     100000      65536\n", false },
		{ "         0     100000      65536\n", false },
		/* All users but root, or not as itself. */
		{ "         1          1 4294967294\n", false },
		{ "         0          1 4294967295\n", false },
		{ "         1          0 4294967295\n", false },
		{ "         0          0      65536\n", false },
		{ "         0          0          1\n", false },
		{ "nonsense\n", false },
		{ "0 0\n", false },
	};
	struct tree *tree = *state;

	assert_true(caps_are_real(&tree->fs));
	for (size_t i = 0; i < N_OF(cases); i++) {
		put_map(tree, cases[i].map);
		if (caps_are_real(&tree->fs) != cases[i].real)
			fail_msg("a map of %s", cases[i].map);
	}
	tree_remove(tree, "self");
	assert_true(caps_are_real(&tree->fs));
}

/* Root of a container that gave that up stays root. */
static bool becomes_user(void)
{
	return geteuid() || !caps_have(CAP_SETUID) || !setresuid(1, 1, 1);
}

/* In a child, which may give up what it likes. */
struct child {
	const struct tree *tree;
	int caps[2];
	bool sealed, as_user, drop;
};

static bool bounded(const int *caps)
{
	return prctl(PR_CAPBSET_READ, caps[0], 0, 0, 0) != 1 ||
	       prctl(PR_CAPBSET_READ, caps[1], 0, 0, 0) != 1;
}

/* Without memory that is shared: what it said is what it wrote. */
static void run(const struct child *child, struct why *why, bool *file)
{
	static const char *const names[] = { "bpf", "perfmon" };
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		char c = 0;

		if (child->sealed)
			prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (child->drop)
			prctl(PR_CAPBSET_DROP, child->caps[1], 0, 0, 0);
		if (child->as_user && !becomes_user())
			_exit(1);
		why_set(why, EPERM, "no");
		caps_grant(&child->tree->fs, 2, child->caps, names, why);
		c = !child->sealed && !bounded(child->caps);
		if (write(fds[1], why, sizeof(*why)) != sizeof(*why) ||
		    write(fds[1], &c, 1) != 1)
			_exit(1);
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], why, sizeof(*why)), sizeof(*why));
	assert_int_equal(read(fds[0], file, 1), 1);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* The sentence stays what it was. */
	assert_int_equal(why->err, EPERM);
	assert_string_equal(why->text, "no");
}

/* Only whoever starts the container can give what is beyond its bounds. */
static void check_container(const char *grant)
{
	static const char words[] =
		" run --cap-add=bpf --cap-add=perfmon ...";
	char wanted[128] = "";

	if (!access("/run/.containerenv", F_OK))
		snprintf(wanted, sizeof(wanted), "podman%s", words);
	else if (!access("/.dockerenv", F_OK))
		snprintf(wanted, sizeof(wanted), "docker%s", words);
	assert_string_equal(grant, wanted);
}

/* This program under another name, which is what it is told of then. */
#define AS_ANOTHER "grant"

static int say_grant(const char *root)
{
	static const char *const names[] = { "bpf", "perfmon" };
	static const int caps[] = { CAPS_BPF, CAPS_PERFMON };
	struct why why = { 0 };
	struct procfs fs;

	if (procfs_init(&fs, root, &why))
		return 1;
	caps_grant(&fs, 2, caps, names, &why);
	fputs(why.grant, stdout);
	procfs_done(&fs);
	return 0;
}

static void copy_self(const char *path)
{
	FILE *from = fopen("/proc/self/exe", "r"), *to = fopen(path, "w");
	char buf[65536];
	size_t n;

	assert_non_null(from);
	assert_non_null(to);
	while ((n = fread(buf, 1, sizeof(buf), from)))
		assert_int_equal(fwrite(buf, 1, n, to), n);
	fclose(from);
	assert_int_equal(fclose(to), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static void grant_as(const struct tree *tree, const char *name, char *ret,
		     size_t size)
{
	int fds[2], status;
	char path[512];
	ssize_t len;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%s", tree->root, name);
	copy_self(path);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (dup2(fds[1], 1) != 1 || !becomes_user())
			_exit(1);
		execl(path, path, AS_ANOTHER, tree->root, (char *)NULL);
		_exit(126);
	}
	close(fds[1]);
	len = read(fds[0], ret, size - 1);
	ret[len > 0 ? len : 0] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 126)
		skip_because("nothing can be executed in /tmp");
	assert_int_equal(status, 0);
}

/* Whole and as one word, or not at all: it is to be copied into a shell. */
static void a_user_is_told_of_setcap(void **state)
{
	static const int caps[] = { CAPS_BPF, CAPS_PERFMON };
	const struct tree *tree = *state;
	char grant[512], wanted[256], name[256];

	put_map(tree, EVERYBODY);
	if (*tree->root != '/')
		skip_because("no /tmp to write to");
	if (bounded(caps) || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) {
		grant_as(tree, "plain", grant, sizeof(grant));
		check_container(grant);
		return;
	}
	if (!geteuid() && !caps_have(CAP_SETUID))
		skip_because("root that cannot become a user");
	grant_as(tree, "smb-sys_acct.1", grant, sizeof(grant));
	snprintf(wanted, sizeof(wanted), "sudo setcap cap_bpf,cap_perfmon=ep "
		 "%s/smb-sys_acct.1", tree->root);
	assert_string_equal(grant, wanted);
	grant_as(tree, "a $b;c", grant, sizeof(grant));
	snprintf(wanted, sizeof(wanted), "sudo setcap cap_bpf,cap_perfmon=ep "
		 "'%s/a $b;c'", tree->root);
	assert_string_equal(grant, wanted);
	grant_as(tree, "a'b", grant, sizeof(grant));
	assert_string_equal(grant, "");
	for (size_t n = 100; n < sizeof(name); n += 5) {
		memset(name, 'x', n);
		name[n] = '\0';
		grant_as(tree, name, grant, sizeof(grant));
		if (*grant)
			assert_string_equal(grant + strlen(grant) - n, name);
		assert_true(*grant || n > 150);
	}
}

static void root_is_told_of_nothing(void **state)
{
	struct child child = { .tree = *state, .caps = { CAPS_BPF,
							 CAPS_PERFMON } };
	struct why why = { 0 };
	bool file;

	if (geteuid())
		skip_because("needs root: a user is told of setcap");
	put_map(*state, EVERYBODY);
	run(&child, &why, &file);
	if (file)
		assert_string_equal(why.grant, "");
	else
		check_container(why.grant);
}

/* No file's capabilities and no sudo work there. */
static void nothing_helps_who_gains_no_privileges(void **state)
{
	struct child child = { .tree = *state, .caps = { CAPS_BPF,
							 CAPS_PERFMON },
			       .sealed = true };
	struct why why = { 0 };
	bool file;

	put_map(*state, EVERYBODY);
	for (int as_user = 0; as_user < 2; as_user++) {
		child.as_user = as_user;
		run(&child, &why, &file);
		assert_false(file);
		assert_string_equal(why.grant, "");
	}
}

static void a_bound_is_as_good_as_a_container(void **state)
{
	struct child child = { .tree = *state, .caps = { CAPS_BPF,
							 CAPS_PERFMON },
			       .drop = true };
	struct why why = { 0 };
	bool file;

	if (!caps_have(CAP_SETPCAP))
		skip_because("needs root, to drop a capability for good");
	put_map(*state, EVERYBODY);
	run(&child, &why, &file);
	assert_false(file);
	check_container(why.grant);
}

/* Nothing gives what is good for the machine to who is in there. */
static void nothing_helps_in_a_user_namespace(void **state)
{
	struct child child = { .tree = *state, .caps = { CAPS_BPF,
							 CAPS_PERFMON } };
	struct why why = { 0 };
	bool file;

	put_map(*state, "0 1000 1\n");
	for (int kind = 0; kind < 4; kind++) {
		child.as_user = kind & 1;
		child.sealed = kind & 2;
		run(&child, &why, &file);
		assert_string_equal(why.grant, "");
	}
}

/* The numbers that older headers lack, where this one has them. */
static void numbers_are_the_kernels(void **state)
{
	(void)state;
#ifdef CAP_PERFMON
	assert_int_equal(CAPS_PERFMON, CAP_PERFMON);
#endif
#ifdef CAP_BPF
	assert_int_equal(CAPS_BPF, CAP_BPF);
#endif
	assert_true(caps_bit(CAPS_BPF) == 1ULL << 39);
	assert_true(caps_bit(0) == 1);
}

/* What it says of us is what the kernel prints of us. */
static void those_in_effect_are_told_apart(void **state)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long effective = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	fclose(f);
	for (int cap = 0; cap < 64; cap++)
		assert_int_equal(caps_have(cap), effective >> cap & 1);
}

static void what_is_not_kept_is_gone(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		bool had = caps_have(CAP_KILL);

		if (caps_keep(caps_bit(CAP_KILL), NULL) ||
		    caps_have(CAP_KILL) != had || caps_have(CAP_CHOWN) ||
		    caps_have(CAPS_BPF))
			_exit(1);
		_exit(caps_keep(0, NULL) || caps_have(CAP_KILL));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(they_are_real_where_all_users_are),
		IN_TREE(a_user_is_told_of_setcap),
		IN_TREE(root_is_told_of_nothing),
		IN_TREE(nothing_helps_who_gains_no_privileges),
		IN_TREE(a_bound_is_as_good_as_a_container),
		IN_TREE(nothing_helps_in_a_user_namespace),
		cmocka_unit_test(numbers_are_the_kernels),
		cmocka_unit_test(those_in_effect_are_told_apart),
		cmocka_unit_test(what_is_not_kept_is_gone),
	};

	if (argc == 3 && !strcmp(argv[1], AS_ANOTHER))
		return say_grant(argv[2]);
	return cmocka_run_group_tests_name("caps", tests, NULL, NULL);
}
