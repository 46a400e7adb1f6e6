/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clocks, in nanoseconds. Cost: a vDSO read (tens of ns) each, but
 * clock_own_cpu_ns(), which is a system call.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_SEC 1000000000LL
#define NS_PER_MS 1000000LL

/* Intervals and waits; does not run while the machine is suspended. */
int64_t clock_mono_ns(void);
/* The clock of a task's start time in /proc/PID/stat, field 22. */
int64_t clock_boot_ns(void);
/* Seconds since 1970. */
int64_t clock_wall_ns(void);
/* CPU time of this process, all threads, user and system. */
int64_t clock_own_cpu_ns(void);

#endif
