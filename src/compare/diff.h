/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --diff: what changed from one side's observations to the other's, row by
 * row, and what of it is more than chance.
 *
 * Each row has a unit to count by: the SMB2 request that its calls are for;
 * where there is none, the run, if all reports are of launched commands; else
 * the second. Calls and times are compared by unit, times also by call; by
 * the second they are told besides, and tested only if it is the unit, as they
 * are otherwise, and of requests always, what the load makes of it.
 */
#ifndef COMPARE_DIFF_H
#define COMPARE_DIFF_H

#include "compare/observe.h"
#include "compare/stats.h"

#define DIFF_LEVEL 0.05		/* of p, after its correction */
#define DIFF_LEAST 1.05		/* a smaller factor is not marked */
#define DIFF_MAX_COMPARED (3 * OBSERVED_COUNT)

enum diff_unit { PER_CALL, PER_REQUEST, PER_RUN, PER_SECOND };

struct comparison {
	enum observed of;
	enum diff_unit per;
	struct change change;	/* p is corrected */
	bool aside;		/* p is not known: it is not tested */
	bool differs;
	bool estimated;
};

struct diff_row {
	const struct observed_row *row;
	enum diff_unit unit;
	struct comparison list[DIFF_MAX_COMPARED];
	size_t n;
	double cost_ns;		/* how much more it takes a second, or a run */
	bool differs;		/* one of the list does */
	bool only;		/* on one side, and not known of the other */
};

struct diff {
	struct diff_row *rows;	/* those that differ first, then by cost */
	size_t n;
	size_t compared;	/* how often, for the correction */
	size_t differing;	/* rows */
	bool tested;		/* there are enough observations */
};

int diff_compute(struct diff *diff, const struct observations *o,
		 struct why *why);
void diff_done(struct diff *diff);

/* NULL: it was not compared. */
const struct comparison *diff_find(const struct diff_row *row,
				   enum observed of, enum diff_unit per);

#endif
