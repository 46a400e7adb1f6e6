/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets other sessions of the same user join this one's accounting. It stands
 * between the collector and the ledger: what is posted goes to the ledger,
 * and of each who has joined, what is about its processes, to a ledger of
 * its own, which is sent and emptied when it asks. So whoever joins gets
 * what is accounted from then on, whatever our own reports do. While nobody
 * has joined it only notes who started whom.
 */
#ifndef SHARE_H
#define SHARE_H

#include "acct/ledger.h"
#include "acct/lineage.h"
#include "base/procfs.h"
#include "collect/collector.h"
#include "export/offer.h"

struct joiner;

struct share {
	const struct ledger *ledger;
	struct sink own;
	struct lineage lineage;	/* of all */
	struct collector *collector;
	const struct procfs *procfs;
	struct offer *offer;
	struct joiner *joiners[OFFER_PLACES];
};

/* The collector's sink. What is posted goes to @own; @ledger is one that has
 * all names and notes of it. Both are lent until share_close(). */
struct sink share_sink(struct share *share, const struct ledger *ledger,
		       struct sink own);

/* What @collector accounts is offered from now on. -errno: it is not, as
 * there is no place for it, which does no harm; -ENOENT apart, the ledger
 * has a note. */
int share_open(struct share *share, struct collector *collector,
	       const struct procfs *procfs, struct why *why);

/* Readable when share_serve() has something to do, -1: nothing is offered. */
int share_fd(const struct share *share);
void share_serve(struct share *share);

/* Those who have joined get what there still is for them. */
void share_close(struct share *share);

#endif
