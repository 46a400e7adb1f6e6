/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known about one key: a monoid. The all-zero cell is the identity
 * and merge is total: an interval, a thread's exit, grouping and totals are
 * the same call. Values are signed, because the difference
 * of two clocks that the kernel brings up to date at different moments can
 * be below zero for a while, and sums must not forget that.
 */
#ifndef MODEL_CELL_H
#define MODEL_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "model/measure.h"

/* Looks at a sampled state, each with the time it stands for as weight. */
struct tally {
	uint64_t looks;
	double weight_ns;
	double weight_sq;	/* sum of squares, for the effective number */
};

struct cell {
	unsigned have;			/* measures known, as bits */
	unsigned estimated;		/* of them, what is in part a guess */
	int64_t value[MEASURE_COUNT];
	int64_t slack_ns;	/* so far may a measured blocked be off */
	struct tally tally;
};

void cell_merge(struct cell *into, const struct cell *from);

/* Add to one measure and mark it as known. */
void cell_add(struct cell *cell, enum measure m, int64_t delta);
/* And as an estimate. */
void cell_add_estimate(struct cell *cell, enum measure m, int64_t delta);

static inline bool cell_has(const struct cell *cell, enum measure m)
{
	return cell->have & measure_bit(m);
}

static inline bool cell_is_estimate(const struct cell *cell, enum measure m)
{
	return cell->estimated & measure_bit(m);
}

/* Without what is true of one moment only, as calls in flight; false: then
 * there is nothing left. */
bool cell_keep_lasting(struct cell *cell);

/* A measured blocked that is hardly more than it may be off. */
bool cell_is_doubtful(const struct cell *cell);

void tally_look(struct tally *tally, double weight_ns);
void tally_merge(struct tally *into, const struct tally *from);

#endif
