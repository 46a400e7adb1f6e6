/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes beside the session: the keeper, the receiver and the
 * command. They are made in this order, each sharing the table of
 * descriptors with the session until the filter is installed; see helper.h
 * for why.
 */
#ifndef COLLECT_SECCOMP_CREW_H
#define COLLECT_SECCOMP_CREW_H

#include "base/procfs.h"
#include "collect/seccomp/board.h"

struct crew {
	struct board *board;
	int listener;		/* the session's copy, -1: none */
	char **own_argv;	/* for a keeper's name */
	bool told_receiver;	/* that it has ended */
	int64_t ended_cpu_ns;	/* CPU time of helpers that have ended */
};

/*
 * Start them all. @own_argv is blanked in the keeper, for its name. When
 * this returns 0 the filter is installed; the command may still fail to
 * execute, which the board's fate then says.
 */
int crew_start(struct crew *crew, struct board *board,
	       const struct launch_cfg *launch,
	       const struct sock_fprog *filter, const struct procfs *fs,
	       char **own_argv, struct why *why);

/* The receiver ends, and has summed up all it took. What comes after that
 * is the keeper's, if it is not the end. */
void crew_end_receiver(struct crew *crew);

/* Look after them: a keeper that was killed is made again. Whether the
 * receiver has ended by itself, said once. */
bool crew_tend(struct crew *crew);

/* All threads have ended. */
bool crew_is_over(const struct crew *crew);

/* CPU time of receiver and keeper until now. */
int64_t crew_cpu_ns(const struct crew *crew);

/* The keeper stays as long as there is somebody to answer. */
void crew_close(struct crew *crew);

#endif
