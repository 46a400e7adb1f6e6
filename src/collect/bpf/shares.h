/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which share each stack has in the calls of one kind that a process makes,
 * by a sample of them. A sample stands for as many calls as it was unlikely
 * to be taken (Horvitz and Thompson), and what is exact of all the calls is
 * shared out in that proportion, so that the parts add up to it.
 *
 * What was seen counts half as much with each report, so that shares follow
 * a program that does something else now.
 */
#ifndef COLLECT_BPF_SHARES_H
#define COLLECT_BPF_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "model/cell.h"
#include "model/key.h"

/* Of one stack; sums over its samples, each by its weight. */
struct share {
	int32_t stack, caller;
	double calls, wall_ns, blocked_ns, runq_ns, cpu_ns;
};

struct shares {
	struct map kinds;
	size_t n;		/* of all kinds */
};

void shares_init(struct shares *shares);
void shares_done(struct shares *shares);

/* A call of the process and kind of @key, by the stack in @seen. */
void shares_add(struct shares *shares, const struct key *key,
		const struct share *seen);
/* A report was made. */
void shares_age(struct shares *shares);
/* A process has ended. */
void shares_forget(struct shares *shares, int32_t pid, uint64_t start);

/*
 * Calls @each with each part of @cell, and the key that it is for; what
 * belongs to one call alone stays under @key. False,
 * without a call: nothing is known of this kind.
 */
bool shares_split(const struct shares *shares, const struct key *key,
		  const struct cell *cell,
		  void (*each)(void *ctx, const struct key *key,
			       const struct cell *cell), void *ctx);

#endif
