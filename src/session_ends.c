/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session's part that knows what ends it, and who asks for a report. */
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "session_parts.h"

void session_reap(struct session *s, bool wait)
{
	const struct collector_ops *ops = s->collector->ops;
	bool before = s->child.ended;

	target_reap(&s->child, wait);
	if (!before && s->child.ended && ops->reaped)
		ops->reaped(s->collector, &s->child.usage);
}

/* Whether the command has ended, and nothing that it started goes on. */
bool session_child_ended(struct session *s)
{
	struct signalfd_siginfo info;
	bool before = s->child.ended;

	if (read(s->signals.child_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	session_reap(s, false);
	if (s->collector->ops->drain(s->collector, NULL) == 1)
		return true;
	if (before || !s->child.ended)
		return false;
	/* What has no end of its own ends with the command. */
	if (options_attach(s->options) && !s->options->n_pids)
		return true;
	tell(&s->tell, "%s has ended, and %s; Ctrl-C ends and reports",
	    *s->options->command, s->options->n_pids ?
	    "what else is under accounting goes on" :
	    "processes that it started go on");
	return false;
}

/*
 * Whether the user wants the end. A launched command comes first: it is
 * told, unless its terminal told it already, and a second time says that it
 * would not.
 */
bool session_signalled(struct session *s)
{
	struct signalfd_siginfo info;

	if (read(s->signals.end_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGINT || !s->child.pid || s->child.ended ||
	    s->interrupted)
		return true;
	s->interrupted = true;
	if (info.ssi_code != SI_KERNEL)
		kill(s->child.pid, SIGINT);
	return false;
}

/* What came while it was being started came to us alone, or to what was not
 * the command yet. */
void session_pass_on(struct session *s)
{
	s->ending = session_signalled(s);
	if (s->interrupted)
		kill(s->child.pid, SIGINT);
}

/* Whether a report is wanted now. */
bool session_asked(struct session *s)
{
	struct signalfd_siginfo info;

	return read(s->signals.report_fd, &info, sizeof(info)) ==
	       sizeof(info);
}
