/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of what a snapshot has in it. They are kept in the snapshot and
 * live as long; NULL, or false, where memory ran out.
 */
#ifndef ACCT_NAMING_H
#define ACCT_NAMING_H

#include "acct/snapshot.h"

/* Of the process of @key, "(others)" of none. */
const char *naming_process(struct snapshot *snap, const struct ledger *ledger,
			   const struct key *key);
/* Of the process or thread of @key; "?" where it is not known. */
const char *naming_who(struct snapshot *snap, const struct ledger *ledger,
		       const struct key *key);
/* Of the call, or what else a thread was in. */
const char *naming_call(struct snapshot *snap, const struct ledger *ledger,
			const struct key *key);
/* Of the targets, by the name that it was given. */
const char *naming_function(struct snapshot *snap,
			    const struct ledger *ledger,
			    const struct key *key);
/* Of all rows, in the dimensions that they are grouped by. */
bool naming_rows(struct snapshot *snap, const struct ledger *ledger);

#endif
