/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command, run once and timed, silent: in a session of its own, whose
 * processes all go with it, without a terminal, its standard streams
 * /dev/null. It has our environment, limits and folder.
 */
#ifndef COMPARE_RUN_H
#define COMPARE_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/launch.h"
#include "base/why.h"

/* What is the same for all runs. The signals are blocked; lent. */
struct run_with {
	int child_fd;		/* a signalfd of SIGCHLD */
	int end_fd;		/* one of what wants the end */
	const sigset_t *mask;	/* the command's */
	bool size_signal, child_signal_ignored;	/* as launch.h has them */
};

struct run_result {
	int64_t wall_ns;	/* from before its fork to its end being seen */
	int status;		/* as a shell counts */
	int signal;		/* that it died of, or 0 */
};

/*
 * To its end. @said: a descriptor for what it writes to its standard error,
 * or -1. -EINTR: the end was wanted, the command was ended, with its
 * processes, and @result has the signal; else 0 or -errno, with the status
 * to exit with in the result where it could not be executed.
 */
int run_once(const struct run_with *with, const char *path, char **argv,
	     int said, struct run_result *result, struct why *why);

#endif
