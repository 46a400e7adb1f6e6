/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signals that the session waits for, as descriptors: SIGINT, SIGTERM and
 * SIGHUP want the end, SIGUSR1 wants a report, SIGCHLD is a launched command's. They are blocked
 * meanwhile; a command gets the mask as it was.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "base/why.h"

struct signals {
	int end_fd;		/* -1: nothing is caught */
	int report_fd;		/* SIGUSR1 */
	int child_fd;		/* -1: no command is launched */
	sigset_t old_mask;
	bool child_ignored;	/* SIGCHLD was, when we began */
};

#define SIGNALS_NONE { .end_fd = -1, .report_fd = -1, .child_fd = -1 }

int signals_catch(struct signals *signals, bool child, struct why *why);
void signals_done(struct signals *signals);

#endif
