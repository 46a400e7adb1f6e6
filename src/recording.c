/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void on_cell(void *ctx, const struct key *key,
		    const struct cell *delta)
{
	struct recording *r = ctx;
	struct sink mine = ledger_sink(&r->ledger);
	struct cell lasting = *delta;

	if (r->writer)
		mine.cell(mine.ctx, key, delta);
	if (!r->alone || cell_keep_lasting(&lasting))
		r->own.cell(r->own.ctx, key, &lasting);
}

static void on_hist(void *ctx, const struct key *key,
		    const struct hist *delta)
{
	struct recording *r = ctx;
	struct sink mine = ledger_sink(&r->ledger);

	if (r->writer)
		mine.hist(mine.ctx, key, delta);
	r->own.hist(r->own.ctx, key, delta);
}

static int32_t on_label(void *ctx, const char *text)
{
	struct recording *r = ctx;

	return r->own.label(r->own.ctx, text);
}

/* What the ledger of names has not heard of yet. */
static void note_name(struct recording *r, const struct event *event)
{
	const struct who *who = map_get(&r->names->names, &event->key);

	if (event->kind == EVENT_EXIT) {
		if (!who || who->ended)
			return;
		items_exit(&r->items, &event->key);
	} else {
		if (who && !who->ended && !strcmp(who->name, event->text))
			return;
		items_name(&r->items, &event->key, event->text);
	}
	r->has_items = true;
}

static void on_event(void *ctx, const struct event *event)
{
	struct recording *r = ctx;
	struct sink mine = ledger_sink(&r->ledger);
	size_t notes = r->names->n_notes;

	if (r->writer)
		switch (event->kind) {
		case EVENT_NAME:
		case EVENT_EXIT:
			note_name(r, event);
			break;
		case EVENT_PARENT:
		case EVENT_NOTE:
			break;
		case EVENT_SAMPLE:
		case EVENT_LOST:
		case EVENT_GAUGES:
		case EVENT_MACHINE:
		case EVENT_SLOW:
		case EVENT_PROGRAMS:
			mine.event(mine.ctx, event);
			break;
		}
	r->own.event(r->own.ctx, event);
	/* Each once, and no more than a report can have. */
	if (r->writer && r->names->n_notes > notes) {
		items_note(&r->items, event->text);
		r->has_items = true;
	}
}

int recording_open(struct recording *r, const char *path, struct why *why)
{
	return record_create(&r->writer, path, why);
}

struct sink recording_sink(struct recording *r, const struct ledger *names,
			   struct sink own)
{
	r->names = names;
	r->own = own;
	ledger_init(&r->ledger, names->max_records);
	items_begin(&r->items);
	return (struct sink){ .ctx = r, .event = on_event, .cell = on_cell,
			      .hist = on_hist, .label = on_label };
}

static int end_record(struct recording *r, int err)
{
	record_finish(r->writer);
	r->writer = NULL;
	ledger_done(&r->ledger);
	items_done(&r->items);
	return err;
}

int recording_begin(struct recording *r, const struct record_head *head,
		    int64_t now_ns, int64_t cpu_ns, struct why *why)
{
	int err;

	if (!r->writer)
		return 0;
	r->last_ns = now_ns;
	r->last_cpu_ns = cpu_ns;
	err = record_begin(r->writer, head, why);
	return err ? end_record(r, err) : 0;
}

/* As bytes: like keys are beside each other, and take little. */
static int by_key(const void *a, const void *b)
{
	const struct record *const *left = a, *const *right = b;

	return memcmp(&(*left)->key, &(*right)->key, sizeof(struct key));
}

static int put_records(struct recording *r)
{
	const struct record **records, *record;
	size_t n = 0, pos = 0;

	records = malloc((r->ledger.records.used + 1) * sizeof(*records));
	if (!records)
		return -ENOMEM;
	while ((record = map_next(&r->ledger.records, &pos)))
		records[n++] = record;
	qsort(records, n, sizeof(*records), by_key);
	for (size_t i = 0; i < n; i++)
		items_cell(&r->items, &records[i]->key, &records[i]->cell);
	for (size_t i = 0; i < n; i++)
		if (records[i]->hist)
			items_hist(&r->items, &records[i]->key,
				   records[i]->hist);
	free(records);
	return 0;
}

static int put_all(struct recording *r)
{
	const struct ledger *ledger = &r->ledger;
	int err;

	for (; r->labels < r->names->labels.n; r->labels++)
		items_label(&r->items, r->names->labels.texts[r->labels]);
	err = put_records(r);
	for (size_t i = 0; i < ledger->n_slow; i++)
		items_slow(&r->items, &ledger->slow[i]);
	for (int i = 0; i < LOSS_COUNT; i++)
		items_lost(&r->items, i, ledger->lost[i]);
	items_gauges(&r->items, &ledger->gauges);
	items_machine(&r->items, &ledger->machine);
	items_programs(&r->items, ledger->programs_ns);
	items_end(&r->items);
	if (!err && ledger->out_of_memory)
		err = -ENOMEM;
	return err;
}

static int append(struct recording *r, const struct record_block *block,
		  struct why *why)
{
	int err = put_all(r);

	if (err)
		why_set(why, -err, "the record ends here: out of memory; what "
			"was recorded before can be read");
	else
		err = record_append(r->writer, block, &r->items, why);
	if (err)
		return end_record(r, err);
	ledger_next(&r->ledger);
	items_begin(&r->items);
	r->has_items = false;
	return 0;
}

int recording_cut(struct recording *r, const struct recording_end *end,
		  struct why *why)
{
	struct record_block block = {
		.end_ns = end->end_ns,
		.end_mono_ns = end->end_mono_ns,
		.interval_ns = end->end_mono_ns - r->last_ns,
		.own_cpu_ns = end->cpu_ns - r->last_cpu_ns,
		.call_cost_ns = end->call_cost_ns,
	};

	if (!r->writer)
		return 0;
	r->last_ns = end->end_mono_ns;
	r->last_cpu_ns = end->cpu_ns;
	return append(r, &block, why);
}

int recording_close(struct recording *r, struct why *why)
{
	struct record_block block = { .end_mono_ns = r->last_ns,
				      .call_cost_ns = -1 };
	int err = 0;

	if (!r->writer)
		return 0;
	if (r->last_ns && r->has_items)
		err = append(r, &block, why);
	return err ? err : end_record(r, 0);
}
