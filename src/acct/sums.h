/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session has measured since it began, as a snapshot that grows by
 * one interval after the other. Intervals are added up as rows, not as the
 * records of a ledger, so that what is kept does not grow with the threads
 * and processes that came and went, and a share that was estimated in one
 * interval stays as it is.
 *
 * No value of a sum falls, whatever the clocks of an interval say; what is
 * momentary is that of the last interval. Cost: of an interval, one hash
 * look-up for each of its rows.
 */
#ifndef ACCT_SUMS_H
#define ACCT_SUMS_H

#include "acct/snapshot.h"

struct sums;

int sums_new(struct sums **ret, struct why *why);
void sums_free(struct sums *sums);

/*
 * The next interval; @all is the configuration for all of them. 0 or
 * -ENOMEM, and then some of its rows may be missing.
 */
int sums_add(struct sums *sums, const struct snapshot *interval,
	     const struct snapshot_cfg *all, struct why *why);

/*
 * All so far: cfg, all, lost, now, machine, programs_ns, n_threads, and rows
 * with their histograms and names, of the table and of the parts for
 * requests and phases; the rest is empty. At most SNAPSHOT_MAX_SERIES rows in
 * a table, and one for what is beyond; which are among them does not change
 * but for processes that have ended. Lent until the next call.
 */
const struct snapshot *sums_snapshot(const struct sums *sums);

#endif
