/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may be harmed by being accounted this way: processes whose signal
 * handlers lack SA_RESTART, as their calls can fail with EINTR while they
 * wait for our answer, above all servers that run as root. Warnings are notes
 * that begin with "warning: ".
 */
#ifndef COLLECT_SECCOMP_WARN_H
#define COLLECT_SECCOMP_WARN_H

#include "base/procfs.h"
#include "collect/seccomp/board.h"
#include "model/event.h"

struct warner {
	const struct board *board;
	const struct procfs *fs;
	const struct sink *sink;
	uint32_t given;		/* of the board's warnings */
	pid_t server;		/* looked at last */
};

/* Tell what is new on the board; @server: who accepts connections, or 0. */
void warn_new(struct warner *warner, pid_t server);

#endif
