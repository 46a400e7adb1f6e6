/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All processes and threads under accounting, and how new ones are found: a
 * process's task directory is read again when its number of threads is not
 * the one that is known, a thread's children file when the last id that the
 * kernel gave out has changed. Children of a parent that ended before it was
 * looked at again are not found: they are somebody else's by then.
 */
#ifndef COLLECT_PROC_CROWD_H
#define COLLECT_PROC_CROWD_H

#include "base/map.h"
#include "collect/proc/task.h"

struct crowd {
	struct proc_ctx *ctx;
	struct map processes;	/* by pid */
	struct map by_tid;
	struct task **tasks;	/* in no order; task->index is the place */
	size_t n_tasks, capacity;
	size_t cursor;		/* who is next in the rotation */
	char *children;		/* room to read a children file */
	int fd_loadavg;
	pid_t births;		/* the last id given out */
	int64_t births_ns;	/* read when */
	int32_t extra_births;	/* where /proc/loadavg cannot be read */
	bool told_limit, told_children;
};

int crowd_init(struct crowd *crowd, struct proc_ctx *ctx);
void crowd_done(struct crowd *crowd);

/*
 * A process with its threads and, if followed, descendants; unless
 * ctx->attaching, what was born since accounting began counts from its birth.
 * -ESRCH: gone.
 */
int crowd_add(struct crowd *crowd, pid_t pid);

/* Look at the next @looks threads in turn. */
void crowd_round(struct crowd *crowd, size_t looks);

/* The processes that have told of their end, by ctx->ends_fd. */
void crowd_ends(struct crowd *crowd);

/* Look at all of them, and post everything that is known. */
void crowd_update(struct crowd *crowd);

/* Tell how many there are. */
void crowd_tell(const struct crowd *crowd);

#endif
