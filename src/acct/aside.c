/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/aside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acct/naming.h"
#include "model/abi.h"

static struct snapshot *new_part(const struct snapshot *snap, unsigned by)
{
	struct snapshot *part = calloc(1, sizeof(*part));

	if (!part)
		return NULL;
	part->cfg = snap->cfg;
	part->cfg.by = by;
	part->cfg.smb = false;
	part->cfg.slowest = 0;
	part->cfg.functions = false;
	part->all = snap->all;
	return part;
}

/* --- the slowest ---------------------------------------------------------------- */

#define BY_CALLS (1u << DIM_PROCESS | 1u << DIM_THREAD | 1u << DIM_SYSCALL | \
		  1u << DIM_REQUEST | DIMS_OF_DETAIL)
#define BY_REQUESTS (1u << DIM_PROCESS | DIMS_OF_REQUESTS)

static int compare(const void *a, const void *b)
{
	return slow_compare(a, b);
}

static void fill_row(struct row *row, const struct slow *slow,
		     const struct ledger *ledger)
{
	row->key = slow->key;
	if (slow->key.abi == ABI_REQUEST)
		ledger_resolve(ledger, &row->key);
	row->slow = slow;
	cell_add(&row->cell, MEASURE_WALL, slow->wall_ns);
	cell_add(&row->cell, MEASURE_BLOCKED, slow->blocked_ns);
	cell_add(&row->cell, MEASURE_RUNQ, slow->runq_ns);
	cell_add(&row->cell, MEASURE_CPU, slow->cpu_ns);
	if (slow->key.abi == ABI_REQUEST)
		cell_add(&row->cell, MEASURE_ASYNC, slow->wall_ns -
			 slow->blocked_ns - slow->runq_ns - slow->cpu_ns);
}

/* Of a single call nothing is said that is not known. */
static void forget_unknown(struct row *row)
{
	const struct key *key = &row->key;
	const struct {
		bool known;
		const char **name;
	} parts[] = {
		{ key->request > 0, &row->request },
		{ key->stack, &row->stack }, { key->caller, &row->caller },
		{ key->reason, &row->reason }, { key->waker, &row->waker },
		{ key->file, &row->file }, { key->peer, &row->peer },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!parts[i].known)
			*parts[i].name = NULL;
}

/* Those of calls or of requests, in order. */
static int take_kind(struct snapshot *snap, const struct ledger *ledger,
		     bool requests, struct snapshot **ret)
{
	struct snapshot *part = new_part(snap, requests ? BY_REQUESTS :
							  BY_CALLS);

	*ret = part;
	if (!part)
		return -ENOMEM;
	part->rows = calloc(snap->cfg.slowest, sizeof(*part->rows));
	if (!part->rows)
		return -ENOMEM;
	for (size_t i = 0; i < snap->n_slow &&
	     part->n_rows < snap->cfg.slowest; i++) {
		const struct slow *slow = &snap->slow[i];

		if ((slow->key.abi == ABI_REQUEST) == requests)
			fill_row(&part->rows[part->n_rows++], slow, ledger);
	}
	if (!naming_rows(part, ledger))
		return -ENOMEM;
	for (size_t i = 0; i < part->n_rows; i++)
		forget_unknown(&part->rows[i]);
	return 0;
}

static int take_slow(struct snapshot *snap, const struct ledger *ledger)
{
	int err;

	snap->slow = calloc(ledger->n_slow + 1, sizeof(*snap->slow));
	if (!snap->slow)
		return -ENOMEM;
	if (ledger->n_slow)
		memcpy(snap->slow, ledger->slow,
		       ledger->n_slow * sizeof(*snap->slow));
	snap->n_slow = ledger->n_slow;
	qsort(snap->slow, snap->n_slow, sizeof(*snap->slow), compare);
	err = take_kind(snap, ledger, false, &snap->slow_calls);
	if (!err && snap->cfg.smb)
		err = take_kind(snap, ledger, true, &snap->slow_requests);
	return err;
}

/* --- functions -------------------------------------------------------------------- */

/* A line each, by process or thread where the table is. */
static struct row *function_row(struct snapshot *part, struct map *rows,
				const struct key *key)
{
	struct row *row = map_get(rows, key);

	if (row)
		return row;
	row = &part->rows[part->n_rows];
	row->key = *key;
	if (map_add(rows, row))
		return NULL;
	part->n_rows++;
	return row;
}

static int merge_hist(struct row *row, const struct hist *hist)
{
	if (!hist)
		return 0;
	if (!row->hist)
		row->hist = calloc(1, sizeof(*row->hist));
	if (!row->hist)
		return -ENOMEM;
	hist_merge(row->hist, hist);
	return 0;
}

static int collect_functions(struct snapshot *part, struct map *rows,
			     const struct ledger *ledger)
{
	unsigned by = part->cfg.by | dim_bit(DIM_SYSCALL);
	const struct record *record;
	size_t pos = 0;
	int err = 0;

	while (!err && (record = map_next(&ledger->records, &pos))) {
		struct key key = key_project(&record->key, by);
		struct row *row;

		if (key.abi != ABI_FUNCTION)
			continue;
		row = function_row(part, rows, &key);
		if (!row)
			return -ENOMEM;
		cell_merge(&row->cell, &record->cell);
		err = merge_hist(row, record->hist);
	}
	for (size_t i = 0; !err && i < part->n_rows; i++) {
		part->rows[i].function = naming_function(part, ledger,
							 &part->rows[i].key);
		if (!part->rows[i].function)
			err = -ENOMEM;
	}
	return err || naming_rows(part, ledger) ? err : -ENOMEM;
}

static size_t count_functions(const struct ledger *ledger)
{
	const struct record *record;
	size_t pos = 0, n = 0;

	while ((record = map_next(&ledger->records, &pos)))
		n += record->key.abi == ABI_FUNCTION;
	return n;
}

static int take_functions(struct snapshot *snap, const struct ledger *ledger)
{
	struct snapshot *part = new_part(snap, snap->cfg.by &
					 (dim_bit(DIM_PROCESS) |
					  dim_bit(DIM_THREAD)));
	struct map rows;
	int err;

	snap->functions = part;
	if (!part)
		return -ENOMEM;
	part->rows = calloc(count_functions(ledger) + 1, sizeof(*part->rows));
	if (!part->rows)
		return -ENOMEM;
	map_init(&rows, sizeof(struct key));
	err = collect_functions(part, &rows, ledger);
	map_done(&rows);
	return err;
}

int aside_take(struct snapshot *snap, const struct ledger *ledger)
{
	int err = snap->cfg.slowest ? take_slow(snap, ledger) : 0;

	if (!err && snap->cfg.functions)
		err = take_functions(snap, ledger);
	return err;
}

void aside_free(struct snapshot *snap)
{
	snapshot_free(snap->slow_calls);
	snapshot_free(snap->slow_requests);
	snapshot_free(snap->functions);
	free(snap->slow);
}
