/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/crew.h"

#include <errno.h>
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

/* 0: not yet; 1: it is there; -errno: it will not be. */
static int has_listener(struct crew *crew)
{
	const struct launch_fate *fate = &crew->board->fate;
	siginfo_t info = { 0 };
	bool ended = !waitid(P_PID, (id_t)crew->board->command, &info,
			     WEXITED | WNOHANG | WNOWAIT) && info.si_pid;

	/* After the command's end, so that nothing comes in between. */
	if (board_get(crew->board->listener) >= 0)
		return 1;
	if (ended)
		return fate->failed ? -fate->failed : -EINTR;
	return 0;
}

static int await_listener(struct crew *crew, struct why *why)
{
	int err;

	while (!(err = has_listener(crew)))
		pause_ns(AWAIT_NS);
	if (err < 0)
		return why_set(why, -err, "the filter could not be installed "
			       "in the command: %s; start it, then attach "
			       "with -p", strerror(-err));
	return 0;
}

static pid_t make_keeper(struct crew *crew, unsigned long flags)
{
	pid_t pid = launch_clone(flags, &crew->board->keeper);

	if (!pid)
		keeper_run(crew->board, crew->own_argv);
	return pid;
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
			       .own_argv = own_argv };
	board->session = getpid();
	pid = make_keeper(crew, CLONE_FILES);
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
	/* What is closed here from now on stays open for the helpers, who may
	 * not have got to making tables of their own. Where that cannot be
	 * had, which the trial would have shown, nothing is closed. */
	if (!launch_own_table())
		crew->listener = board->listener;
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

	crew->told_receiver |= !reap(crew, &board->receiver);
	crew_tend(crew);
	board_set(board->stop, 1);
	helper_wake(board);
	for (int i = 0; !reap(crew, &board->receiver); i++) {
		/* Harmless at any moment: the keeper takes over. */
		kill(board->receiver, i < NUDGES ? SIGUSR1 : SIGKILL);
		pause_ns(NUDGE_NS);
	}
}

bool crew_tend(struct crew *crew)
{
	bool lost = !crew->told_receiver &&
		    reap(crew, &crew->board->receiver);

	crew->told_receiver |= lost;
	/* Without one, the end of the receiver or of us would be that of the
	 * command, too. */
	if (crew->board->listener >= 0 && reap(crew, &crew->board->keeper) &&
	    !crew_is_over(crew))
		make_keeper(crew, 0);
	return lost;
}

bool crew_is_over(const struct crew *crew)
{
	int listener = board_get(crew->board->listener);

	return listener >= 0 && notify_is_over(listener);
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
	crew->listener = -1;
	reap(crew, &crew->board->keeper);
}
