/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signals.h"

#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int open_fd(const sigset_t *mask, struct why *why)
{
	int fd = signalfd(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK);

	return fd >= 0 ? fd : why_set(why, errno, "cannot catch signals: %s",
				      strerror(errno));
}

/* A command's end is told by a signal, which must not be ignored. */
static int catch_child(struct signals *signals, struct why *why)
{
	struct sigaction action;
	sigset_t mask;

	sigaction(SIGCHLD, NULL, &action);
	signals->child_ignored = action.sa_handler == SIG_IGN;
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals->child_fd = open_fd(&mask, why);
	return signals->child_fd < 0 ? signals->child_fd : 0;
}

int signals_catch(struct signals *signals, bool child, struct why *why)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	sigset_t mask;

	/* What was ignored at our start stays so: nohup means it. */
	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		if (!sigaction(ending[i], NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			sigaddset(&mask, ending[i]);
	sigprocmask(SIG_BLOCK, &mask, &signals->old_mask);
	signals->end_fd = open_fd(&mask, why);
	if (signals->end_fd < 0)
		return signals->end_fd;
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signals->report_fd = open_fd(&mask, why);
	if (signals->report_fd < 0)
		return signals->report_fd;
	return child ? catch_child(signals, why) : 0;
}

void signals_done(struct signals *signals)
{
	if (signals->end_fd < 0)
		return;
	close(signals->end_fd);
	if (signals->report_fd >= 0)
		close(signals->report_fd);
	if (signals->child_fd >= 0)
		close(signals->child_fd);
	sigprocmask(SIG_SETMASK, &signals->old_mask, NULL);
}
