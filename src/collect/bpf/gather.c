/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collect/bpf/flows.h"
#include "collect/bpf/functions.h"
#include "collect/bpf/kin.h"
#include "collect/bpf/lives.h"
#include "collect/bpf/sleeps.h"
#include "collect/bpf/words.h"
#include "model/abi.h"

/* A busy thread's may never be of one moment: then not all of its sleeps of
 * now are told apart yet. */
#define MAX_COPIES 16

int gather_init(struct gather *g)
{
	/* Pages of these are there once they are used. */
	g->told = calloc(g->plan->cells, sizeof(*g->told));
	g->known = calloc(g->plan->slots, sizeof(*g->known));
	if (g->plan->hist)
		g->told_hists = calloc(g->plan->hists,
				       sizeof(*g->told_hists));
	if (g->extras)
		g->told_sleeps = calloc(g->plan->slots,
					sizeof(*g->told_sleeps));
	kin_init(g);
	return g->told && g->known && (g->told_hists || !g->plan->hist) &&
	       (g->told_sleeps || !g->extras) ? 0 : -ENOMEM;
}

void gather_done(struct gather *g)
{
	kin_done(g);
	free(g->told);
	free(g->told_hists);
	free(g->told_sleeps);
	free(g->known);
	g->told = NULL;
	g->told_hists = NULL;
	g->told_sleeps = NULL;
	g->known = NULL;
}

static int64_t now_of(const struct gather *g, const struct slot *slot)
{
	if (slot->flags & SLOT_DEAD)
		return (int64_t)slot->died_ns;
	return g->end_ns ? g->end_ns : clock_mono_ns();
}

struct key gather_key(const struct gather *g, const struct known *known,
		      uint32_t tag)
{
	static const int abis[] = {
		[TAG_NATIVE] = ABI_NATIVE, [TAG_COMPAT] = ABI_COMPAT,
		[TAG_X32] = ABI_X32, [3] = ABI_NATIVE,
	};
	struct key key = g->by_thread ? known->key :
					kin_process(&known->key);
	uint32_t nr = tag & TAG_NR_OTHER;

	key.abi = abis[tag >> TAG_NR_BITS & 3];
	key.nr = nr == TAG_NR_OTHER ? -1 : (int32_t)nr;
	if (g->plan->split == SPLIT_ERRNO)
		key.error = (int32_t)tag_error(tag);
	key.request = g->smb ? flows_label(g->smb, known, tag) : 0;
	return key;
}

struct key gather_detail_key(const struct gather *g,
			     const struct known *known, uint32_t tag,
			     const struct detail *detail)
{
	struct key key = gather_key(g, known, tag == TAG_OUTSIDE ? 0 : tag);

	if (tag == TAG_OUTSIDE) {
		key.abi = ABI_STATE;
		key.nr = g->plan->filtered ? STATE_REST : STATE_OUTSIDE;
		key.error = 0;
	}
	if (detail && g->words)
		words_name(g->words, known, detail, &key);
	return key;
}

void gather_tell(const struct gather *g, const struct key *key,
		 const struct cell *cell)
{
	g->sink->cell(g->sink->ctx, key, cell);
}

void gather_tell_ended(const struct gather *g, const struct key *key,
		       const struct cell *cell)
{
	if (g->words)
		words_tell(g->words, key, cell);
	else
		gather_tell(g, key, cell);
}

/* --- calls -------------------------------------------------------------------- */

static bool is_asked_for(const struct gather *g, uint32_t tag)
{
	bool failed = tag_error(tag);

	return g->outcome == OUTCOME_ANY ||
	       failed == (g->outcome == OUTCOME_FAILURE);
}

void gather_hist(const struct gather *g, const struct slot *slot,
		 const struct key *key, uint32_t index)
{
	struct call_hist now, *told = &g->told_hists[index];
	struct hist news;

	times_copy(slot, &now, &g->hists[index], sizeof(now));
	for (int i = 0; i < BUCKETS; i++)
		news.count[i] = now.count[i] - told->count[i];
	*told = now;
	g->sink->hist(g->sink->ctx, key, &news);
}

