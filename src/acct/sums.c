/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "model/abi.h"

struct table {
	struct snapshot *snap;	/* whose rows these are */
	struct map index;	/* of the rows, but for what is beyond */
	struct cell *cells;	/* sums of the rows, which may fall */
	bool *seen;		/* in the last interval */
	struct row *beyond;	/* of the rows, or NULL */
};

struct sums {
	struct snapshot all;
	struct snapshot parts[PART_COUNT];
	struct table tables[1 + PART_COUNT];
	struct cell cell;	/* of the ledger of all */
};

static const enum smb_part kept[] = { PART_REQUESTS, PART_PHASES };

#define MAX_ROWS (SNAPSHOT_MAX_SERIES + 1)

static int table_init(struct table *table, struct snapshot *snap)
{
	table->snap = snap;
	map_init(&table->index, sizeof(struct key));
	snap->rows = calloc(MAX_ROWS, sizeof(*snap->rows));
	table->cells = calloc(MAX_ROWS, sizeof(*table->cells));
	table->seen = calloc(MAX_ROWS, sizeof(*table->seen));
	return snap->rows && table->cells && table->seen ? 0 : -ENOMEM;
}

static const char **const *texts_of(struct row *row, const char ***texts)
{
	texts[0] = &row->process;
	texts[1] = &row->syscall;
	texts[2] = &row->request;
	texts[3] = &row->phase;
	texts[4] = NULL;
	return texts;
}

static void row_done(struct row *row)
{
	const char **texts[5];

	for (const char **const *t = texts_of(row, texts); *t; t++)
		free((char *)**t);
	free(row->hist);
	*row = (struct row){ .hist = NULL };
}

static void table_done(struct table *table)
{
	if (!table->snap)
		return;
	for (size_t i = 0; i < table->snap->n_rows; i++)
		row_done(&table->snap->rows[i]);
	map_done(&table->index);
	free(table->snap->rows);
	free(table->cells);
	free(table->seen);
}

int sums_new(struct sums **ret, struct why *why)
{
	struct sums *sums = calloc(1, sizeof(*sums));
	int err = sums ? table_init(&sums->tables[0], &sums->all) : -ENOMEM;

	for (size_t i = 0; !err && i < sizeof(kept) / sizeof(*kept); i++) {
		struct snapshot *part = &sums->parts[kept[i]];

		sums->all.parts[kept[i]] = part;
		err = table_init(&sums->tables[1 + kept[i]], part);
	}
	if (err) {
		sums_free(sums);
		return why_set(why, -err, "out of memory");
	}
	*ret = sums;
	return 0;
}

void sums_free(struct sums *sums)
{
	if (!sums)
		return;
	for (int i = 0; i < 1 + PART_COUNT; i++)
		table_done(&sums->tables[i]);
	free(sums);
}

const struct snapshot *sums_snapshot(const struct sums *sums)
{
	return &sums->all;
}

static bool is_sum(int m)
{
	return measure_table[m].merging == MERGE_SUM &&
	       !measure_table[m].momentary;
}

/* Clocks that are read one after the other may take a little back. */
static void raise(struct cell *shown, const struct cell *sum)
{
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (!is_sum(m) || sum->value[m] > shown->value[m])
			shown->value[m] = sum->value[m];
	shown->have = sum->have;
	shown->estimated = sum->estimated;
}

/* Nothing is in flight, as far as is known. */
static void forget_moments(struct cell *cell)
{
	for (int m = 0; m < MEASURE_COUNT; m++) {
		if (!measure_table[m].momentary)
			continue;
		cell->value[m] = 0;
		if (measure_table[m].merging != MERGE_SUM)
			cell->have &= ~measure_bit(m);
	}
}

/* A row gives way to the last one. */
static void drop_row(struct table *table, size_t i)
{
	struct row *rows = table->snap->rows;
	size_t last = --table->snap->n_rows;

	map_del(&table->index, &rows[i].key);
	row_done(&rows[i]);
	if (i == last)
		return;
	if (table->beyond == &rows[last])
		table->beyond = &rows[i];
	else
		map_del(&table->index, &rows[last].key);
	rows[i] = rows[last];
	rows[last] = (struct row){ .hist = NULL };
	table->cells[i] = table->cells[last];
	table->seen[i] = table->seen[last];
	/* There was room for it before. */
	if (table->beyond != &rows[i])
		map_add(&table->index, &rows[i]);
}

/* Processes end, and others begin: those are for good. */
static void make_room(struct table *table)
{
	struct snapshot *snap = table->snap;

	if (!(snap->cfg.by & dim_bit(DIM_PROCESS)))
		return;
	for (size_t i = snap->n_rows; i--; )
		if (!table->seen[i] && &snap->rows[i] != table->beyond)
			drop_row(table, i);
}

