/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What our answers cost on this machine, now: a child of ours makes a call
 * that does nothing under a filter of its own, and its clocks tell how long
 * it was off the CPU for it. That looks like a wait and is not one, so it is
 * subtracted. Takes a few milliseconds. It is also the proof that seccomp
 * user notification works here, before a command depends on it.
 */
#ifndef COLLECT_SECCOMP_CALIBRATE_H
#define COLLECT_SECCOMP_CALIBRATE_H

#include "base/procfs.h"
#include "collect/seccomp/board.h"
#include "model/callset.h"

/* Fills the board's *_each_ns. 0, or -errno with what keeps it from working,
 * and what to do. */
int calibrate(struct board *board, const struct procfs *fs,
	      const struct callnames *names, struct why *why);

#endif
