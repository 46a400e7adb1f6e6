/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From notifications to blocked time. All that a notification tells is that
 * a thread is about to make a call. What it did until then, since the call
 * before was let go on, is the gap; that it slept, and for how long, is
 * told by its clocks, which stand still while it is parked. A call's
 * blocked time is the off-CPU time of the gap after it, less what our own
 * answers take by calibration.
 *
 * Reading the clocks costs about a microsecond, so they are read only where
 * a gap is long enough to hold a wait, or once in a while. The off-CPU time
 * of a window of several gaps is given to the longest of them first.
 *
 * Pure functions of their arguments, for one thread at a time.
 */
#ifndef COLLECT_SECCOMP_GAP_H
#define COLLECT_SECCOMP_GAP_H

#include "collect/seccomp/board.h"

/* Whether to read the thread's clocks, which is parked now. */
bool gap_wants_clocks(const struct board *board,
		      const struct board_task *task, int64_t now_ns);

/* The gap ends: the thread is parked again. @clocks: NULL if not read. */
void gap_close(struct board *board, struct board_task *task, int64_t now_ns,
	       const struct board_clocks *clocks);

/* The next gap begins with a call that was let go on, or with an attempt
 * that was interrupted: then it belongs to no call. */
void gap_begin(struct board *board, struct board_task *task, int64_t now_ns,
	       int abi, int nr, bool accepted);

/* What a gap's time was spent in: the calls it was seen in, or its first. */
struct gap_share {
	int abi, nr;
	double part;	/* of 1 */
};

/* At most BOARD_SEEN shares; how many. */
int gap_shares(const struct board_task *task, uint64_t gap,
	       struct gap_share *ret);

/* For the session: so much of the present gap was spent in a call. */
void gap_see(struct board_task *task, uint64_t gap, int abi, int nr,
	     int64_t weight_ns);

/* Off-CPU time in the gap that is still open, at @now, without our answers. */
int64_t gap_open_blocked(const struct board *board,
			 const struct board_task *task,
			 const struct board_clocks *now);

#endif