static int keep_text(const char **to, const char *from)
{
	char *copy;

	if (!from || (*to && !strcmp(*to, from)))
		return 0;
	copy = strdup(from);
	if (!copy)
		return -ENOMEM;
	free((char *)*to);
	*to = copy;
	return 0;
}

static int keep_texts(struct row *to, const struct row *from)
{
	struct row lent = *from;
	const char **into[5], **out[5];
	int err = 0;

	texts_of(to, into);
	texts_of(&lent, out);
	for (int i = 0; !err && into[i]; i++)
		err = keep_text(into[i], *out[i]);
	return err;
}

/* What is beyond the limit is in one row. */
static struct row *beyond(struct table *table)
{
	static const struct row names = {
		.key = { .pid = -1, .abi = -1 },
		.process = SNAPSHOT_OTHERS, .syscall = SNAPSHOT_OTHERS,
		.request = SNAPSHOT_OTHERS, .phase = SNAPSHOT_OTHERS,
	};
	struct snapshot *snap = table->snap;

	if (table->beyond)
		return table->beyond;
	if (keep_texts(&snap->rows[snap->n_rows], &names))
		return NULL;
	table->beyond = &snap->rows[snap->n_rows];
	table->beyond->key = names.key;
	table->cells[snap->n_rows++] = (struct cell){ 0 };
	return table->beyond;
}

/* NULL where memory ran out. */
static struct row *row_for(struct table *table, const struct row *from)
{
	struct snapshot *snap = table->snap;
	struct row *row = map_get(&table->index, &from->key);

	if (row)
		return row;
	if (table->index.used >= SNAPSHOT_MAX_SERIES)
		make_room(table);
	if (table->index.used >= SNAPSHOT_MAX_SERIES) {
		snap->beyond++;
		return beyond(table);
	}
	row = &snap->rows[snap->n_rows];
	row->key = from->key;
	if (map_add(&table->index, row))
		return NULL;
	table->cells[snap->n_rows++] = (struct cell){ 0 };
	return row;
}

static int add_row(struct table *table, const struct row *from)
{
	struct row *row = row_for(table, from);
	size_t i;

	if (!row)
		return -ENOMEM;
	i = (size_t)(row - table->snap->rows);
	if (from->hist && !row->hist)
		row->hist = calloc(1, sizeof(*row->hist));
	if ((from->hist && !row->hist) ||
	    (row != table->beyond && keep_texts(row, from)))
		return -ENOMEM;
	if (from->hist)
		hist_merge(row->hist, from->hist);
	table->seen[i] = true;
	cell_merge(&table->cells[i], &from->cell);
	raise(&row->cell, &table->cells[i]);
	return 0;
}

/* Those that have a row already, or the others. */
static int add_rows(struct table *table, const struct snapshot *interval,
		    bool known)
{
	int err = 0;

	for (size_t i = 0; !err && i < interval->n_rows; i++)
		if (known == !!map_get(&table->index, &interval->rows[i].key))
			err = add_row(table, &interval->rows[i]);
	return err;
}

static int add_table(struct table *table, const struct snapshot *interval,
		     const struct snapshot_cfg *all)
{
	struct snapshot *snap = table->snap;
	int err;

	snap->cfg = *all;
	snap->cfg.by = interval->cfg.by;
	snap->beyond = 0;
	for (size_t i = 0; i < snap->n_rows; i++) {
		forget_moments(&table->cells[i]);
		raise(&snap->rows[i].cell, &table->cells[i]);
		table->seen[i] = false;
	}
	/* First, so that it is known who is still there. */
	err = add_rows(table, interval, true);
	return err ? err : add_rows(table, interval, false);
}

static void add_rest(struct sums *sums, const struct snapshot *interval)
{
	struct snapshot *all = &sums->all;

	cell_merge(&sums->cell, &interval->all.cell);
	raise(&all->all.cell, &sums->cell);
	all->all.has_residual |= interval->all.has_residual;
	all->all.residual_ns += interval->all.residual_ns;
	for (int i = 0; i < LOSS_COUNT; i++)
		all->lost[i] += interval->lost[i];
	all->machine.interrupts_ns += interval->machine.interrupts_ns;
	all->machine.stolen_ns += interval->machine.stolen_ns;
	all->programs_ns += interval->programs_ns;
	all->now = interval->now;
	all->n_threads = interval->n_threads;
}

int sums_add(struct sums *sums, const struct snapshot *interval,
	     const struct snapshot_cfg *all, struct why *why)
{
	int err = add_table(&sums->tables[0], interval, all);

	for (size_t i = 0; !err && interval->cfg.smb &&
	     i < sizeof(kept) / sizeof(*kept); i++)
		err = add_table(&sums->tables[1 + kept[i]],
				interval->parts[kept[i]], all);
	add_rest(sums, interval);
	return err ? why_set(why, -err, "out of memory for the sums") : 0;
}
