/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "model/abi.h"

#define MAX_NOTES 64

void ledger_init(struct ledger *ledger, size_t max_records)
{
	*ledger = (struct ledger){ .max_records = max_records };
	map_init(&ledger->records, sizeof(struct key));
	map_init(&ledger->names, sizeof(struct key));
	labels_init(&ledger->labels);
}

static void forget_records(struct ledger *ledger)
{
	struct record *record;
	size_t pos = 0;

	while ((record = map_next(&ledger->records, &pos))) {
		free(record->hist);
		free(record);
	}
	map_done(&ledger->records);
}

/* Names of its clients and their sessions go with a process. */
static bool has_ended(const struct ledger *ledger, const struct who *who)
{
	const struct who *process;
	struct key key;

	if (who->key.abi != ABI_REQUEST)
		return who->ended;
	key = key_project(&who->key, dim_bit(DIM_PROCESS));
	process = map_get(&ledger->names, &key);
	return !process || process->ended;
}

static void forget_names(struct ledger *ledger, bool all)
{
	struct who *who;
	size_t pos = 0;

	/* Two rounds: the latter look at the former. */
	while (!all && (who = map_next(&ledger->names, &pos)))
		who->gone = has_ended(ledger, who);
	for (pos = 0; (who = map_next(&ledger->names, &pos)); )
		if (all || who->gone) {
			map_del(&ledger->names, &who->key);
			free(who->name);
			free(who);
		}
}

void ledger_done(struct ledger *ledger)
{
	forget_records(ledger);
	forget_names(ledger, true);
	map_done(&ledger->names);
	labels_done(&ledger->labels);
	while (ledger->n_notes)
		free(ledger->notes[--ledger->n_notes]);
	free(ledger->notes);
	free(ledger->slow);
	ledger_init(ledger, ledger->max_records);
}

void ledger_next(struct ledger *ledger)
{
	forget_records(ledger);
	forget_names(ledger, false);
	memset(ledger->lost, 0, sizeof(ledger->lost));
	ledger->machine = (struct machine){ 0 };
	ledger->programs_ns = 0;
	ledger->n_slow = 0;
}

static struct record *record_of(struct ledger *ledger, const struct key *key)
{
	struct record *record = map_get(&ledger->records, key);

	if (record)
		return record;
	record = calloc(1, sizeof(*record));
	if (!record)
		return NULL;
	record->key = *key;
	if (map_add(&ledger->records, record)) {
		free(record);
		return NULL;
	}
	return record;
}

/* So many records of processes as such may be beyond the limit. */
#define MAX_FOLDED 10000

/*
 * The key that @key is booked to: beyond the limit its process and call, and
 * where these become too many as well, the call alone, of "(others)".
 */
static struct key fold(struct ledger *ledger, const struct key *key)
{
	struct key folded = *key;

	if (ledger->merges_threads) {
		folded = key_project(key, ~dim_bit(DIM_THREAD));
		key = &folded;
	}
	if (ledger->records.used < ledger->max_records ||
	    map_get(&ledger->records, key))
		return folded;
	ledger->lost[LOSS_RECORDS]++;
	folded = key_project(key, dim_bit(DIM_PROCESS) |
				  dim_bit(DIM_SYSCALL));
	if (ledger->records.used < ledger->max_records + MAX_FOLDED ||
	    map_get(&ledger->records, &folded))
		return folded;
	return key_project(key, dim_bit(DIM_SYSCALL));
}

/* NULL where memory ran out. */
static struct record *record_for(struct ledger *ledger,
				 const struct key *key)
{
	struct key folded = fold(ledger, key);
	struct record *record = record_of(ledger, &folded);

	if (!record)
		ledger->out_of_memory = true;
	return record;
}

static struct cell *cell_of(struct ledger *ledger, const struct key *key)
{
	struct record *record = record_for(ledger, key);

	return record ? &record->cell : NULL;
}

static void on_cell(void *ctx, const struct key *key,
		    const struct cell *delta)
{
	struct cell *cell = cell_of(ctx, key);

	if (cell)
		cell_merge(cell, delta);
}

static void on_hist(void *ctx, const struct key *key,
		    const struct hist *delta)
{
	struct ledger *ledger = ctx;
	struct record *record = record_for(ledger, key);

	if (record && !record->hist)
		record->hist = calloc(1, sizeof(*record->hist));
	if (record && record->hist)
		hist_merge(record->hist, delta);
	else
		ledger->out_of_memory = true;
}