static struct times cell_times(const struct call_cell *cell)
{
	return (struct times){
		.wall_ns = (int64_t)cell->wall_ns,
		.blocked_ns = (int64_t)cell->blocked_ns,
		.runq_ns = (int64_t)cell->runq_ns,
		.vcsw = cell->vcsw, .icsw = cell->icsw,
	};
}

/* Of what the interval has in it, least and most; an older epoch has
 * nothing. */
static void add_bounds(const struct gather *g, struct cell *cell,
		       const struct call_cell *now)
{
	if (now->epoch != g->control->epoch)
		return;
	cell_add(cell, MEASURE_MIN, (int64_t)now->min_ns);
	cell_add(cell, MEASURE_MAX, (int64_t)now->max_ns);
}

static bool is_of_object(const struct detail *a, const struct detail *b)
{
	return a->object == b->object && a->fd == b->fd;
}

static void tell_call(struct gather *g, struct known *known,
		      const struct slot *slot, const struct call_cell *now,
		      struct call_cell *told, const struct detail *detail)
{
	struct times news = cell_times(now), before = cell_times(told);
	struct key key = gather_detail_key(g, known, now->tag, detail);
	struct cell cell = { 0 };
	int64_t ended_ns;

	times_add(&news, &before, -1);
	times_add(&known->calls, &news, 1);
	ended_ns = news.wall_ns;
	/* How it would fail was not known when it was told in part: what it
	 * had by then stays where it was told, unless its sleeps are told
	 * apart, which would be taken from the other row. */
	if (g->plan->split == SPLIT_ERRNO && g->outcome == OUTCOME_ANY &&
	    !g->details &&
	    known->open_tag &&
	    known->open_tag == tag_without_error(now->tag) &&
	    (!detail || is_of_object(&known->open_detail, detail)) &&
	    news.wall_ns >= known->open.wall_ns) {
		times_add(&news, &known->open, -1);
		known->open = (struct times){ 0 };
		known->open_tag = 0;
	}
	if (is_asked_for(g, now->tag)) {
		times_cell(&cell, &news);
		cell_add(&cell, MEASURE_CPU, times_cpu(&news));
		cell_add(&cell, MEASURE_CALLS,
			 (int64_t)(now->calls - told->calls));
		cell_add(&cell, MEASURE_ERRORS,
			 (int64_t)(now->errors - told->errors));
		if (callset_has(&g->moves, key.abi, key.nr))
			cell_add(&cell, MEASURE_BYTES,
				 (int64_t)(now->bytes - told->bytes));
		cell_add(&cell, MEASURE_ENDED, ended_ns);
		add_bounds(g, &cell, now);
		gather_tell_ended(g, &key, &cell);
		if (now->hist && g->hists)
			gather_hist(g, slot, &key, now->hist);
		if (g->smb)
			flows_tell_call(g->smb, known, &key, &cell);
		sink_lost(g->sink, LOSS_UNTIMED,
			  (int64_t)(now->refused - told->refused));
		sink_lost(g->sink, LOSS_PARTIAL,
			  (int64_t)(now->partial - told->partial));
	}
	*told = *now;
}

/* That cell, where it has more than was told of it. */
static void tell_news(struct gather *g, struct known *known,
		      const struct slot *slot, const struct call_cell *now,
		      uint32_t i)
{
	const struct detail *detail = g->details ? &g->details[i] : NULL;
	struct call_cell *told = &g->told[i];

	if (detail && detail->wait) {
		if (now->blocked_ns != told->blocked_ns &&
		    (now->tag == TAG_OUTSIDE || is_asked_for(g, now->tag)))
			sleeps_tell(g, known, now, told, detail,
				    &g->told_sleeps[slot - g->slots]);
	} else if (now->calls != told->calls) {
		tell_call(g, known, slot, now, told, detail);
	}
}

static void tell_calls(struct gather *g, struct known *known,
		       const struct slot *slot, const uint32_t *first)
{
	struct call_cell now;

	for (int place = 0; place < SLOT_CACHE; place++)
		for (uint32_t i = first[place]; i && i < g->plan->cells;
		     i = now.next) {
			times_copy(slot, &now, &g->cells[i], sizeof(now));
			tell_news(g, known, slot, &now, i);
		}
}

