/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a snapshot has beside its table, as snapshots of their own: single
 * calls and requests, the slowest ones, and the functions of the targets.
 */
#ifndef ACCT_ASIDE_H
#define ACCT_ASIDE_H

#include "acct/ledger.h"
#include "acct/snapshot.h"

/* As far as the snapshot's cfg asks for it; 0 or -ENOMEM. */
int aside_take(struct snapshot *snap, const struct ledger *ledger);
void aside_free(struct snapshot *snap);

#endif
