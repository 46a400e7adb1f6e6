/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session's side of the board: what the receiver has summed up there
 * becomes cells for the sink, as differences since the last time. The proc
 * collector goes on beside it and knows the threads' clocks; what it tells
 * passes through here.
 *
 * - Its looks say what a long gap is spent in, which the receiver cannot
 *   know: a call that is not notified. Where a thread is accounted by gaps,
 *   its looks are told on as STATE_BOOKED.
 * - A gap that is not over yet is booked as far as it went, and taken back
 *   when the receiver books all of it.
 * - Our answers' time is taken from blocked and runq, and told as parked.
 * - What the command used, as its end tells it, is more than what anybody
 *   saw it use: the rest is told with the last report.
 * - Threads that lived too short for a look have the clocks that the receiver
 *   read, without their CPU time: that is their parent's children's.
 */
#ifndef COLLECT_SECCOMP_HARVEST_H
#define COLLECT_SECCOMP_HARVEST_H

#include "base/map.h"
#include "base/procfs.h"
#include "collect/seccomp/board.h"
#include "model/event.h"

struct harvest_view;
struct harvest_posted;

struct harvest {
	struct board *board;
	const struct procfs *fs;
	const struct sink *sink;	/* where everything goes */
	struct sink through;		/* what the proc collector tells */
	const struct callset *notified;
	const struct callset *asked;	/* others have no rows; NULL: all */
	struct map known;		/* threads, by tid */
	struct harvest_view *views;	/* by place on the board */
	struct harvest_posted *posted;	/* by place of a call */
	struct key command;	/* its process, or its children */
	int64_t user_ns, system_ns, cpu_ns;	/* told, of all */
	uint64_t told_unaccounted, told_restarted;
	pid_t server;		/* a process that accepts connections, or 0 */
	pid_t missed;		/* a process the proc collector lacks, or 0 */
	pid_t missed_last;	/* the one before */
};

int harvest_init(struct harvest *h, struct board *board,
		 const struct procfs *fs, const struct sink *sink,
		 const struct callset *notified, const struct callset *asked);
void harvest_done(struct harvest *h);

/* All have ended: what they used in all, by the end of the command. */
void harvest_usage(struct harvest *h, int64_t user_ns, int64_t system_ns);

/* Post everything that is new. Cost: some ns for each call of each thread. */
void harvest_all(struct harvest *h);

#endif
