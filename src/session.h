/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run: collector, ledger, reports. The one place that sees all parts;
 * a poll loop over the collector's descriptor, signals and the pace.
 */
#ifndef SESSION_H
#define SESSION_H

#include "options.h"

/* Until the target, the user or the clock ends it. 0 or -errno. */
int session_run(const struct options *options, struct why *why);

#endif
