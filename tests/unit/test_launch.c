/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a command is found, and how it is started. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/launch.h"

/* A new folder, and where we were before. */
static char dir[64], back[4096];

static const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void make_dir(const char *name)
{
	assert_int_equal(mkdir(in_dir(name), 0700), 0);
}

static void make_file(const char *name, mode_t mode)
{
	FILE *f = fopen(in_dir(name), "w");

	assert_non_null(f);
	fputs("#!/bin/sh\nexit 7\n", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(in_dir(name), mode), 0);
}

/* PATH, in which a + in front means the new folder. */
static void set_path(const char *dirs)
{
	char path[1024] = "";

	for (const char *p = dirs; *p; p++) {
		size_t n = strlen(path);

		if (*p == '+')
			snprintf(path + n, sizeof(path) - n, "%s", dir);
		else
			snprintf(path + n, sizeof(path) - n, "%c", *p);
	}
	assert_int_equal(setenv("PATH", path, 1), 0);
}

static int in_new_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/launch.XXXXXX",
		 access("/tmp", W_OK) ? "." : "/tmp");
	if (!mkdtemp(dir) || !getcwd(back, sizeof(back)))
		return -1;
	make_dir("a");
	make_dir("b");
	make_dir("a/folder");
	make_file("a/tool", 0700);
	make_file("b/tool", 0700);
	make_file("b/other", 0700);
	make_file("a/data", 0600);
	make_file("a/both", 0600);
	make_file("b/both", 0700);
	return 0;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {
		"a/folder", "a/tool", "a/data", "a/both", "a", "b/tool",
		"b/other", "b/both", "b", "",
	};

	(void)state;
	if (chdir(back))
		return -1;
	for (size_t i = 0; i < N_OF(names); i++)
		if (remove(in_dir(names[i])))
			return -1;
	return 0;
}

/* In the new folder, or where @where is none of its, as it is. */
static void check_found(const char *name, const char *where)
{
	struct why why = { 0 };
	char *path = NULL;

	if (launch_find(&path, name, &why))
		fail_msg("%s: %s", name, why.text);
	assert_non_null(path);
	assert_string_equal(path, where);
	free(path);
}

static void check_not_found(const char *name, int err, const char *said)
{
	struct why why = { 0 };
	char *path = (char *)&why;

	assert_int_equal(launch_find(&path, name, &why), -err);
	assert_null(path);
	assert_int_equal(why.err, err);
	assert_non_null(strstr(why.text, name));
	if (!strstr(why.text, said))
		fail_msg("\"%s\" does not say %s", why.text, said);
	assert_null(strchr(why.text, '\n'));
}

static void the_first_in_path_is_taken(void **state)
{
	(void)state;
	set_path("+/a:+/b");
	check_found("tool", in_dir("a/tool"));
	check_found("other", in_dir("b/other"));
	set_path("+/b:+/a");
	check_found("tool", in_dir("b/tool"));
	set_path("+/none:+/a/data:+/a");
	check_found("tool", in_dir("a/tool"));
}

/* As a shell does: it may be meant for others. */
static void one_that_cannot_run_is_passed_over(void **state)
{
	(void)state;
	set_path("+/a:+/b");
	check_found("both", in_dir("b/both"));
}

static void an_empty_element_is_where_we_are(void **state)
{
	static const char *const paths[] = {
		"", ":+/a", "+/none:", "+/none::+/a",
	};

	(void)state;
	assert_int_equal(chdir(in_dir("b")), 0);
	for (size_t i = 0; i < N_OF(paths); i++) {
		set_path(paths[i]);
		check_found("tool", "tool");
	}
	/* Without one, the folder we are in is not looked at. */
	set_path("+/a");
	check_found("tool", in_dir("a/tool"));
	check_not_found("other", ENOENT, "PATH");
}

static void without_path_there_is_a_usual_one(void **state)
{
	struct why why = { 0 };
	char *path;

	(void)state;
	assert_int_equal(unsetenv("PATH"), 0);
	assert_int_equal(launch_find(&path, "sh", &why), 0);
	assert_int_equal(access(path, X_OK), 0);
	free(path);
	check_not_found("tool", ENOENT, "PATH");
}

