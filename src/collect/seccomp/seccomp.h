/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp collector: launches a command and counts the calls of it and
 * all that it starts, without ptrace and without privileges, by seccomp user
 * notification. Counts are exact; blocked time is the off-CPU time of the
 * gap after a call. The proc collector works beside it, for the ledger and
 * for what is not notified.
 */
#ifndef COLLECT_SECCOMP_SECCOMP_H
#define COLLECT_SECCOMP_SECCOMP_H

#include "collect/collector.h"
#include "collect/proc/proc.h"

#define SECCOMP_OWN_MEASURES (1u << MEASURE_CALLS | 1u << MEASURE_PARKED)
#define SECCOMP_MEASURES (SECCOMP_OWN_MEASURES | PROC_MEASURES)
/* Of these: for single calls, and as estimates. */
#define SECCOMP_BY_CALL \
	(1u << MEASURE_BLOCKED | 1u << MEASURE_CPU | 1u << MEASURE_RUNQ | \
	 1u << MEASURE_STOLEN | 1u << MEASURE_CALLS)
#define SECCOMP_ESTIMATED \
	(1u << MEASURE_BLOCKED | 1u << MEASURE_WALL | \
	 1u << MEASURE_STOLEN | 1u << MEASURE_PARKED)

extern const struct collector_ops collector_seccomp;

#endif