/* The last report can come in the middle of a turn of smbd's loop. */
static void tell_early(struct gather *g, struct known *known,
		       const struct slot *slot)
{
	struct told_sleeps none = { 0 };
	struct call_cell now, told, asleep;
	struct detail detail;

	while (flows_take_early(g->smb, slot, &now, &detail, &asleep)) {
		told = (struct call_cell){ 0 };
		/* Of no epoch, so without bounds. */
		now.epoch = g->control->epoch - 1;
		if (g->details && detail.wait && is_asked_for(g, now.tag))
			sleeps_tell(g, known, &asleep, &told, &detail,
				    &none);
		told = (struct call_cell){ 0 };
		detail.wait = 0;
		detail.waker = 0;
		tell_call(g, known, slot, &now, &told,
			  g->details ? &detail : NULL);
	}
}

/* The stack of the call in progress, which stays what it is; it is looked for
 * when a report asks. */
static uint64_t open_stack(struct gather *g, const struct known *known,
			   uint32_t index, const struct slot *slot,
			   const struct extra *extra)
{
	if (!g->words || !slot->enter_ns)
		return 0;
	if (known->open_tag && known->open_since == slot->enter_ns &&
	    known->open_detail.stack)
		return known->open_detail.stack;
	return g->reporting ? words_asleep(g->words, index, slot, extra) : 0;
}

/* The call in progress, as far as it went: what was told before is taken
 * back under the name that it was told by. */
static void tell_open(struct gather *g, struct known *known,
		      const struct slot *slot, const struct detail *detail,
		      const struct times *since, int64_t now_ns)
{
	uint32_t tag = slot->tag | known->label << TAG_LABEL_SHIFT;
	struct cell cell = { 0 };
	struct times open = { 0 };

	if (known->open_tag && (known->open_tag != tag || !slot->enter_ns ||
				known->open_detail.stack != detail->stack ||
				!is_of_object(&known->open_detail, detail))) {
		times_add(&open, &known->open, -1);
		times_cell(&cell, &open);
		cell_add(&cell, MEASURE_CPU, times_cpu(&open));
		if (g->outcome == OUTCOME_ANY)
			gather_tell(g, &known->open_key, &cell);
		known->open = (struct times){ 0 };
		known->open_tag = 0;
	}
	if (!slot->enter_ns)
		return;
	if (!known->open_tag) {
		known->open_key = gather_detail_key(g, known, tag, detail);
		known->open_detail = *detail;
	}
	known->open_tag = tag;
	known->open_since = slot->enter_ns;
	open = *since;
	open.wall_ns = at_least_0(now_ns - (int64_t)slot->enter_ns);
	open = times_news(&open, &known->open);
	cell = (struct cell){ 0 };
	times_cell(&cell, &open);
	cell_add(&cell, MEASURE_CPU, times_cpu(&open));
	/* None of these has ended, so none is counted. */
	cell_add(&cell, MEASURE_CALLS, 0);
	cell_add(&cell, MEASURE_ERRORS, 0);
	if (!(slot->flags & SLOT_DEAD) && g->reporting) {
		cell_add(&cell, MEASURE_IN_FLIGHT, 1);
		/* Since the attachment at least. */
		if (slot->flags & SLOT_PARTIAL)
			cell_add_estimate(&cell, MEASURE_AGE,
					  known->open.wall_ns);
		else
			cell_add(&cell, MEASURE_AGE, known->open.wall_ns);
		g->in_flight++;
	}
	if (g->outcome == OUTCOME_ANY)
		gather_tell(g, &known->open_key, &cell);
}

/* Sleeps of that, or since the last one. */
static void tell_open_sleeps(struct gather *g, const struct known *known,
			     const struct slot *slot, uint32_t index,
			     const struct extra *extra, int64_t now_ns)
{
	uint32_t tag = TAG_OUTSIDE;

	if (!(g->plan->detail & DETAIL_WAITS))
		return;
	if (slot->enter_ns)
		tag = g->outcome == OUTCOME_ANY ? known->open_tag : 0;
	sleeps_tell_open(g, known, &g->told_sleeps[index], tag, slot, extra,
			 now_ns);
}

