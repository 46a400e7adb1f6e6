/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread under accounting: its clocks from schedstat, and where it is
 * seen at a look. Per look two kept descriptors are read: 3 to 5 us.
 *
 * blocked is the thread's off-CPU clock: the time that went by since the
 * last look, less what schedstat says it ran and waited for a CPU. A thread
 * that runs has its clock brought up to date at ticks and switches only, so
 * a single difference can be off, even below zero, by a tick; the next one
 * makes up for it, and nothing is cut off in between.
 */
#ifndef COLLECT_PROC_TASK_H
#define COLLECT_PROC_TASK_H

#include "collect/proc/process.h"

struct task {
	int32_t tid;		/* the key of the crowd's map: stays first */
	uint64_t start;
	struct process *process;
	/* -1: not kept, opened for each look */
	int fd_sched, fd_see, fd_children;
	enum see see;		/* what fd_see is */
	int64_t since_ns;	/* accounting of it began */
	int64_t last_ns;	/* the last look */
	struct proc_sched first, last;
	struct cell last_details;	/* absolute values, only with details */
	bool in_call;		/* asleep in a call when seen last */
	bool attached;		/* it lived before accounting began */
	uint64_t looks;		/* since it was found */
	bool husk;		/* a leader that ended before its threads */
	/* for the crowd: */
	size_t index;
	pid_t births;
	bool settled;
	int64_t checked_ns;
};

/*
 * @absent_ns: a moment at which the thread was not there yet, which bounds
 * its birth from below; its start time is known to 10 ms only. -ESRCH where
 * there is no such thread.
 */
int task_open(struct task **ret, struct proc_ctx *ctx, struct process *p,
	      pid_t tid, int64_t absent_ns);
void task_free(struct proc_ctx *ctx, struct task *task);

/* Its children file: a list of pids, separated by blanks. */
ssize_t task_children(struct proc_ctx *ctx, struct task *task, char *buf,
		      size_t size);

/* A husk is somebody's again: account for it anew from now on. */
void task_restart(struct proc_ctx *ctx, struct task *task);

bool task_exists(struct proc_ctx *ctx, const struct task *task);

/* Post clocks and a sample. -ESRCH: it has ended. */
int task_look(struct proc_ctx *ctx, struct task *task);

/* Post what is per thread only with cfg.details. */
void task_details(struct proc_ctx *ctx, struct task *task);

/* It has ended, somewhere between the last look and now. */
void task_end(struct proc_ctx *ctx, struct task *task);

#endif
