/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of all that is under the filter, where the listener tells of it
 * late: before Linux 6.11 a thread counts until it is reaped. A daemon whose
 * parent has ended, and that nobody reaps (process 1 of many a container
 * does not), would keep us waiting for ever.
 *
 * So it is over as well when for a second nobody is known to live and nobody
 * has made a call, and no process that began after the command, and is no
 * zombie, has more filters than we have. In doubt it is not over: a sandbox
 * of somebody else's can look the same. If that should be wrong, the keeper
 * answers until the listener says so, too.
 */
#ifndef COLLECT_SECCOMP_ENDS_H
#define COLLECT_SECCOMP_ENDS_H

#include "base/procfs.h"
#include "collect/seccomp/board.h"

struct ends {
	const struct procfs *fs;
	const struct board *board;
	uint64_t start;		/* the command's, in ticks; 0: not known */
	uint64_t received;	/* at the last look */
	int64_t quiet_ns;	/* since then it looks like the end; 0: no */
};

/* The command is there, or is not reaped yet. */
void ends_init(struct ends *ends, const struct procfs *fs,
	       const struct board *board);

/* Whether it is over; @nobody: none is known to live. To be asked often: it
 * costs nothing but where it may be so, and then a look at all processes in
 * a second. */
bool ends_seen(struct ends *ends, bool nobody, int64_t now_ns);

#endif