static void what_is_nowhere_is_not_found(void **state)
{
	(void)state;
	set_path("+/a:+/b");
	check_not_found("nothing", ENOENT, "no such command in PATH");
	check_not_found("", ENOENT, "PATH");
	check_not_found(in_dir("a/nothing"), ENOENT, strerror(ENOENT));
	check_not_found(in_dir("none/tool"), ENOENT, strerror(ENOENT));
	/* A file is no folder. */
	check_not_found(in_dir("a/tool/x"), ENOENT, strerror(ENOTDIR));
}

static void what_cannot_run_is_told_apart(void **state)
{
	(void)state;
	set_path("+/b:+/a");
	check_not_found("data", EACCES, "permissions");
	check_not_found("folder", EACCES, "permissions");
	check_not_found(in_dir("a/data"), EACCES, "permissions");
	check_not_found(in_dir("a/folder"), EACCES, "permissions");
}

static void a_path_is_taken_as_it_is(void **state)
{
	(void)state;
	set_path("+/a");
	check_found(in_dir("b/other"), in_dir("b/other"));
	assert_int_equal(chdir(dir), 0);
	check_found("b/other", "b/other");
	check_found("./b/tool", "./b/tool");
	/* It is not looked for in PATH. */
	check_not_found("./tool", ENOENT, strerror(ENOENT));
}

/* How the child ended that runs this; @fate is what it left. */
static int run(const char *path, int (*hook)(void *arg), void *arg,
	       struct launch_fate *fate)
{
	struct launch_fate *shared = mmap(NULL, sizeof(*shared), PROT_READ |
					  PROT_WRITE, MAP_SHARED |
					  MAP_ANONYMOUS, -1, 0);
	char name[] = "tool", *argv[] = { name, NULL };
	struct launch_cfg cfg = { .argv = argv, .path = path,
				  .size_signal = true };
	pid_t pid = 0, stored = 0;
	sigset_t mask;
	int status;

	assert_ptr_not_equal(shared, MAP_FAILED);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	cfg.mask = &mask;
	pid = launch_clone(0, &stored);
	if (!pid)
		launch_exec(&cfg, hook, arg, shared);
	assert_true(pid > 0);
	assert_int_equal(stored, pid);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*fate = *shared;
	munmap(shared, sizeof(*shared));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* What the command will find; an errno of its own for each fault. */
static int look_around(void *arg)
{
	struct sigaction action;
	sigset_t mask;

	(void)arg;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	if (!sigismember(&mask, SIGUSR2) || sigismember(&mask, SIGUSR1))
		return -EDOM;
	sigaction(SIGXFSZ, NULL, &action);
	return action.sa_handler == SIG_DFL ? 0 : -ERANGE;
}

static int refuse(void *arg)
{
	return -*(int *)arg;
}

static void a_command_finds_the_world_as_it_was(void **state)
{
	struct launch_fate fate;
	sigset_t mask, before;

	(void)state;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, &before);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(run(in_dir("a/tool"), look_around, NULL, &fate), 7);
	assert_int_equal(fate.failed, 0);
	assert_int_equal(run(in_dir("a/tool"), NULL, NULL, &fate), 7);
	signal(SIGXFSZ, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void a_command_that_does_not_start_says_why(void **state)
{
	struct launch_fate fate;
	int err = EBUSY;

	(void)state;
	assert_int_equal(run(in_dir("a/none"), NULL, NULL, &fate), 127);
	assert_int_equal(fate.failed, ENOENT);
	assert_true(fate.in_exec);
	assert_int_equal(run(in_dir("a/tool"), refuse, &err, &fate), 127);
	assert_int_equal(fate.failed, EBUSY);
	assert_false(fate.in_exec);
}

#define IN_DIR(test) \
	cmocka_unit_test_setup_teardown(test, in_new_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(the_first_in_path_is_taken),
		IN_DIR(one_that_cannot_run_is_passed_over),
		IN_DIR(an_empty_element_is_where_we_are),
		IN_DIR(without_path_there_is_a_usual_one),
		IN_DIR(what_is_nowhere_is_not_found),
		IN_DIR(what_cannot_run_is_told_apart),
		IN_DIR(a_path_is_taken_as_it_is),
		IN_DIR(a_command_finds_the_world_as_it_was),
		IN_DIR(a_command_that_does_not_start_says_why),
	};

	return cmocka_run_group_tests_name("launch", tests, NULL, NULL);
}
