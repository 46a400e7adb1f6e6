/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/heat.h"

#include <stdlib.h>
#include <string.h>

struct heat_row {
	struct key key;		/* the map's key: stays first */
	unsigned by;		/* the grouping that it is of */
	int last;		/* the number of the last interval */
	uint32_t count[HEAT_LENGTH][HEAT_OCTAVES];
};

void heat_init(struct heat *heat)
{
	*heat = (struct heat){ .n = 0 };
	map_init(&heat->rows, sizeof(struct key));
}

void heat_done(struct heat *heat)
{
	struct heat_row *row;
	size_t pos = 0;

	while ((row = map_next(&heat->rows, &pos)))
		free(row);
	map_done(&heat->rows);
}

static struct heat_row *row_of(struct heat *heat, const struct key *key,
			       unsigned by)
{
	struct heat_row *row = map_get(&heat->rows, key);

	if (row || heat->rows.used >= HEAT_ROWS)
		return row;
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	row->key = *key;
	row->by = by;
	row->last = heat->n;
	if (map_add(&heat->rows, row)) {
		free(row);
		return NULL;
	}
	return row;
}

/* Intervals in which it had no calls. */
static void catch_up(struct heat_row *row, int now)
{
	int from = now - row->last < HEAT_LENGTH ? row->last + 1 :
						   now - HEAT_LENGTH + 1;

	for (int i = from; i <= now; i++)
		memset(row->count[i % HEAT_LENGTH], 0,
		       sizeof(row->count[0]));
	row->last = now;
}

static void put_counts(uint32_t *count, const struct hist *hist)
{
	count[0] = (uint32_t)hist->count[0];
	for (int i = 1; i < BUCKETS; i++)
		count[1 + (i - 1) / 4] += (uint32_t)hist->count[i];
}

void heat_add(struct heat *heat, const struct snapshot *snap,
	      unsigned within, const struct key *whose)
{
	heat->n++;
	heat->by[heat->n % HEAT_LENGTH] = snap ? snap->cfg.by : 0;
	for (size_t i = 0; snap && i < snap->n_rows; i++) {
		struct heat_row *row = NULL;

		if (snap->rows[i].hist &&
		    key_is_within(&snap->rows[i].key, within, whose))
			row = row_of(heat, &snap->rows[i].key, snap->cfg.by);
		if (!row)
			continue;
		catch_up(row, heat->n);
		put_counts(row->count[heat->n % HEAT_LENGTH],
			   snap->rows[i].hist);
	}
}

const uint32_t *heat_get(const struct heat *heat, const struct key *key,
			 int back)
{
	const struct heat_row *row = map_get(&heat->rows, key);
	int when = heat->n - back;

	static const uint32_t none[HEAT_OCTAVES];

	if (!row || back >= HEAT_LENGTH || when < 1 ||
	    heat->by[when % HEAT_LENGTH] != row->by)
		return NULL;
	/* It was looked for since, and had no calls. */
	if (when > row->last || when <= row->last - HEAT_LENGTH)
		return none;
	return row->count[when % HEAT_LENGTH];
}
