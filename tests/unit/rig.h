/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs would have mapped, in plain memory, and a gather
 * that tells a book of it: no kernel is needed. Threads are of process 10
 * and begin to be accounted at BORN.
 */
#ifndef RIG_H
#define RIG_H

#include "book.h"

#include <stdlib.h>

#include "collect/bpf/gather.h"

#define BORN (100 * SEC)
#define RIG_SLOTS 8
#define RIG_CELLS 64
#define RIG_HISTS 8

struct rig {
	struct book book;
	struct control control;
	struct plan plan;
	struct slot slots[RIG_SLOTS];
	struct call_cell cells[RIG_CELLS];
	struct call_hist hists[RIG_HISTS];
	struct gather g;
	int released, asked;
	bool wanted;
};

static inline void rig_release(void *ctx, uint32_t slot)
{
	struct rig *rig = ctx;

	(void)slot;
	rig->released++;
}

static inline bool rig_keeps(void *ctx, const struct slot *slot)
{
	struct rig *rig = ctx;

	(void)slot;
	rig->asked++;
	return rig->wanted;
}

static inline uint32_t tag(uint32_t nr)
{
	return TAG_USED | nr;
}

/* Another thread in a slot; it starts at @tid ticks, its process at 10. */
static inline struct slot *born_in(struct rig *rig, uint32_t index, int tid)
{
	struct slot *slot = &rig->slots[index];

	*slot = (struct slot){
		.state = SLOT_LIVE, .serial = ++rig->control.serial,
		.tid = tid, .tgid = 10, .born_ns = BORN,
		.start_ns = (uint64_t)(tid * 10 * MS),
		.leader_start_ns = (uint64_t)(10 * 10 * MS),
		.spare_cell = slot->spare_cell, .comm = "worker",
	};
	if (rig->control.used_slots <= index)
		rig->control.used_slots = index + 1;
	return slot;
}

/* Thread 11 in slot 1. */
static inline struct slot *born(struct rig *rig)
{
	return born_in(rig, 1, 11);
}

/* It ends so long after BORN. */
static inline void dies(struct slot *slot, int64_t after_ns)
{
	slot->flags |= SLOT_DEAD;
	slot->died_ns = (uint64_t)(BORN + after_ns);
}

/* In a slot's list, as the programs would put it there. */
static inline struct call_cell *listed_in(struct rig *rig, struct slot *slot,
					  uint32_t index, uint32_t tag_)
{
	uint32_t *first = &slot->first_cell[tag_ % SLOT_CACHE];

	assert_true(index && index < RIG_CELLS);
	rig->cells[index] = (struct call_cell){ .tag = tag_, .next = *first };
	*first = index;
	return &rig->cells[index];
}

static inline struct call_cell *listed(struct rig *rig, uint32_t index,
				       uint32_t tag_)
{
	return listed_in(rig, &rig->slots[1], index, tag_);
}

static inline void add_calls(struct rig *rig, struct call_cell *cell,
			     uint64_t calls, uint64_t wall, uint64_t blocked)
{
	uint64_t each = wall / calls;

	if (cell->epoch != rig->control.epoch)
		cell->min_ns = cell->max_ns = each;
	cell->epoch = rig->control.epoch;
	cell->min_ns = each < cell->min_ns ? each : cell->min_ns;
	cell->max_ns = each > cell->max_ns ? each : cell->max_ns;
	cell->calls += calls;
	cell->wall_ns += wall;
	cell->blocked_ns += blocked;
}

/* What is known so long after BORN, between two reports. */
static inline void visit(struct rig *rig, int64_t after_ns)
{
	rig->g.end_ns = BORN + after_ns;
	gather_all(&rig->g, false);
}

/* A report of what is new by then. */
static inline struct snapshot *at(struct rig *rig, int64_t after_ns,
				  unsigned by)
{
	struct snapshot *snap;

	rig->g.end_ns = BORN + after_ns;
	gather_all(&rig->g, true);
	snap = take(&rig->book, by);
	ledger_next(&rig->book.ledger);
	return snap;
}

static inline const struct row *call_row(const struct snapshot *snap, int nr)
{
	return row_of(snap, seen_in(0, 0, ABI_NATIVE, nr));
}

/* By system call, -1: there is no such row. */
static inline int64_t of(const struct snapshot *snap, int nr, enum measure m)
{
	const struct row *row = call_row(snap, nr);

	return row ? row->cell.value[m] : -1;
}

static inline int64_t outside(const struct snapshot *snap, enum measure m)
{
	const struct row *row = row_of(snap, seen_in(0, 0, ABI_STATE,
						     STATE_OUTSIDE));

	return row ? row->cell.value[m] : -1;
}

static inline int64_t sum_of(const struct snapshot *snap, enum measure m)
{
	int64_t sum = 0;

	for (size_t i = 0; i < snap->n_rows; i++)
		sum += snap->rows[i].cell.value[m];
	return sum;
}

static inline int rig_open(void **state, bool hists)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	if (!rig)
		return -1;
	book_open(&rig->book);
	rig->control.epoch = 1;
	rig->plan = (struct plan){ .slots = RIG_SLOTS, .cells = RIG_CELLS,
				   .hists = RIG_HISTS, .hist = hists };
	rig->g = (struct gather){
		.sink = &rig->book.sink, .control = &rig->control,
		.plan = &rig->plan, .slots = rig->slots,
		.cells = rig->cells, .hists = hists ? rig->hists : NULL,
		.release = rig_release, .keeps = rig_keeps, .ctx = rig,
		.tick_ns = 10 * MS,
	};
	*state = rig;
	return gather_init(&rig->g);
}

static inline int open_rig(void **state)
{
	return rig_open(state, false);
}

static inline int open_rig_with_hists(void **state)
{
	return rig_open(state, true);
}

static inline int close_rig(void **state)
{
	struct rig *rig = *state;

	gather_done(&rig->g);
	book_close(&rig->book);
	free(rig);
	return 0;
}

#define WITH_RIG(test) \
	cmocka_unit_test_setup_teardown(test, open_rig, close_rig)
#define WITH_HISTS(test) \
	cmocka_unit_test_setup_teardown(test, open_rig_with_hists, close_rig)

#endif
