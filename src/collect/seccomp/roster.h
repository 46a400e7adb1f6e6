/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The receiver's threads by their ids, with the descriptors that their
 * clocks are read from. A thread is known from its first notification on;
 * who it is can be read only while it is parked, for it may be gone a moment
 * later, and so may its parent: 32 us, once.
 */
#ifndef COLLECT_SECCOMP_ROSTER_H
#define COLLECT_SECCOMP_ROSTER_H

#include "base/map.h"
#include "base/procfs.h"
#include "collect/seccomp/board.h"

struct roster {
	struct board *board;
	const struct procfs *fs;
	struct map by_tid;
	long spare_fds;
};

struct roster_entry {
	int32_t tid;		/* the map's key: stays first */
	int fd_sched;		/* -1: not kept */
	bool renamed;		/* by execve: read its name at the next look */
	struct board_task *task;
};

void roster_init(struct roster *roster, struct board *board,
		 const struct procfs *fs);
void roster_done(struct roster *roster);

/* The parked thread @tid; NULL where there is no room for it. */
struct roster_entry *roster_find(struct roster *roster, pid_t tid,
				 int64_t now_ns);

/* The thread's name, again. */
void roster_rename(const struct roster *roster, struct roster_entry *entry);

/* Its clocks. -ESRCH: they are of a thread that has ended, whose id this one
 * has: the entry is gone then, find it again. */
int roster_clocks(struct roster *roster, struct roster_entry *entry,
		  int64_t now_ns, struct board_clocks *ret);

#endif
