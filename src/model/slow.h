/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call, or one SMB2 request, that took longer than others: what a
 * collector tells of it, each once, when its interval is over.
 */
#ifndef MODEL_SLOW_H
#define MODEL_SLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "model/arguments.h"
#include "model/key.h"

/* That can be asked for, of calls and of requests. */
#define SLOW_MAX 1000

struct slow {
	struct key key;		/* of its thread; of requests, ABI_REQUEST and
				 * its process */
	int64_t began_ns;	/* monotonic */
	int64_t wall_ns, blocked_ns, runq_ns, cpu_ns;
	int64_t ret;
	uint64_t args[ARGUMENTS];
	bool has_args;		/* false: they were gone */
	bool partial;		/* had begun before: it took longer than that */
};

/* By how long they took, the longest first, then by when they began. */
static inline int slow_compare(const struct slow *a, const struct slow *b)
{
	if (a->wall_ns != b->wall_ns)
		return a->wall_ns > b->wall_ns ? -1 : 1;
	if (a->began_ns != b->began_ns)
		return a->began_ns < b->began_ns ? -1 : 1;
	return 0;
}

#endif
