/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"

/* For one that was told to end to do so. */
#define PATIENCE_NS (2 * NS_PER_SEC)

struct prepare {
	pid_t parent;
	int said;
};

static int prepare(void *arg)
{
	const struct prepare *p = arg;

	child_tie(p->parent);
	/* Nothing of it may stop at our terminal, which it does not have. */
	if (setsid() < 0)
		return -errno;
	return child_streams(-1, -1, p->said);
}

/* Whether it has ended; its id stays taken. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return !waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid == pid;
}

static void reap(pid_t pid, struct run_result *result)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	result->status = result->signal ? 128 + result->signal :
					  WEXITSTATUS(status);
}

static void forget(int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		;
}

/* Until it has ended; then 0. -EINTR: the end is wanted. */
static int await(const struct run_with *with, pid_t pid, int64_t end_ns)
{
	struct pollfd fds[] = {
		{ .fd = with->child_fd, .events = POLLIN },
		{ .fd = end_ns ? -1 : with->end_fd, .events = POLLIN },
	};

	while (!has_ended(pid)) {
		int64_t left = end_ns ? end_ns - clock_mono_ns() : 0;

		if (end_ns && left <= 0)
			return -ETIMEDOUT;
		if (poll(fds, 2, end_ns ? (int)(left / NS_PER_MS) + 1 : -1) <
		    0 && errno != EINTR)
			return -errno;
		if (fds[1].revents)
			return -EINTR;
		forget(with->child_fd);
	}
	return 0;
}

/* It is told as it would be by its terminal, and killed if it does not
 * listen. */
static int end(const struct run_with *with, pid_t pid)
{
	struct signalfd_siginfo info;
	int number = SIGINT;

	if (read(with->end_fd, &info, sizeof(info)) == sizeof(info))
		number = (int)info.ssi_signo;
	/* It may not have its session yet. */
	if (kill(-pid, number))
		kill(pid, number);
	await(with, pid, clock_mono_ns() + PATIENCE_NS);
	kill(pid, SIGKILL);
	return number;
}

/* As target.h has it. */
static int explain(const struct launch_fate *fate, const char *path,
		   struct run_result *result, struct why *why)
{
	int err = fate->failed;

	if (!err)
		return 0;
	result->status = !fate->in_exec ? 125 : err == ENOENT ? 127 : 126;
	return why_set(why, err, "%s: %s", path, err == ENOEXEC ?
		       "no program that this machine runs" : strerror(err));
}

static int run(const struct run_with *with, const struct launch_cfg *launch,
	       int said, struct launch_fate *fate, struct run_result *result,
	       struct why *why)
{
	struct prepare arg = { .parent = getpid(), .said = said };
	int64_t began_ns = clock_mono_ns();
	pid_t pid = fork();
	int err, number = 0;

	if (!pid)
		launch_exec(launch, prepare, &arg, fate);
	if (pid < 0)
		return why_set(why, errno, "cannot fork: %s",
			       strerror(errno));
	err = await(with, pid, 0);
	result->wall_ns = clock_mono_ns() - began_ns;
	if (err)
		number = end(with, pid);
	/* What it left running would disturb the next one. */
	kill(-pid, SIGKILL);
	reap(pid, result);
	if (!err)
		return explain(fate, launch->path, result, why);
	result->signal = number;
	result->status = 128 + number;
	return why_set(why, -err, "interrupted by signal %d", number);
}

int run_once(const struct run_with *with, const char *path, char **argv,
	     int said, struct run_result *result, struct why *why)
{
	const struct launch_cfg launch = {
		.argv = argv, .path = path, .mask = with->mask,
		.size_signal = with->size_signal,
		.child_signal_ignored = with->child_signal_ignored,
	};
	struct launch_fate *fate = mmap(NULL, sizeof(*fate),
					PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int err;

	*result = (struct run_result){ .status = 125 };
	if (fate == MAP_FAILED)
		return why_set(why, ENOMEM, "out of memory");
	err = run(with, &launch, said, fate, result, why);
	munmap(fate, sizeof(*fate));
	return err;
}
