/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledgers of one collector: the interval that is going on, the last whole
 * one, and all since the beginning. Reports need only the first, which is then
 * also what they are made from; a dashboard keeps all three, so that each of
 * its views can be drawn from the same interval, however late it is asked
 * for. Names, ends and notes are in all of them. What is in flight is so at the
 * end of an interval, and not in all.
 *
 * Cost of keeping: each posting twice.
 */
#ifndef ACCT_ERAS_H
#define ACCT_ERAS_H

#include <stdbool.h>

#include "acct/ledger.h"

/* Of all; with histograms a record takes 1.5 KB. */
#define ERAS_MAX_ALL 50000

struct eras {
	bool keeps;
	struct ledger interval[2];
	int now;		/* which of them is going on */
	struct ledger all;	/* empty if nothing is kept */
};

void eras_init(struct eras *eras, bool keeps, size_t max_records);
void eras_done(struct eras *eras);
/* Nobody will ask for threads apart: they take no room, and no time. */
void eras_merge_threads(struct eras *eras);

/* The receiving end for a collector; lives as long as the eras. */
struct sink eras_sink(struct eras *eras);

/* The interval that is going on is over: it is the last one from here on. */
void eras_turn(struct eras *eras);
/* That has been read; where nothing is kept it is gone now. */
void eras_read(struct eras *eras);

const struct ledger *eras_last(const struct eras *eras);
/* All of them begin anew. */
void eras_reset(struct eras *eras);

#endif
