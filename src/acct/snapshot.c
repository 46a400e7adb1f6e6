/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acct/aside.h"
#include "acct/group.h"
#include "acct/ledger.h"
#include "acct/naming.h"
#include "model/abi.h"
#include "model/reasons.h"

static int by_wall(const void *a, const void *b)
{
	int64_t left = ((const struct account *)a)->cell.value[MEASURE_WALL];
	int64_t right = ((const struct account *)b)->cell.value[MEASURE_WALL];

	return left < right ? 1 : left > right ? -1 : 0;
}

static void finish_account(struct account *account)
{
	static const enum measure terms[] = {
		MEASURE_USER, MEASURE_SYSTEM, MEASURE_BLOCKED, MEASURE_RUNQ,
		MEASURE_STOLEN, MEASURE_PARKED
	};
	struct cell *cell = &account->cell;

	account->residual_ns = cell->value[MEASURE_WALL];
	account->has_residual = cell_has(cell, MEASURE_WALL);
	for (size_t i = 0; i < sizeof(terms) / sizeof(*terms); i++)
		account->residual_ns -= cell->value[terms[i]];
}

/* What the looks say, and blocked itself where the clocks cannot say it. */
static void add_witness(struct account *account, const struct owner *owner)
{
	struct estimate seen = estimate_share(&owner->asleep, &owner->all);
	double wall = (double)owner->clocks.value[MEASURE_WALL];

	if (!owner->all.looks)
		return;
	account->by_clocks = cell_has(&owner->clocks, MEASURE_BLOCKED);
	account->looked_wall_ns = owner->clocks.value[MEASURE_WALL];
	/* A thread that accounting holds up is asleep as well. */
	account->looked_blocked_ns = owner->clocks.value[MEASURE_BLOCKED] +
				     owner->clocks.value[MEASURE_PARKED];
	account->has_seen = true;
	account->seen_ns = (int64_t)(seen.share * wall);
	account->seen_lo_ns = (int64_t)(seen.lo * wall);
	account->seen_hi_ns = (int64_t)(seen.hi * wall);
	if (!cell_has(&account->cell, MEASURE_BLOCKED))
		cell_add_estimate(&account->cell, MEASURE_BLOCKED,
				  account->seen_ns);
}

static void add_interval(struct account *account, const struct owner *owner)
{
	const int64_t *value = account->cell.value;
	double clock = (double)(value[MEASURE_BLOCKED] +
				value[MEASURE_STOLEN]);

	if (owner->stolen_hi <= 0)
		return;
	account->blocked_lo_ns = (int64_t)(clock - owner->stolen_hi);
	account->blocked_hi_ns = (int64_t)(clock - owner->stolen_lo);
}

static int take_accounts(struct snapshot *snap, const struct ledger *ledger,
			 const struct group *processes)
{
	struct owner looked = { 0 };
	const struct owner *owner;
	size_t pos = 0;

	snap->processes = calloc(processes->owners.used + 1,
				 sizeof(*snap->processes));
	if (!snap->processes)
		return -ENOMEM;
	while ((owner = map_next(&processes->owners, &pos))) {
		struct account *account = &snap->processes[snap->n_processes];
		const struct who *who = ledger_who(ledger, &owner->key);

		account->key = owner->key;
		account->cell = owner->clocks;
		account->ended = who && who->ended;
		account->name = naming_process(snap, ledger, &owner->key);
		if (!account->name)
			return -ENOMEM;
		add_witness(account, owner);
		add_interval(account, owner);
		finish_account(account);
		snap->n_processes++;
		cell_merge(&snap->all.cell, &account->cell);
		if (owner->all.looks)
			owner_merge(&looked, owner);
	}
	qsort(snap->processes, snap->n_processes, sizeof(*snap->processes),
	      by_wall);
	add_witness(&snap->all, &looked);
	add_interval(&snap->all, &looked);
	finish_account(&snap->all);
	return 0;
}

