/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/crew.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "collect/seccomp/helper.h"
#include "collect/seccomp/keeper.h"
#include "collect/seccomp/receiver.h"

/* The child cannot wake us: its next call may be one that waits for us. */
#define AWAIT_NS 100000
/* So often is the receiver told to end, which a signal too early misses. */
#define NUDGE_NS (5 * NS_PER_MS)
#define NUDGES 400

struct hook {
	struct board *board;
	const struct sock_fprog *filter;
};

/* In the command-to-be: from here on its calls are notified. */
static int install(void *arg)
{
	const struct hook *hook = arg;
	int fd;

	/* Where Yama restricts who may read a process's memory: handlers.h. */
	prctl(PR_SET_PTRACER, (unsigned long)hook->board->receiver, 0, 0, 0);
	fd = notify_install(hook->filter, &hook->board->mode);
	if (fd < 0)
		return fd;
	board_set(hook->board->listener, fd);
	return 0;
}

static void pause_ns(long ns)
{
	struct timespec timeout = { .tv_nsec = ns };

	nanosleep(&timeout, NULL);
}

static int await_listener(struct crew *crew, struct why *why)
{
	const struct launch_fate *fate = &crew->board->fate;
	siginfo_t info = { 0 };
	int err = 0;

	while (board_get(crew->board->listener) < 0 && !err) {
		pause_ns(AWAIT_NS);
		err = -board_get(fate->failed);
		/* Killed before it got there, but left for the session. */
		if (!err && !waitid(P_PID, (id_t)crew->board->command, &info,
				    WEXITED | WNOHANG | WNOWAIT) &&
		    info.si_pid && board_get(crew->board->listener) < 0)
			err = -EINTR;
	}
	if (err)
		return why_set(why, -err, "the filter could not be installed "
			       "in the command: %s; start it, then attach "
			       "with -p", strerror(-err));
	crew->listener = crew->board->listener;
	return 0;
}

int crew_start(struct crew *crew, struct board *board,
	       const struct launch_cfg *launch,
	       const struct sock_fprog *filter, const struct procfs *fs,
	       char **own_argv, struct why *why)
{
	struct hook hook = { board, filter };
	pid_t pid;
	int err;

	*crew = (struct crew){ .board = board, .listener = -1,
				.receiver_fd = -1 };
	board->session = getpid();
	pid = launch_clone(CLONE_FILES, &board->keeper);
	if (!pid)
		keeper_run(board, own_argv);
	if (pid > 0)
		pid = launch_clone(CLONE_FILES, &board->receiver);
	if (!pid)
		receiver_run(board, fs);
	if (pid > 0)
		pid = launch_clone(CLONE_FILES, &board->command);
	if (!pid)
		launch_exec(launch, install, &hook, &board->fate);
	if (pid < 0)
		return why_set(why, errno, "cannot make a process: %s",
			       strerror(errno));
	err = await_listener(crew, why);
	if (err)
		return err;
	helper_wake(board);
	crew->receiver_fd = (int)syscall(SYS_pidfd_open, board->receiver, 0);
	return 0;
}

static int64_t cpu_of(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) *
	       NS_PER_SEC +
	       (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000;
}

/* Whether it has ended; then it is gone, and *pid 0. */
static bool reap(struct crew *crew, pid_t *pid)
{
	struct rusage usage;

	if (*pid <= 0)
		return true;
	if (wait4(*pid, NULL, WNOHANG, &usage) != *pid)
		return false;
	crew->ended_cpu_ns += cpu_of(&usage);
	*pid = 0;
	return true;
}

void crew_end_receiver(struct crew *crew)
{
	struct board *board = crew->board;

	board_set(board->stop, 1);
	helper_wake(board);
	for (int i = 0; !reap(crew, &board->receiver); i++) {
		/* Harmless at any moment: the keeper takes over. */
		kill(board->receiver, i < NUDGES ? SIGUSR1 : SIGKILL);
		pause_ns(NUDGE_NS);
	}
}

bool crew_lost_receiver(struct crew *crew)
{
	struct pollfd fd = { .fd = crew->receiver_fd, .events = POLLIN };

	if (crew->receiver_fd < 0 || poll(&fd, 1, 0) != 1)
		return false;
	reap(crew, &crew->board->receiver);
	close(crew->receiver_fd);
	crew->receiver_fd = -1;
	return true;
}

bool crew_is_over(const struct crew *crew)
{
	return crew->listener >= 0 && notify_is_over(crew->listener);
}

static int64_t helper_cpu_ns(pid_t pid)
{
	struct timespec now;
	clockid_t clock;

	if (pid <= 0 || clock_getcpuclockid(pid, &clock) ||
	    clock_gettime(clock, &now))
		return 0;
	return now.tv_sec * NS_PER_SEC + now.tv_nsec;
}

int64_t crew_cpu_ns(const struct crew *crew)
{
	return crew->ended_cpu_ns + helper_cpu_ns(crew->board->receiver) +
	       helper_cpu_ns(crew->board->keeper);
}

void crew_close(struct crew *crew)
{
	if (!crew->board)
		return;
	crew_end_receiver(crew);
	if (crew->listener >= 0)
		close(crew->listener);
	if (crew->receiver_fd >= 0)
		close(crew->receiver_fd);
	crew->listener = crew->receiver_fd = -1;
	reap(crew, &crew->board->keeper);
}
