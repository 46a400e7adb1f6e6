/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/procparse.h"

/* Nobody can be told to wake us when the session is killed right then. */
#define AWAIT_NS (2 * NS_PER_MS)

int helper_await(const struct board *board)
{
	struct timespec timeout = { .tv_nsec = AWAIT_NS };

	while (board_get(board->listener) < 0) {
		/* Without a session nobody makes a command any more, but one
		 * that was made may be about to install its filter. */
		bool orphan = getppid() != board->session;
		pid_t command = board_get(board->command);

		if (board_get(board->stop) ||
		    (orphan && (command <= 0 || kill(command, 0))))
			return -ESRCH;
		syscall(SYS_futex, &board->listener, FUTEX_WAIT, -1, &timeout,
			NULL, 0);
	}
	return 0;
}

void helper_wake(struct board *board)
{
	syscall(SYS_futex, &board->listener, FUTEX_WAKE, INT_MAX, NULL, NULL,
		0);
}

static void ignore(int number)
{
	(void)number;
}

static void take_signals(int interrupting)
{
	struct sigaction action = { .sa_handler = ignore };
	sigset_t mask;

	/* No SA_RESTART: it is to end the wait for a notification. */
	sigaction(interrupting, &action, NULL);
	sigfillset(&mask);
	sigdelset(&mask, interrupting);
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

static bool is_kept(const int *fds, int n, unsigned fd)
{
	for (int i = 0; i < n; i++)
		if (fds[i] >= 0 && (unsigned)fds[i] == fd)
			return true;
	return false;
}

/* Nothing is left open that somebody could wait for; and nothing is moved,
 * which would take room that there may not be. */
static void close_others(const int *fds, int n)
{
	unsigned first = 0, highest = 0;

	for (int i = 0; i < n; i++)
		if (fds[i] >= 0 && (unsigned)fds[i] > highest)
			highest = (unsigned)fds[i];
	for (unsigned fd = 0; fd <= highest; fd++)
		if (is_kept(fds, n, fd)) {
			if (fd)
				child_close_range(first, fd - 1);
			first = fd + 1;
		}
	child_close_range(first, ~0U);
	/* Whoever opens a file must not get one of these numbers. */
	for (int fd = 0; fd >= 0 && fd < 3; )
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
}

void helper_detach(const char *name, int interrupting, const int *fds, int n)
{
	take_signals(interrupting);
	prctl(PR_SET_NAME, name);
	/* The trial has shown that it can be done; else all of it is shared
	 * with the session and, until it is executed, the command. */
	if (!launch_own_table())
		close_others(fds, n);
	if (chdir("/"))
		return;	/* stays where it is: that keeps a mount busy, no more */
}

void helper_follow(const struct procfs *fs, pid_t tid)
{
	struct proc_stat stat;
	char buf[1024];
	cpu_set_t cpu;

	if (procfs_read(fs, buf, sizeof(buf), "%d/stat", tid) <= 0 ||
	    proc_parse_stat(buf, &stat) || stat.cpu < 0 ||
	    stat.cpu >= CPU_SETSIZE || stat.cpu == sched_getcpu())
		return;
	CPU_ZERO(&cpu);
	CPU_SET(stat.cpu, &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
}