/* Keep the dearest ones, in order. */
static void take_wait(struct account *account, const struct row *row)
{
	struct wait wait = {
		.call = row->syscall,
		.ns = row->cell.value[MEASURE_BLOCKED],
		.estimated = cell_is_estimate(&row->cell, MEASURE_BLOCKED),
	};

	if (wait.ns <= 0)
		return;
	for (int i = 0; i < account->n_waits; i++)
		if (wait.ns > account->waits[i].ns) {
			struct wait lesser = account->waits[i];

			account->waits[i] = wait;
			wait = lesser;
		}
	if (account->n_waits < SNAPSHOT_WAITS)
		account->waits[account->n_waits++] = wait;
}

static void take_cpu(struct account *account, const struct row *row)
{
	int64_t ns = row->cell.value[MEASURE_CPU];

	if (row->key.abi < ABI_NATIVE ||
	    !cell_has(&row->cell, MEASURE_WALL) ||
	    !cell_has(&row->cell, MEASURE_CPU))
		return;
	account->has_calls = true;
	account->calls_cpu_ns += ns;
	if (account->dearest && ns <= account->dearest_ns)
		return;
	account->dearest = row->syscall;
	account->dearest_ns = ns;
}

/* The account that a row of waits, grouped by process or thread, is for. */
static struct account *account_of(struct snapshot *snap,
				  const struct map *processes, unsigned by,
				  const struct row *row)
{
	struct key key = key_project(&row->key, by & ~dim_bit(DIM_SYSCALL));

	if (!(by & dim_bit(DIM_PROCESS)))
		return &snap->all;
	if (by & dim_bit(DIM_THREAD))
		return memcmp(&snap->busiest.key, &key, sizeof(key)) ?
		       NULL : &snap->busiest;
	return map_get(processes, &key);
}

/* What each process, the busiest thread, or all of them were blocked in,
 * whatever --by says. */
static int take_waits(struct snapshot *snap, const struct ledger *ledger,
		      const struct map *processes, unsigned by)
{
	struct row *rows = NULL;
	size_t n = 0;
	int err = group_rows(ledger, by, false, &rows, &n);

	for (size_t i = 0; !err && i < n; i++) {
		struct account *account = account_of(snap, processes, by,
						     &rows[i]);

		if (!account || !cell_has(&rows[i].cell, MEASURE_BLOCKED))
			continue;
		rows[i].syscall = naming_call(snap, ledger, &rows[i].key);
		if (!rows[i].syscall)
			err = -ENOMEM;
		take_wait(account, &rows[i]);
		take_cpu(account, &rows[i]);
	}
	free(rows);
	return err;
}

static bool has_reasons(const struct ledger *ledger)
{
	const struct record *record;
	size_t pos = 0;

	while ((record = map_next(&ledger->records, &pos)))
		if (record->key.reason)
			return true;
	return false;
}

/* By the reason that was seen in the kernel; a guess at it, and none, are by
 * the call. */
static enum wait_kind kind_of(const struct ledger *ledger,
			      const struct row *row)
{
	int32_t reason = row->key.reason;

	if (reason <= 0 || (size_t)reason > ledger->labels.n ||
	    *ledger->labels.texts[reason - 1] == '~')
		return waits_kind(row->syscall);
	return reasons_kind(ledger->labels.texts[reason - 1]);
}

static int take_kinds(struct snapshot *snap, const struct ledger *ledger)
{
	unsigned by = dim_bit(DIM_SYSCALL);
	struct row *rows = NULL;
	size_t n = 0;
	int err;

	if (has_reasons(ledger))
		by |= dim_bit(DIM_REASON);
	err = group_rows(ledger, by, false, &rows, &n);
	for (size_t i = 0; !err && i < n; i++) {
		if (!cell_has(&rows[i].cell, MEASURE_BLOCKED))
			continue;
		rows[i].syscall = naming_call(snap, ledger, &rows[i].key);
		if (!rows[i].syscall)
			err = -ENOMEM;
		else
			snap->all.kind_ns[kind_of(ledger, &rows[i])] +=
				rows[i].cell.value[MEASURE_BLOCKED];
	}
	free(rows);
	return err;
}

