/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The latencies of calls over time, for a heat map: for each row that has a
 * histogram, of the last intervals, counts by octave. 25 KB a row; beyond
 * HEAT_ROWS rows there is none.
 */
#ifndef TUI_HEAT_H
#define TUI_HEAT_H

#include <stdint.h>

#include "acct/snapshot.h"
#include "base/map.h"

#define HEAT_OCTAVES (BUCKET_LAST_LOG2 - BUCKET_FIRST_LOG2 + 2)
#define HEAT_LENGTH 160
#define HEAT_ROWS 512

struct heat {
	struct map rows;
	int n;			/* intervals ever */
	unsigned by[HEAT_LENGTH];	/* what was seen in each; 0: nothing */
};

void heat_init(struct heat *heat);
void heat_done(struct heat *heat);
/* An interval, of the rows whose dimensions @within are @whose; NULL: its rows
 * were not seen. */
void heat_add(struct heat *heat, const struct snapshot *snap,
	      unsigned within, const struct key *whose);
/* HEAT_OCTAVES counts of @back intervals ago, or NULL: not known. */
const uint32_t *heat_get(const struct heat *heat, const struct key *key,
			 int back);

#endif