/* Each once, if there is room. */
static void on_note(struct ledger *ledger, const char *text)
{
	char **grown;

	for (size_t i = 0; i < ledger->n_notes; i++)
		if (!strcmp(ledger->notes[i], text))
			return;
	if (ledger->n_notes >= MAX_NOTES)
		return;
	grown = realloc(ledger->notes, (ledger->n_notes + 1) * sizeof(*grown));
	if (!grown)
		return;
	ledger->notes = grown;
	grown[ledger->n_notes] = strdup(text);
	if (grown[ledger->n_notes])
		ledger->n_notes++;
}

static int32_t on_label(void *ctx, const char *text)
{
	struct ledger *ledger = ctx;

	return labels_number(&ledger->labels, text);
}

static void on_name(struct ledger *ledger, const struct key *key,
		    const char *text)
{
	struct who *who = map_get(&ledger->names, key);
	char *name;

	if (!who && ledger->names.used >= ledger->max_records) {
		ledger->lost[LOSS_RECORDS]++;
		return;
	}
	name = strdup(text);
	if (!name)
		goto fail;
	if (!who) {
		who = calloc(1, sizeof(*who));
		if (!who)
			goto fail;
		who->key = *key;
		if (map_add(&ledger->names, who)) {
			free(who);
			goto fail;
		}
	}
	free(who->name);
	who->name = name;
	who->ended = false;	/* an id can be another thread's */
	if (key->abi == ABI_REQUEST)
		who->label = 1 + labels_number(&ledger->labels, text);
	return;
fail:
	free(name);
	ledger->out_of_memory = true;
}

/* The last one gives way where there is no more room. */
static void on_slow(struct ledger *ledger, const struct slow *slow)
{
	struct slow *last;

	if (!ledger->slow)
		ledger->slow = calloc(LEDGER_MAX_SLOW, sizeof(*ledger->slow));
	if (!ledger->slow) {
		ledger->out_of_memory = true;
		return;
	}
	if (ledger->n_slow < LEDGER_MAX_SLOW) {
		ledger->slow[ledger->n_slow++] = *slow;
		return;
	}
	last = ledger->slow;
	for (size_t i = 1; i < ledger->n_slow; i++)
		if (slow_compare(&ledger->slow[i], last) > 0)
			last = &ledger->slow[i];
	if (slow_compare(slow, last) < 0)
		*last = *slow;
}

static void on_event(void *ctx, const struct event *event)
{
	struct ledger *ledger = ctx;
	struct cell *cell;
	struct who *who;

	switch (event->kind) {
	case EVENT_SAMPLE:
		cell = cell_of(ledger, &event->key);
		if (cell)
			tally_look(&cell->tally, event->weight_ns);
		break;
	case EVENT_PARENT:
		/* Makes no difference to what was measured. */
		break;
	case EVENT_NAME:
		on_name(ledger, &event->key, event->text);
		break;
	case EVENT_EXIT:
		who = map_get(&ledger->names, &event->key);
		if (who)
			who->ended = true;
		break;
	case EVENT_LOST:
		ledger->lost[event->lost.kind] += event->lost.amount;
		break;
	case EVENT_NOTE:
		on_note(ledger, event->text);
		break;
	case EVENT_MACHINE:
		ledger->machine.interrupts_ns += event->machine.interrupts_ns;
		ledger->machine.stolen_ns += event->machine.stolen_ns;
		break;
	case EVENT_PROGRAMS:
		ledger->programs_ns += event->programs_ns;
		break;
	case EVENT_SLOW:
		on_slow(ledger, event->slow);
		break;
	case EVENT_GAUGES:
		ledger->gauges = event->gauges;
		break;
	}
}

struct sink ledger_sink(struct ledger *ledger)
{
	return (struct sink){ .ctx = ledger, .event = on_event,
			      .cell = on_cell, .hist = on_hist,
			      .label = on_label };
}

static int32_t label_of(const struct ledger *ledger, const struct key *whose)
{
	const struct who *who = map_get(&ledger->names, whose);

	return who ? who->label : 0;
}

void ledger_resolve(const struct ledger *ledger, struct key *key)
{
	struct key whose = key_project(key, dim_bit(DIM_PROCESS));

	whose.abi = ABI_REQUEST;
	key->client = label_of(ledger, &whose);
	whose.session = key->session;
	if (whose.session)
		key->user = label_of(ledger, &whose);
	whose.tree = key->tree;
	if (whose.tree)
		key->share = label_of(ledger, &whose);
}

const struct who *ledger_who(const struct ledger *ledger,
			     const struct key *key)
{
	struct key whose = key_project(key, dim_bit(DIM_PROCESS) |
					    dim_bit(DIM_THREAD));

	if (whose.tid == TID_CHILDREN)
		whose.tid = TID_PROCESS;
	return map_get(&ledger->names, &whose);
}
