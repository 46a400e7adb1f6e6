/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of a session, as it is made. It stands between the collector and
 * the ledgers of reports, and has one of its own, of what was told since its
 * last block. Intervals of reports and of the record need not be the same:
 * where the record alone ends one, what is true of that moment only, as calls
 * in flight, is kept from the reports.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include "acct/ledger.h"
#include "record/writer.h"

struct recording {
	struct record_writer *writer;	/* NULL: none, or it has ended */
	const struct ledger *names;
	struct sink own;
	struct ledger ledger;		/* since the last block */
	struct items items;		/* the block's names and notes */
	bool has_items;
	size_t labels;			/* so many were written */
	bool alone;			/* the reports' interval goes on */
	int64_t last_ns, last_cpu_ns;	/* of the last block */
};

/* Nothing is seen of it yet, see record_create(). */
int recording_open(struct recording *recording, const char *path,
		   struct why *why);

/* The collector's sink. What is posted goes to @own; @names is a ledger that
 * has all names, notes and labels of it. Both are lent. */
struct sink recording_sink(struct recording *recording,
			   const struct ledger *names, struct sink own);

/* It begins, at this moment of the monotonic clock and of our CPU time. */
int recording_begin(struct recording *recording,
		    const struct record_head *head, int64_t now_ns,
		    int64_t cpu_ns, struct why *why);

/* What a block says of its interval, its length and cost apart. */
struct recording_end {
	int64_t end_ns, end_mono_ns, cpu_ns, call_cost_ns;
};

/* An interval is over, and all of it was told. After an error the record has
 * ended, and nothing is done any more. */
int recording_cut(struct recording *recording,
		  const struct recording_end *end, struct why *why);

/* With the names that came since. Safe where nothing was opened. */
int recording_close(struct recording *recording, struct why *why);

#endif
