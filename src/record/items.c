/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/items.h"

#include "record/fields.h"
#include "record/tags.h"

void items_done(struct items *items)
{
	pack_done(&items->pack);
}

void items_begin(struct items *items)
{
	items->pack.size = 0;
	items->pack.err = 0;
	items->last = (struct key){ .pid = 0 };
}

static void put_tag(struct items *items, enum tag tag)
{
	pack_byte(&items->pack, tag);
}

static void put_key(struct items *items, const struct key *key)
{
	int64_t change[FIELD_COUNT];
	uint64_t changed = 0;

	for (int i = 0; i < FIELD_COUNT; i++) {
		change[i] = (int64_t)((uint64_t)field_get(key, i) -
				      (uint64_t)field_get(&items->last, i));
		if (change[i])
			changed |= 1ull << i;
	}
	pack_number(&items->pack, changed);
	for (int i = 0; i < FIELD_COUNT; i++)
		if (change[i])
			pack_signed(&items->pack, change[i]);
	items->last = *key;
}

void items_label(struct items *items, const char *text)
{
	put_tag(items, TAG_LABEL);
	pack_text(&items->pack, text);
}

void items_name(struct items *items, const struct key *key, const char *text)
{
	put_tag(items, TAG_NAME);
	put_key(items, key);
	pack_text(&items->pack, text);
}

void items_exit(struct items *items, const struct key *key)
{
	put_tag(items, TAG_EXIT);
	put_key(items, key);
}

void items_note(struct items *items, const char *text)
{
	put_tag(items, TAG_NOTE);
	pack_text(&items->pack, text);
}

static void put_tally(struct items *items, const struct tally *tally)
{
	pack_number(&items->pack, tally->looks);
	if (!tally->looks)
		return;
	pack_double(&items->pack, tally->weight_ns);
	pack_double(&items->pack, tally->weight_sq);
}

void items_cell(struct items *items, const struct key *key,
		const struct cell *cell)
{
	put_tag(items, TAG_CELL);
	put_key(items, key);
	pack_number(&items->pack, cell->have);
	pack_number(&items->pack, cell->estimated & cell->have);
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (cell_has(cell, m))
			pack_signed(&items->pack, cell->value[m]);
	pack_signed(&items->pack, cell->slack_ns);
	put_tally(items, &cell->tally);
}

/* Those that have some, each by how far it is from the one before. */
void items_hist(struct items *items, const struct key *key,
		const struct hist *hist)
{
	int n = 0, last = 0;

	for (int i = 0; i < BUCKETS; i++)
		n += hist->count[i] != 0;
	put_tag(items, TAG_HIST);
	put_key(items, key);
	pack_number(&items->pack, (uint64_t)n);
	for (int i = 0; i < BUCKETS; i++) {
		if (!hist->count[i])
			continue;
		pack_number(&items->pack, (uint64_t)(i - last));
		pack_number(&items->pack, hist->count[i]);
		last = i;
	}
}

void items_slow(struct items *items, const struct slow *slow)
{
	struct pack *pack = &items->pack;

	put_tag(items, TAG_SLOW);
	put_key(items, &slow->key);
	pack_signed(pack, slow->began_ns);
	pack_signed(pack, slow->wall_ns);
	pack_signed(pack, slow->blocked_ns);
	pack_signed(pack, slow->runq_ns);
	pack_signed(pack, slow->cpu_ns);
	pack_signed(pack, slow->ret);
	pack_byte(pack, (uint8_t)(slow->has_args | slow->partial << 1));
	for (int i = 0; slow->has_args && i < ARGUMENTS; i++)
		pack_number(pack, slow->args[i]);
}

void items_lost(struct items *items, enum loss kind, int64_t amount)
{
	if (!amount)
		return;
	put_tag(items, TAG_LOST);
	pack_number(&items->pack, kind);
	pack_signed(&items->pack, amount);
}

void items_gauges(struct items *items, const struct gauges *gauges)
{
	put_tag(items, TAG_GAUGES);
	pack_number(&items->pack, gauges->processes);
	pack_number(&items->pack, gauges->threads);
	pack_number(&items->pack, gauges->in_flight);
}

void items_machine(struct items *items, const struct machine *machine)
{
	put_tag(items, TAG_MACHINE);
	pack_signed(&items->pack, machine->interrupts_ns);
	pack_signed(&items->pack, machine->stolen_ns);
}

void items_programs(struct items *items, int64_t ns)
{
	if (!ns)
		return;
	put_tag(items, TAG_PROGRAMS);
	pack_signed(&items->pack, ns);
}

void items_end(struct items *items)
{
	put_tag(items, TAG_END);
}