static int take_busiest(struct snapshot *snap, const struct ledger *ledger)
{
	struct account *busiest = &snap->busiest;
	const struct owner *owner;
	struct group threads;
	size_t pos = 0;
	int err = group_owners(&threads, ledger, dim_bit(DIM_PROCESS) |
						 dim_bit(DIM_THREAD));

	while (!err && (owner = map_next(&threads.owners, &pos))) {
		if (owner->key.tid <= 0 || (busiest->key.tid &&
		    owner->clocks.value[MEASURE_CPU] <=
		    busiest->cell.value[MEASURE_CPU]))
			continue;
		busiest->key = owner->key;
		busiest->cell = owner->clocks;
	}
	group_done(&threads);
	if (!err && busiest->key.tid) {
		busiest->name = naming_who(snap, ledger, &busiest->key);
		err = busiest->name ? 0 : -ENOMEM;
	}
	return err;
}

static int take_all_waits(struct snapshot *snap, const struct ledger *ledger)
{
	static const unsigned groupings[] = {
		1u << DIM_SYSCALL,
		1u << DIM_SYSCALL | 1u << DIM_PROCESS,
		1u << DIM_SYSCALL | 1u << DIM_PROCESS | 1u << DIM_THREAD,
	};
	struct map processes;
	int err = 0;

	map_init(&processes, sizeof(struct key));
	for (size_t i = 0; !err && i < snap->n_processes; i++)
		err = map_add(&processes, &snap->processes[i]);
	for (size_t i = 0; !err && i < sizeof(groupings) /
				       sizeof(*groupings); i++)
		err = take_waits(snap, ledger, &processes, groupings[i]);
	map_done(&processes);
	return err;
}

static int copy_notes(struct snapshot *snap, const struct ledger *ledger)
{
	snap->notes = calloc(ledger->n_notes + 1, sizeof(*snap->notes));
	if (!snap->notes)
		return -ENOMEM;
	for (; snap->n_notes < ledger->n_notes; snap->n_notes++) {
		snap->notes[snap->n_notes] =
			strdup(ledger->notes[snap->n_notes]);
		if (!snap->notes[snap->n_notes])
			return -ENOMEM;
	}
	return 0;
}

static size_t count_threads(const struct ledger *ledger)
{
	const struct record *record;
	size_t pos = 0, n = 0;

	while ((record = map_next(&ledger->records, &pos)))
		n += record->key.abi == ABI_TASK && record->key.tid > 0;
	return n;
}

static int take_rows(struct snapshot *snap, const struct ledger *ledger)
{
	const struct snapshot_cfg *cfg = &snap->cfg;
	int err = group_rows(ledger, cfg->by, true, &snap->rows,
			     &snap->n_rows);

	if (!err && !naming_rows(snap, ledger))
		err = -ENOMEM;
	for (size_t i = 0; !err && i < snap->n_rows; i++) {
		struct cell *cell = &snap->rows[i].cell;

		if (cfg->by_call && cfg->by & dim_bit(DIM_SYSCALL))
			cell->have &= cfg->by_call;
		cell->estimated &= cell->have;
		cell_merge(&snap->total.cell, cell);
	}
	return err;
}

static int take_parts(struct snapshot *snap, const struct ledger *ledger)
{
	static const unsigned groupings[PART_COUNT] = {
		[PART_PHASES] = 1u << DIM_PHASE,
		[PART_REQUESTS] = 1u << DIM_REQUEST,
		[PART_STATUSES] = 1u << DIM_REQUEST | 1u << DIM_STATUS,
		[PART_BILL] = 1u << DIM_REQUEST | 1u << DIM_SYSCALL,
		[PART_WHO] = 1u << DIM_PROCESS | 1u << DIM_CLIENT |
			     1u << DIM_USER | 1u << DIM_SHARE,
		[PART_WORKERS] = 1u << DIM_PROCESS | 1u << DIM_PHASE,
	};
	int err = 0;

	for (int i = 0; !err && i < PART_COUNT; i++) {
		struct snapshot *part = calloc(1, sizeof(*part));

		if (!part)
			return -ENOMEM;
		part->cfg = snap->cfg;
		part->cfg.by = groupings[i];
		part->cfg.smb = false;
		part->all = snap->all;
		snap->parts[i] = part;
		err = take_rows(part, ledger);
	}
	return err;
}