/* --- threads ------------------------------------------------------------------ */

/* What its cells count is told; they are the next thread's. */
static void recycle_list(struct gather *g, uint32_t index, uint32_t *first)
{
	struct slot *slot = &g->slots[index];
	uint32_t last = 0;

	for (uint32_t i = *first; i && i < g->plan->cells;
	     i = g->cells[i].next) {
		uint32_t hist = g->cells[i].hist;

		if (g->details)
			g->forget(g->ctx, index, g->cells[i].tag,
				  &g->details[i]);
		memset(&g->told[i], 0, sizeof(g->told[i]));
		if (hist && g->hists) {
			memset(&g->hists[hist], 0, sizeof(*g->hists));
			memset(&g->told_hists[hist], 0,
			       sizeof(*g->told_hists));
		}
		last = i;
	}
	if (last) {
		g->cells[last].next = slot->spare_cell;
		slot->spare_cell = *first;
		*first = 0;
	}
}

static void recycle(struct gather *g, uint32_t index)
{
	struct slot *slot = &g->slots[index];

	for (int place = 0; place < SLOT_CACHE; place++)
		recycle_list(g, index, &slot->first_cell[place]);
	slot->state = SLOT_FREE;
	if (g->smb && slot->flow)
		flows_recycle(g->smb, g, index);
	if (g->functions)
		functions_recycle(g->functions, g, index);
	g->known[index] = (struct known){ 0 };
	if (g->told_sleeps)
		g->told_sleeps[index].n = 0;
}

static bool is_accounted(struct gather *g, uint32_t index,
			 const struct slot *slot)
{
	if (slot->state != SLOT_LIVE || slot->flags & SLOT_LAUNCHING)
		return false;
	if (!slot->tentative || slot->wanted)
		return true;
	if (!g->keeps(g->ctx, slot)) {
		g->slots[index].state = SLOT_DROPPED;
		__atomic_add_fetch(&g->control->generation, 1,
				   __ATOMIC_SEQ_CST);
		return false;
	}
	g->slots[index].wanted = 1;
	return true;
}

const struct known *gather_known(struct gather *g, uint32_t index,
				 uint32_t serial)
{
	struct known *known = &g->known[index];
	struct slot now;

	if (index >= g->plan->slots)
		return NULL;
	if (known->serial == serial)
		return known;
	times_copy(&g->slots[index], &now, &g->slots[index], sizeof(now));
	if (now.serial != serial || !is_accounted(g, index, &now))
		return NULL;
	kin_identify(g, known, &now);
	return known;
}

/* The slot as it is, and what there is beside it of the same moment. */
static void copy_slot(const struct gather *g, uint32_t index,
		      struct slot *slot, struct extra *extra)
{
	const struct slot *from = &g->slots[index];

	times_copy(from, slot, from, sizeof(*slot));
	*extra = (struct extra){ 0 };
	for (int i = 0; g->extras && i < MAX_COPIES; i++) {
		times_copy(from, extra, &g->extras[index], sizeof(*extra));
		if (slot->sequence == __atomic_load_n(&from->sequence,
						      __ATOMIC_ACQUIRE))
			break;
		times_copy(from, slot, from, sizeof(*slot));
	}
}

