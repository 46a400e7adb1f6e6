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

#include "base/clock.h"

/* Nobody can be told to wake us when the session is killed right then. */
#define AWAIT_NS (2 * NS_PER_MS)

int helper_await(const struct board *board)
{
	struct timespec timeout = { .tv_nsec = AWAIT_NS };

	while (board_get(board->listener) < 0) {
		pid_t command = board_get(board->command);

		if (board_get(board->stop))
			return -ESRCH;
		/* Without a session nobody makes a command any more, but one
		 * that was made may be about to install its filter. */
		if (getppid() != board->session &&
		    (command <= 0 || kill(command, 0)))
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

/* The first descriptors: nothing, three times, then @fds. */
static void keep(int *const *fds, int n)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < n; i++)
		*fds[i] = fcntl(*fds[i], F_DUPFD_CLOEXEC, 3 + n);
	for (int i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
	for (int i = 0; i < n; i++) {
		*fds[i] = dup3(*fds[i], 3 + i, O_CLOEXEC);
	}
	closefrom(3 + n);
}

void helper_detach(const char *name, int interrupting, int *const *fds, int n)
{
	take_signals(interrupting);
	prctl(PR_SET_NAME, name);
	unshare(CLONE_FILES);
	keep(fds, n);
	if (chdir("/"))
		return;	/* stays where it is: that keeps a mount busy, no more */
}
