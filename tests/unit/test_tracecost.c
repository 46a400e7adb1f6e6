/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What strace costs, by the real one and by some that are none. Whatever
 * becomes of it, no process of it is left: this one is told of the ends of
 * all its descendants.
 */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compare/tracecost.h"

static char dir[64], old_path[4096];
static struct why why;
static struct tracecost_figures figures;

static int set_up(void **state)
{
	(void)state;
	snprintf(old_path, sizeof(old_path), "%s", getenv("PATH"));
	snprintf(dir, sizeof(dir), "%s/tracecost.XXXXXX",
		 access("/tmp", W_OK) ? "." : "/tmp");
	return !mkdtemp(dir) || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static int tear_down(void **state)
{
	char name[80];

	(void)state;
	snprintf(name, sizeof(name), "%s/strace", dir);
	unlink(name);
	return rmdir(dir);
}

static int as_before(void **state)
{
	(void)state;
	return setenv("PATH", old_path, 1);
}

/* An strace that is a shell script, or none at all. */
static void replace_strace(const char *script)
{
	char name[80];
	FILE *f;

	snprintf(name, sizeof(name), "%s/strace", dir);
	unlink(name);
	assert_int_equal(setenv("PATH", dir, 1), 0);
	if (!script)
		return;
	f = fopen(name, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	assert_int_equal(chmod(name, 0755), 0);
}

static struct tracecost *start(void)
{
	struct tracecost *cost = NULL;

	memset(&why, 0, sizeof(why));
	memset(&figures, 0, sizeof(figures));
	assert_int_equal(tracecost_start(&cost, &why), 0);
	return cost;
}

/* The answer, which is there as soon as the descriptor says so. */
static int await(struct tracecost *cost)
{
	struct pollfd fd = { .fd = tracecost_fd(cost), .events = POLLIN };
	int answer;

	assert_int_equal(poll(&fd, 1, 60000), 1);
	answer = tracecost_read(cost, &figures, &why);
	assert_int_not_equal(answer, 0);
	/* It stays. */
	assert_int_equal(tracecost_read(cost, &figures, &why), answer);
	return answer;
}

static void nobody_is_left(void)
{
	errno = 0;
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
	assert_int_equal(errno, ECHILD);
}

static void it_fails(int err, const char *words)
{
	struct tracecost *cost = start();

	assert_int_equal(await(cost), -err);
	assert_int_equal(why.err, err);
	if (!strstr(why.text, words))
		fail_msg("'%s' does not say '%s'", why.text, words);
	assert_null(strchr(why.text, '\n'));
	tracecost_stop(cost);
	nobody_is_left();
}

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void a_call_takes_longer_under_strace(void **state)
{
	int fds = count_fds(), answer;
	struct tracecost *cost;

	(void)state;
	cost = start();
	answer = await(cost);
	tracecost_stop(cost);
	nobody_is_left();
	assert_int_equal(count_fds(), fds);
	if (answer == -ENOENT)
		skip_because("tool: strace is not installed");
	if (answer == -EPERM)
		skip_because("kernel: strace may not trace here");
	assert_int_equal(answer, 1);
	assert_true(figures.bare_ns > 0);
	/* At least two switches between processes, at two stops. */
	assert_true(figures.traced_ns > 2 * figures.bare_ns);
}

/* Whoever looks again and again is never told anything else. */
static void it_answers_once_and_never_waits(void **state)
{
	const struct timespec pause = { .tv_nsec = MS };
	struct tracecost *cost = start();
	int answer;

	(void)state;
	while (!(answer = tracecost_read(cost, &figures, &why)))
		nanosleep(&pause, NULL);
	assert_true(answer == 1 || answer < 0);
	tracecost_stop(cost);
	nobody_is_left();
}

static void it_can_be_stopped_at_any_moment(void **state)
{
	int fds = count_fds();

	(void)state;
	tracecost_stop(NULL);
	for (long us = 0; us < 60000; us += 1 + us / 4) {
		const struct timespec pause = { .tv_nsec = us * 1000 };
		struct tracecost *cost = start();

		nanosleep(&pause, NULL);
		tracecost_stop(cost);
		nobody_is_left();
	}
	assert_int_equal(count_fds(), fds);
}

static void without_strace_a_sentence_says_so(void **state)
{
	(void)state;
	replace_strace(NULL);
	it_fails(ENOENT, "strace is not installed");
}

static void one_that_may_not_trace_says_why(void **state)
{
	(void)state;
	replace_strace("echo 'strace: Process 1 attached'; echo 'strace: "
		       "ptrace(PTRACE_SEIZE, 1): Operation not permitted' >&2; "
		       "exit 1");
	it_fails(EPERM, "Operation not permitted");
	replace_strace("exit 1");
	it_fails(EPERM, "it says nothing");
	/* Whatever it says has an end. */
	replace_strace("i=0; while test $i -lt 5000; do echo 'a: long story' "
		       ">&2; i=$((i + 1)); done; exit 1");
	it_fails(EPERM, "strace may not trace here");
}

static void one_that_hangs_is_not_waited_for(void **state)
{
	struct tracecost *cost;

	(void)state;
	setenv("PATH", old_path, 1);
	replace_strace("exec /bin/sleep 1000");
	it_fails(ETIMEDOUT, "within 2 seconds");
	cost = start();
	tracecost_stop(cost);
	nobody_is_left();
}

/* The child of ours that measures; 0: there is none. */
static pid_t our_child(void)
{
	char name[64];
	int pid = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/task/%d/children", getpid(),
		 getpid());
	f = fopen(name, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	fclose(f);
	return pid;
}

/* Its own children go with it, and come to us to be waited for. */
static void one_that_is_killed_leaves_nobody(void **state)
{
	const struct timespec pause = { .tv_nsec = 20 * MS };
	struct tracecost *cost;
	pid_t pid;

	(void)state;
	replace_strace("exec /bin/sleep 1000");
	cost = start();
	nanosleep(&pause, NULL);
	pid = our_child();
	if (!pid) {
		tracecost_stop(cost);
		skip_because("kernel: does not tell a process's children");
	}
	kill(pid, SIGKILL);
	assert_int_equal(await(cost), -EIO);
	tracecost_stop(cost);
	/* Blocks for as long as one of them lives. */
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	assert_int_equal(errno, ECHILD);
}

#define COST(test) cmocka_unit_test_teardown(test, as_before)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COST(a_call_takes_longer_under_strace),
		COST(it_answers_once_and_never_waits),
		COST(it_can_be_stopped_at_any_moment),
		COST(without_strace_a_sentence_says_so),
		COST(one_that_may_not_trace_says_why),
		COST(one_that_hangs_is_not_waited_for),
		COST(one_that_is_killed_leaves_nobody),
	};

	return cmocka_run_group_tests_name("tracecost", tests, set_up,
					   tear_down);
}
