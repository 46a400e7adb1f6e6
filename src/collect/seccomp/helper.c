/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

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

/* From 5.9 on; what is closed beside it is nothing. */
#define UNSHARE_TABLE 2U

int helper_own_table(void)
{
	/* Allowed where unshare(), which can do much more, is not. */
	if (!syscall(SYS_close_range, ~0U, ~0U, UNSHARE_TABLE) ||
	    !unshare(CLONE_FILES))
		return 0;
	return -errno;
}

static void close_range_of(unsigned first, unsigned last)
{
	struct rlimit limit = { .rlim_cur = 1024 };

	if (first > last || !syscall(SYS_close_range, first, last, 0))
		return;
	getrlimit(RLIMIT_NOFILE, &limit);
	for (unsigned fd = first; fd <= last && fd < limit.rlim_cur; fd++)
		close((int)fd);
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
				close_range_of(first, fd - 1);
			first = fd + 1;
		}
	close_range_of(first, ~0U);
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
	if (!helper_own_table())
		close_others(fds, n);
	if (chdir("/"))
		return;	/* stays where it is: that keeps a mount busy, no more */
}
