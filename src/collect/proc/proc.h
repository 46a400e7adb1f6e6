/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The proc collector: attaches to any process of one's own on any kernel,
 * by reading /proc at a bounded rate. Clocks are exact; which call a thread
 * is blocked in is sampled. It never stops the target.
 */
#ifndef COLLECT_PROC_PROC_H
#define COLLECT_PROC_PROC_H

#include "collect/collector.h"

/* Instead of start(): the targets were born at @began_ns or later, and are
 * accounted from their birth on. -ESRCH: they have ended already. */
int proc_start_newborn(struct collector *c, int64_t began_ns,
		       struct why *why);

extern const struct collector_ops collector_proc;

#endif