void gather_slot(struct gather *g, uint32_t index)
{
	const struct slot *slot = &g->slots[index];
	struct known *known = &g->known[index];
	struct times since;
	struct slot now, next;
	struct extra extra;
	int64_t now_ns;

	times_copy(slot, &now, slot, sizeof(now));
	if (now.state == SLOT_FREE)
		return;
	if (!is_accounted(g, index, &now))
		goto out;
	if (known->serial != now.serial)
		kin_identify(g, known, &now);
	if (g->smb && now.flow)
		flows_look(g->smb, known, slot);
	/* A call that ends while its thread's are read is to be in one of
	 * them; short ones are not worth it. */
	for (int i = 0; i < 4; i++) {
		tell_calls(g, known, slot, now.first_cell);
		copy_slot(g, index, &next, &extra);
		/* As it ends, calls are booked that smbd's turn is short of. */
		if (next.enter_ns == now.enter_ns &&
		    (next.flags & SLOT_DEAD) == (now.flags & SLOT_DEAD))
			break;
		now = next;
	}
	if (g->smb && now.flow && g->end_ns)
		tell_early(g, known, slot);
	now = next;
	now_ns = now_of(g, &now);
	since = times_since(&now, now_ns);
	if (g->smb && now.flow)
		flows_tell(g->smb, g, known, &now, slot, &since, now_ns);
	if (g->functions)
		functions_tell(g->functions, g, known, index, &now);
	extra.detail.stack = open_stack(g, known, index, &now, &extra);
	tell_open(g, known, &now, &extra.detail, &since, now_ns);
	tell_open_sleeps(g, known, &now, index, &extra, now_ns);
	lives_tell(g, known, &now, &since, now_ns);
	sink_lost(g->sink, LOSS_URING, (int64_t)(now.uring - known->uring));
	known->uring = now.uring;
	/* An execve may have made it another one, from here on. */
	kin_identify(g, known, &now);
out:
	if (!(now.flags & SLOT_DEAD))
		return;
	if (known->serial) {
		kin_leave(g, known);
		g->n_threads--;
	}
	recycle(g, index);
	g->release(g->ctx, index);
}

void gather_missed(struct gather *g, uint64_t missed)
{
	sink_lost_since(g->sink, LOSS_CALLS, missed, &g->told_missed);
}

/* Slots that have ever been in use, number 0 among them. */
static uint32_t used_slots(const struct gather *g)
{
	uint32_t used = __atomic_load_n(&g->control->used_slots,
					__ATOMIC_ACQUIRE);

	return used < g->plan->slots ? used : g->plan->slots;
}

bool gather_lives(const struct gather *g, int32_t pid, uint64_t start)
{
	uint32_t used = used_slots(g);

	for (uint32_t i = 1; i < used; i++) {
		const struct slot *slot = &g->slots[i];

		if (slot->state == SLOT_LIVE && !(slot->flags & SLOT_DEAD) &&
		    (!pid || slot->tgid == pid) &&
		    (!start || slot->leader_start_ns /
			       (uint64_t)g->tick_ns == start))
			return true;
	}
	return false;
}

void gather_all(struct gather *g, bool report)
{
	struct event event = { .kind = EVENT_GAUGES };
	uint32_t used = used_slots(g);

	g->in_flight = 0;
	g->reporting = report;
	for (uint32_t i = 1; i < used; i++)
		if (g->slots[i].state != SLOT_FREE)
			gather_slot(g, i);
	if (g->smb)
		flows_tell_open(g->smb, g);
	if (g->functions)
		functions_tell_loss(g->functions, g);
	g->reporting = false;
	if (report)
		__atomic_add_fetch(&g->control->epoch, 1, __ATOMIC_RELEASE);
	if (report && g->words)
		words_turn(g->words);
	sink_lost_since(g->sink, LOSS_CALLS, g->control->no_cell,
			&g->told_no_cell);
	sink_lost_since(g->sink, LOSS_CALLS, g->control->unmatched,
			&g->told_unmatched);
	sink_lost_since(g->sink, LOSS_SWITCHES, g->control->lost_switches,
			&g->told_switches);
	sink_lost_since(g->sink, LOSS_THREADS, g->control->no_slot,
			&g->told_no_slot);
	sink_lost_since(g->sink, LOSS_HISTOGRAMS, g->control->no_hist,
			&g->told_no_hist);
	sink_lost_since(g->sink, LOSS_STACKS, g->control->no_stack,
			&g->told_no_stack);
	sink_lost_since(g->sink, LOSS_OBJECTS, g->control->no_object,
			&g->told_no_object);
	sink_lost_since(g->sink, LOSS_WAKERS, g->control->no_waker,
			&g->told_no_waker);
	event.gauges = (struct gauges){
		.processes = g->families.used, .threads = g->n_threads,
		.in_flight = g->in_flight,
	};
	g->sink->event(g->sink->ctx, &event);
}
