/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a call or a thread did with its time, as sums that are added and
 * subtracted, and how they are read from a slot that is being written to.
 */
#ifndef COLLECT_BPF_TIMES_H
#define COLLECT_BPF_TIMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/bpf/layout.h"
#include "model/cell.h"

struct times {
	int64_t wall_ns, blocked_ns, runq_ns;
	int64_t vcsw, icsw;
};

static inline int64_t at_least_0(int64_t ns)
{
	return ns > 0 ? ns : 0;
}

/* A copy of something of @slot's, from a moment at which nobody wrote. */
void times_copy(const struct slot *slot, void *to, const void *from,
		size_t size);

/* Off the CPU since its last stamp; the last time of it may not have ended,
 * or its sleep and its queueing are not told apart yet. Without wall. */
struct times times_since(const struct slot *slot, int64_t now_ns);

void times_add(struct times *into, const struct times *more, int sign);
/* What is new since *told, which is brought up to date. */
struct times times_news(const struct times *now, struct times *told);
/* All but the CPU time, which a thread has from the kernel. */
void times_cell(struct cell *cell, const struct times *t);
int64_t times_cpu(const struct times *t);

#endif
