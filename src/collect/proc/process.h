/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One process under accounting, as /proc/PID/stat and /proc/PID/io know it:
 * user and system CPU time and bytes, ended threads included, and the CPU
 * time of children that it has waited for. Its threads are in task.h.
 *
 * User and system time come in clock ticks (10 ms); the kernel scales them
 * so that their sum is the exact CPU time. Children that are followed
 * report for themselves until they are seen last; what their parent's
 * cutime and cstime hold beyond that is posted under TID_CHILDREN.
 */
#ifndef COLLECT_PROC_PROCESS_H
#define COLLECT_PROC_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/procfs.h"
#include "base/procparse.h"
#include "model/event.h"

/* What every process and thread of one attachment shares. */
struct proc_ctx {
	const struct procfs *fs;
	const struct sink *sink;	/* NULL: nobody listens (probing) */
	bool follow;
	bool details;
	bool has_sched;		/* schedstat is there and counts */
	bool attaching;		/* what is found now lived before */
	int64_t began_ns;	/* when accounting began, monotonic */
	int64_t boot_offset_ns;	/* boot clock minus monotonic clock */
	int64_t tick_ns;	/* length of a clock tick of stat */
	long spare_fds;		/* how many more may be kept open */
	/* Until then an end that we hear of has just come; later we may have
	 * been held up as it came. */
	int64_t in_time_ns;
	int ends_fd;		/* epoll of pidfds; 0: looks find the ends */
};

/* What tells where a thread is, best first; each needs less permission. */
enum see { SEE_SYSCALL, SEE_WCHAN, SEE_STATE };

struct process {
	int32_t pid;		/* the key of the crowd's map: stays first */
	uint64_t start;
	struct process *parent;	/* NULL: not followed, or ended */
	int fd_stat, fd_io;	/* -1: not kept, opened for each read */
	int fd_end;		/* pidfd, in ctx->ends_fd, or -1 */
	int64_t ended_ns;	/* when it told of its end, or 0 */
	bool ending;		/* its stat is not read any more */
	bool has_io;		/* io may be read */
	enum see see;
	struct proc_stat last;
	struct proc_io last_io;
	int64_t io_ns;		/* when io was read last */
	struct cell claimed;	/* posted by single threads already */
	/* of children that were followed and have ended: */
	uint64_t absorbed_utime, absorbed_stime;
	int64_t absorbed_cpu_ns;
	struct proc_io pending_io;	/* not yet seen in our own io */
	bool had_children;		/* that are or were followed */
	uint64_t children_utime, children_stime;	/* posted so far */
	int64_t children_cpu_ns;
	int64_t tails_ns;	/* CPU time of theirs that wall holds already */
	int64_t unused_ns;	/* of that, told as blocked so far */
	/* of threads that have ended: */
	int64_t own_tails_ns;	/* life after their last look */
	int64_t seen_cpu_ns;	/* CPU time posted by all threads */
	int64_t rest_cpu_ns;	/* posted beyond that */
	uint64_t base_ticks;	/* user and system time not accounted */
	/* for the crowd: */
	size_t tasks;
	int64_t scanned_ns;	/* its threads were all known then */
	int64_t matched_ns;	/* and those that are known all lived then */
};

/* It has ended, and nothing is left but what its parent waits for. */
bool process_is_over(const struct process *p);

/* -ESRCH where there is no such process (any more): a zombie is listed among
 * its parent's children, too. */
int process_open(struct process **ret, struct proc_ctx *ctx, pid_t pid,
		 struct process *parent);
void process_free(struct proc_ctx *ctx, struct process *p);

/* Post what has changed; @all: io too, however lately it was read.
 * -ESRCH: it is gone, waited for by its parent. */
int process_read(struct proc_ctx *ctx, struct process *p, bool all);

/*
 * What a process has of its ended children can be told from its own, and
 * from what they reported themselves, only when it is known who has ended.
 * So read both first, then have the crowd notice every end until then, then
 * settle: post children's CPU time, and io where there were any.
 */
void process_read_io(struct proc_ctx *ctx, struct process *p,
		     struct proc_io *io);
void process_settle(struct proc_ctx *ctx, struct process *p,
		    const struct proc_io *io);

/* It has ended: hand over to the parent what that will find in its own. */
void process_end(struct proc_ctx *ctx, struct process *p);

/* The present way of seeing is not permitted (-err): take the next one. */
void process_see_less(struct proc_ctx *ctx, struct process *p, int err);

struct key process_key(const struct process *p);
void proc_note(const struct proc_ctx *ctx, const struct process *p,
	       const char *text);
void proc_lost(const struct proc_ctx *ctx, enum loss kind, int64_t amount);
/* An io record as the measures it holds. */
void proc_io_cell(struct cell *cell, const struct proc_io *now,
		  const struct proc_io *before);

#endif
