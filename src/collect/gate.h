/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command that waits, right before its execve, until it is accounted. */
#ifndef COLLECT_GATE_H
#define COLLECT_GATE_H

#include "collect/collector.h"

struct gate {
	int fds[2];		/* a pipe: the command reads, we write */
};

#define GATE_NONE { { -1, -1 } }

/* Memory for a fate, shared with the command. */
int gate_fate_new(struct launch_fate **ret, struct why *why);
void gate_fate_free(struct launch_fate *fate);

/* Starts the command, which waits; its fate is in memory that it shares. */
int gate_launch(struct gate *gate, const struct launch_cfg *cfg,
		struct command *command, struct launch_fate *fate,
		struct why *why);

/* The command begins; or, without @go or if we are killed before, it ends
 * without having begun. */
void gate_open(struct gate *gate, struct command *command, bool go);

#endif
