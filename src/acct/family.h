/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the processes under accounting some are, with or without what
 * they start, by their lineage. Of an orphan's it cannot be told, unless it
 * is older than all of them: it is no member, but counted.
 */
#ifndef ACCT_FAMILY_H
#define ACCT_FAMILY_H

#include <stdbool.h>
#include <stddef.h>

#include "acct/lineage.h"
#include "base/map.h"
#include "model/key.h"

struct family {
	struct lineage *lineage;
	bool follow;
	struct map members;	/* struct member, also those that are none */
	uint64_t first_start;	/* of those who were added */
	size_t living;		/* that are */
	size_t undecided;	/* since the round before: may be */
	unsigned round;
	bool is_full;		/* somebody could not be looked up */
};

/* @lineage is lent. */
void family_init(struct family *family, struct lineage *lineage,
		 bool follow);
void family_done(struct family *family);

/* The process of @key is one from the beginning; 0 or -ENOMEM. */
int family_add(struct family *family, const struct key *key);

/* Whether the process of @key is one. */
bool family_has(struct family *family, const struct key *key);

/* It has ended. What is still to be told of it may come after that. */
void family_end(struct family *family, const struct key *key);

/* Another round: forgets those that had ended at the call before. */
void family_next(struct family *family);

#endif