static int fill(struct snapshot *snap, const struct ledger *ledger)
{
	struct group processes;
	int err;

	if (ledger->out_of_memory)
		return -ENOMEM;
	err = group_owners(&processes, ledger, dim_bit(DIM_PROCESS));
	if (!err)
		err = take_accounts(snap, ledger, &processes);
	group_done(&processes);
	if (!err)
		err = take_busiest(snap, ledger);
	if (!err)
		err = take_all_waits(snap, ledger);
	if (!err)
		err = take_kinds(snap, ledger);
	if (!err)
		err = take_rows(snap, ledger);
	if (!err && snap->cfg.smb)
		err = take_parts(snap, ledger);
	if (!err)
		err = aside_take(snap, ledger);
	if (!err)
		err = copy_notes(snap, ledger);
	return err;
}

int snapshot_take(struct snapshot **ret, const struct ledger *ledger,
		  const struct snapshot_cfg *cfg, struct why *why)
{
	struct snapshot *snap = calloc(1, sizeof(*snap));
	int err = snap ? 0 : -ENOMEM;

	if (!err) {
		snap->cfg = *cfg;
		err = fill(snap, ledger);
	}
	if (err) {
		snapshot_free(snap);
		return why_set(why, -err, "out of memory for the report");
	}
	/* The calls' estimates are shares of what the clocks say exactly. */
	snap->total.cell.estimated = snap->all.cell.estimated;
	memcpy(snap->lost, ledger->lost, sizeof(snap->lost));
	snap->now = ledger->gauges;
	snap->machine = ledger->machine;
	snap->programs_ns = ledger->programs_ns;
	snap->n_threads = count_threads(ledger);
	*ret = snap;
	return 0;
}

void snapshot_free(struct snapshot *snap)
{
	if (!snap)
		return;
	for (int i = 0; i < PART_COUNT; i++)
		snapshot_free(snap->parts[i]);
	aside_free(snap);
	while (snap->n_texts)
		free(snap->texts[--snap->n_texts]);
	while (snap->n_notes)
		free(snap->notes[--snap->n_notes]);
	free(snap->texts);
	free(snap->notes);
	for (size_t i = 0; i < snap->n_rows; i++)
		free(snap->rows[i].hist);
	free(snap->rows);
	free(snap->processes);
	free(snap);
}

static int64_t told_percentile(const struct row *row, double share)
{
	for (int i = 0; i < TOLD_PERCENTILES && row->told[i].share > 0; i++)
		if (row->told[i].share >= share && row->told[i].share <= share)
			return row->told[i].ns;
	return -1;
}

const char *snapshot_text(struct snapshot *snap, const char *text)
{
	char **texts = snap->texts;

	if (snap->n_texts == snap->max_texts) {
		size_t max = snap->max_texts ? 2 * snap->max_texts : 64;

		texts = realloc(texts, max * sizeof(*texts));
		if (!texts)
			return NULL;
		snap->texts = texts;
		snap->max_texts = max;
	}
	texts[snap->n_texts] = strdup(text);
	if (!texts[snap->n_texts])
		return NULL;
	return texts[snap->n_texts++];
}

int64_t row_percentile(const struct row *row, double share)
{
	int64_t ns = row->hist ? hist_percentile(row->hist, share) :
		     told_percentile(row, share);
	const int64_t *value = row->cell.value;

	if (ns < 0 || !cell_has(&row->cell, MEASURE_MAX))
		return ns;
	if (ns > value[MEASURE_MAX])
		ns = value[MEASURE_MAX];
	return ns < value[MEASURE_MIN] ? value[MEASURE_MIN] : ns;
}

bool snapshot_has(const struct snapshot *snap, enum measure m)
{
	return cell_has(&snap->total.cell, m);
}
