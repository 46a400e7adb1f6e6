/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store of what collectors tell: one cell per key, the names of
 * processes and threads, losses and notes, for one interval. The ledger
 * owns all of it; cost per posting is one hash look-up.
 */
#ifndef ACCT_LEDGER_H
#define ACCT_LEDGER_H

#include <stddef.h>

#include "acct/labels.h"
#include "base/map.h"
#include "model/event.h"

/* Beyond so many records threads are merged into their process. */
#define LEDGER_MAX_RECORDS 400000

struct record {
	struct key key;		/* the map's key: stays first */
	struct cell cell;
	struct hist *hist;	/* NULL: none */
};

struct who {
	struct key key;		/* a process or a thread, ABI_TASK */
	char *name;		/* as the target gave it: untrusted */
	int32_t label;		/* + 1, of names of clients, users, shares */
	bool ended;
	bool gone;		/* to be forgotten */
};

struct ledger {
	struct map records;
	struct map names;
	struct labels labels;	/* by nr of ABI_WCHAN keys, and by what else
				 * has a name in keys, less 1 */
	char **notes;
	size_t n_notes;
	int64_t lost[LOSS_COUNT];
	struct gauges gauges;
	struct machine machine;
	int64_t programs_ns;
	struct slow *slow;	/* the slowest, in no order */
	size_t n_slow;
	size_t max_records;
	bool merges_threads;	/* into their processes, as they come */
	bool out_of_memory;	/* something was not stored */
};

void ledger_init(struct ledger *ledger, size_t max_records);
void ledger_done(struct ledger *ledger);

/* The receiving end for a collector; lives as long as the ledger. */
struct sink ledger_sink(struct ledger *ledger);

/* Of each of these the ledger keeps so many, the slowest ones. */
#define LEDGER_MAX_SLOW (2 * SLOW_MAX)

/* Begin a new interval: numbers go, names of the living and notes stay. */
void ledger_next(struct ledger *ledger);

/*
 * Whose request it is, by the names that were told for keys with ABI_REQUEST:
 * of a process the client's address, of a session there its user, of a tree
 * of that its share. What is not known stays 0.
 */
void ledger_resolve(const struct ledger *ledger, struct key *key);

/* The name of the process or thread of @key, NULL where it is not known. */
const struct who *ledger_who(const struct ledger *ledger,
			     const struct key *key);

#endif
