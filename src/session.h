/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run: collector, ledger, reports. The one place that sees all parts;
 * a poll loop over the collector's descriptor, signals and the pace.
 */
#ifndef SESSION_H
#define SESSION_H

#include "options.h"

/* How it ended, for our own exit status. */
struct outcome {
	int status;	/* to exit with */
	int signal;	/* that the launched command died of, or 0 */
};

/* As in the manual. */
enum { EXIT_VIOLATED = 1, EXIT_USAGE = 2, EXIT_OURS = 125,
       EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127 };

/* Until the target, the user or the clock ends it. 0 or -errno; the outcome
 * has the status for either. */
int session_run(const struct options *options, struct outcome *outcome,
		struct why *why);

#endif
