/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grouping: from the ledger's records to the rows of a table, and from
 * looks to estimates.
 *
 * An owner is a process, or a thread where threads are kept apart. Its
 * clocks are exact; its looks say which call it was blocked in how often.
 * Each call's estimate is the owner's exact blocked time, shared out as the
 * looks that found it asleep were: a ratio estimator, so that the calls'
 * estimates add up to the exact total.
 *
 * A collector that measures the blocked time of single calls books it to
 * them; then looks share out only the rest, what was blocked outside of
 * those calls, as far as they did not fall into what is booked.
 *
 * A collector that measures all of a call, wall included, has rows that are
 * exact, and tells itself what was in no call: nothing is shared out then.
 *
 * Where the hypervisor or interrupts took time from the machine, the kernel
 * may keep that out of the threads' CPU time, and their off-CPU clocks take
 * it for blocked. How much of it hit an owner while it ran, is estimated:
 * the time that looks found it running, less what it ran and queued, within
 * what the machine lost in all and the off-CPU clocks hold. If it is more
 * than chance, it is moved from blocked to stolen. A machine that lost next
 * to nothing leaves blocked exact.
 */
#ifndef ACCT_GROUP_H
#define ACCT_GROUP_H

#include "acct/ledger.h"
#include "acct/snapshot.h"
#include "model/estimate.h"

struct owner {
	struct key key;		/* stays first */
	struct cell clocks;
	struct tally all;	/* every look */
	struct tally asleep;	/* the looks that found it blocked */
	struct tally open;	/* of them, those whose time is not booked */
	int64_t booked_ns;	/* blocked time that was measured by call */
	bool measured;		/* its calls are, in full */
	double stolen_lo, stolen_hi;	/* 95% interval, ns */
};

struct group {
	struct map owners;
};

void owner_merge(struct owner *into, const struct owner *from);

/*
 * The owners by the dimensions @by, DIM_SYSCALL left out, processes always
 * apart. 0 or -ENOMEM.
 */
int group_owners(struct group *group, const struct ledger *ledger,
		unsigned by);
void group_done(struct group *group);

/* The table's rows by @by, without names; the caller frees them, and with
 * @hists their histograms. */
int group_rows(const struct ledger *ledger, unsigned by, bool hists,
	       struct row **ret, size_t *ret_n);

#endif
