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

/* What it measures, and which of that takes a kernel that has it. */
#define PROC_SCHED_MEASURES \
	(1u << MEASURE_RUNQ | 1u << MEASURE_SWITCHES | 1u << MEASURE_STOLEN)
#define PROC_IO_MEASURES \
	(1u << MEASURE_READS | 1u << MEASURE_WRITES | \
	 1u << MEASURE_READ_CHARS | 1u << MEASURE_WRITE_CHARS | \
	 1u << MEASURE_READ_BYTES | 1u << MEASURE_WRITE_BYTES)
#define PROC_MEASURES \
	(1u << MEASURE_WALL | 1u << MEASURE_BLOCKED | 1u << MEASURE_CPU | \
	 1u << MEASURE_USER | 1u << MEASURE_SYSTEM | 1u << MEASURE_VCSW | \
	 1u << MEASURE_ICSW | PROC_SCHED_MEASURES | PROC_IO_MEASURES)

/* Of these: for single calls, as estimates, and with cfg.details only. */
#define PROC_BY_CALL \
	(1u << MEASURE_WALL | 1u << MEASURE_BLOCKED | 1u << MEASURE_CPU | \
	 1u << MEASURE_RUNQ | 1u << MEASURE_STOLEN)
#define PROC_ESTIMATED \
	(1u << MEASURE_BLOCKED | 1u << MEASURE_WALL | 1u << MEASURE_STOLEN)
#define PROC_IN_DETAIL (1u << MEASURE_VCSW | 1u << MEASURE_ICSW)

extern const struct collector_ops collector_proc;

#endif
