/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls and errors of processes, from the kernel's audit records: who is
 * followed, and the sums of their records. It tells a sink; its owner calls
 * trail_drain() when its descriptor is readable, and trail_tick() before
 * each report.
 *
 * A process is covered from its birth if its parent's rule for children was
 * there before; whoever was not is told as lost.
 *
 * Cost: two rules a process (four where only errors are counted), and for
 * the target one record of about 500 bytes a call.
 */
#ifndef COLLECT_AUDIT_TRAIL_H
#define COLLECT_AUDIT_TRAIL_H

#include "base/map.h"
#include "collect/audit/cover.h"
#include "model/event.h"

struct trail_cfg {
	const struct procfs *procfs;
	const struct sink *sink;
	const struct callset *calls;	/* NULL: all */
	bool failed;		/* only errors: records of failed calls */
	bool follow;
	bool enable;		/* audit may be enabled for it */
};

struct trail {
	struct trail_cfg cfg;
	struct audit_link link;
	struct cover cover;
	struct map processes;
	int epoll_fd, timer_fd;
	struct audit_state before;
	bool enabled;		/* audit, by us */
	bool excepted;		/* others' rules hide some calls */
	int64_t began_ms;	/* by the clock of records */
	uint64_t told_drops;
};

#define TRAIL_NONE { .link = AUDIT_LINK_NONE, .epoll_fd = -1, .timer_fd = -1 }

/* Whether records can be had; nothing is changed yet. */
int trail_open(struct trail *trail, const struct trail_cfg *cfg,
	       struct why *why);
/* Enables audit where that was allowed, takes away rules of runs that were
 * killed, and sees that a record comes. */
int trail_begin(struct trail *trail, struct why *why);
/* Where the start fails after that: adds to @why what stays. */
void trail_admit(const struct trail *trail, struct why *why);
void trail_close(struct trail *trail);

enum trail_who {
	TRAIL_ASKED,	/* it runs already */
	TRAIL_LAUNCHED,	/* it counts from its execve on */
	TRAIL_FOUND,	/* a child of one that is followed */
};

/* Follow a process. */
int trail_add(struct trail *trail, pid_t pid, enum trail_who who,
	      struct why *why);
/* Records of children of @pid, which itself is not followed. */
int trail_expect(struct trail *trail, pid_t pid, struct why *why);

int trail_fd(const struct trail *trail);
/* Sums up what is there, and takes away rules of who has ended. */
void trail_drain(struct trail *trail);
/* And tells losses. */
void trail_tick(struct trail *trail);
/* No more is to come: waits for what is on its way, and says of whom
 * nothing came. */
void trail_end(struct trail *trail);

#endif
