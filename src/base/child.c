/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

void child_tie(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have died before that. */
	if (getppid() != parent)
		_exit(127);
}

void child_reset(pid_t parent)
{
	sigset_t none;

	child_tie(parent);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void child_join(pid_t pid, pid_t group)
{
	setpgid(pid, group);
}

int child_streams(int in, int out, int err)
{
	const int wanted[] = { in, out, err };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -errno;
	for (int fd = 0; fd < 3; fd++)
		if (dup2(wanted[fd] < 0 ? null : wanted[fd], fd) < 0)
			return -errno;
	if (null > 2)
		close(null);
	return 0;
}

void child_close_range(unsigned first, unsigned last)
{
	struct rlimit limit = { .rlim_cur = 1024 };

	if (first > last || !syscall(SYS_close_range, first, last, 0))
		return;
	/* Before Linux 5.9. */
	getrlimit(RLIMIT_NOFILE, &limit);
	for (unsigned fd = first; fd <= last && fd < limit.rlim_cur; fd++)
		close((int)fd);
}

void child_close_others(int fd)
{
	child_close_range(3, (unsigned)fd - 1);
	child_close_range((unsigned)fd + 1, ~0U);
}
