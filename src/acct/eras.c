/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/eras.h"

void eras_init(struct eras *eras, bool keeps, size_t max_records)
{
	*eras = (struct eras){ .keeps = keeps };
	for (int i = 0; i < 2; i++)
		ledger_init(&eras->interval[i], max_records);
	ledger_init(&eras->all, max_records < ERAS_MAX_ALL ? max_records :
							     ERAS_MAX_ALL);
}

void eras_done(struct eras *eras)
{
	for (int i = 0; i < 2; i++)
		ledger_done(&eras->interval[i]);
	ledger_done(&eras->all);
}

void eras_merge_threads(struct eras *eras)
{
	for (int i = 0; i < 2; i++)
		eras->interval[i].merges_threads = true;
	eras->all.merges_threads = true;
}

const struct ledger *eras_last(const struct eras *eras)
{
	return &eras->interval[eras->keeps ? !eras->now : eras->now];
}

static struct ledger *ongoing(struct eras *eras)
{
	return &eras->interval[eras->now];
}

/* What is in flight is so at the end of one interval. */
static void drop_moments(struct cell *cell)
{
	static const enum measure moments[] = { MEASURE_IN_FLIGHT,
						MEASURE_AGE };

	for (size_t i = 0; i < sizeof(moments) / sizeof(*moments); i++) {
		cell->have &= ~measure_bit(moments[i]);
		cell->estimated &= ~measure_bit(moments[i]);
		cell->value[moments[i]] = 0;
	}
}

static void on_cell(void *ctx, const struct key *key,
		    const struct cell *delta)
{
	struct eras *eras = ctx;
	struct sink now = ledger_sink(ongoing(eras));
	struct sink all = ledger_sink(&eras->all);
	struct cell lasting;

	now.cell(now.ctx, key, delta);
	lasting = *delta;
	drop_moments(&lasting);
	all.cell(all.ctx, key, &lasting);
}

static void on_hist(void *ctx, const struct key *key,
		    const struct hist *delta)
{
	struct eras *eras = ctx;
	struct sink now = ledger_sink(ongoing(eras));
	struct sink all = ledger_sink(&eras->all);

	now.hist(now.ctx, key, delta);
	all.hist(all.ctx, key, delta);
}

/* Each has the same, so a label has the same number in all of them. */
static int32_t on_label(void *ctx, const char *text)
{
	struct eras *eras = ctx;
	struct sink now = ledger_sink(ongoing(eras));
	struct sink last = ledger_sink(&eras->interval[!eras->now]);
	struct sink all = ledger_sink(&eras->all);

	last.label(last.ctx, text);
	all.label(all.ctx, text);
	return now.label(now.ctx, text);
}

static bool is_lasting(const struct event *event)
{
	return event->kind == EVENT_NAME || event->kind == EVENT_EXIT ||
	       event->kind == EVENT_NOTE;
}

static void on_event(void *ctx, const struct event *event)
{
	struct eras *eras = ctx;
	struct sink now = ledger_sink(ongoing(eras));
	struct sink last = ledger_sink(&eras->interval[!eras->now]);
	struct sink all = ledger_sink(&eras->all);

	now.event(now.ctx, event);
	all.event(all.ctx, event);
	if (is_lasting(event))
		last.event(last.ctx, event);
}

struct sink eras_sink(struct eras *eras)
{
	if (!eras->keeps)
		return ledger_sink(ongoing(eras));
	return (struct sink){ .ctx = eras, .event = on_event,
			      .cell = on_cell, .hist = on_hist,
			      .label = on_label };
}

void eras_turn(struct eras *eras)
{
	struct ledger *past = &eras->interval[!eras->now];

	if (!eras->keeps)
		return;
	ledger_next(past);
	eras->now = !eras->now;
}

void eras_read(struct eras *eras)
{
	if (!eras->keeps)
		ledger_next(ongoing(eras));
}

void eras_reset(struct eras *eras)
{
	for (int i = 0; i < 2; i++)
		ledger_next(&eras->interval[i]);
	ledger_next(&eras->all);
}
