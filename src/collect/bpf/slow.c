/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/slow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/bpf/engine.h"
#include "collect/bpf/kin.h"
#include "collect/bpf/words.h"
#include "model/abi.h"
#include "model/waits.h"

/* A heap with the least slow one on top. */
struct heap {
	struct slow *of;
	size_t n;
};

struct slowest {
	const struct gather *gather;
	size_t wanted;
	bool leaves_out;
	struct callset patient;
	struct heap heaps[SLOW_COUNTS];
};

static int find_patient(struct callset *set, struct why *why)
{
	struct callnames names;
	int err = callnames_init(&names, why);

	if (err)
		return err;
	for (int abi = ABI_NATIVE; abi <= ABI_X32; abi++)
		for (int nr = 0; nr < CALLSET_NUMBERS; nr++) {
			const char *name = callnames_get(&names, abi, nr);

			if (name && waits_by_nature(name))
				callset_put(set, &names, name, true);
		}
	callnames_done(&names);
	return 0;
}

int slowest_new(struct slowest **ret, const struct collector_cfg *cfg,
		const struct gather *gather, struct why *why)
{
	struct slowest *slowest = calloc(1, sizeof(*slowest));
	bool failed = !slowest;

	for (int i = 0; !failed && i < SLOW_COUNTS; i++) {
		slowest->heaps[i].of = calloc(cfg->slowest,
					      sizeof(struct slow));
		failed = !slowest->heaps[i].of;
	}
	*ret = slowest;
	if (failed)
		return why_set(why, ENOMEM, "out of memory");
	slowest->gather = gather;
	slowest->wanted = cfg->slowest;
	slowest->leaves_out = !cfg->calls;
	return cfg->calls ? 0 : find_patient(&slowest->patient, why);
}

void slowest_free(struct slowest *slowest)
{
	if (!slowest)
		return;
	for (int i = 0; i < SLOW_COUNTS; i++)
		free(slowest->heaps[i].of);
	free(slowest);
}

const struct callset *slowest_patient(const struct slowest *slowest)
{
	return slowest && slowest->leaves_out ? &slowest->patient : NULL;
}

/* --- the heap --------------------------------------------------------------------- */

static bool is_less(const struct heap *heap, size_t a, size_t b)
{
	return slow_compare(&heap->of[a], &heap->of[b]) > 0;
}

static void swap(struct heap *heap, size_t a, size_t b)
{
	struct slow kept = heap->of[a];

	heap->of[a] = heap->of[b];
	heap->of[b] = kept;
}

static void sift_up(struct heap *heap, size_t at)
{
	for (; at && is_less(heap, at, (at - 1) / 2); at = (at - 1) / 2)
		swap(heap, at, (at - 1) / 2);
}

static void sift_down(struct heap *heap)
{
	for (size_t at = 0, least; ; at = least) {
		least = at;
		for (size_t i = 2 * at + 1; i < heap->n && i <= 2 * at + 2;
		     i++)
			if (is_less(heap, i, least))
				least = i;
		if (least == at)
			return;
		swap(heap, at, least);
	}
}

static void keep(struct heap *heap, size_t wanted, const struct slow *slow)
{
	if (heap->n < wanted) {
		heap->of[heap->n] = *slow;
		sift_up(heap, heap->n++);
	} else if (slow_compare(slow, heap->of) < 0) {
		heap->of[0] = *slow;
		sift_down(heap);
	}
}

/* --- what came ---------------------------------------------------------------------- */

static bool has_arguments(const struct slow_event *event,
			  const struct plan *plan)
{
	uint32_t tag = TAG_USED | (event->tag & (TAG_CALLS - 1));

	/* The new program's registers are not the old one's. */
	return event->ret || (tag != plan->nr_execve &&
			      tag != plan->nr_execveat);
}

/* Whose it is: the thread may have gone, and its slot be another's. */
static struct key key_of(const struct gather *g,
			 const struct slow_event *event)
{
	struct known who = {
		.key = {
			.pid = event->tgid, .tid = event->tid,
			.process_start = event->leader_start_ns /
					 (uint64_t)g->tick_ns,
			.thread_start = event->start_ns /
					(uint64_t)g->tick_ns,
		},
	};
	const struct known *known = event->slot < g->plan->slots ?
				    &g->known[event->slot] : &who;
	struct key key;

	if (event->kind == SLOW_REQUEST) {
		key = kin_process(&who.key);
		key.abi = ABI_REQUEST;
		key.session = event->session;
		key.tree = event->tree;
		key.status = event->status;
	} else {
		key = gather_key(g, &who, event->tag & (TAG_CALLS - 1));
		key.tid = who.key.tid;
		key.thread_start = who.key.thread_start;
		if (g->words && known->serial == event->serial)
			words_name(g->words, known, &event->detail, &key);
	}
	key.request = (int32_t)tag_label(event->tag);
	return key;
}

void slowest_take(struct slowest *slowest, struct engine *engine,
		  const struct slow_event *event)
{
	uint32_t epoch = engine->control->slow_epoch, place;
	bool request = event->kind == SLOW_REQUEST;
	struct slow slow;
	struct heap *heap;

	if (event->kind >= SLOW_KINDS)
		return;
	/* One of the interval before, that was told already, is in this. */
	place = slow_place(event->kind, epoch);
	heap = &slowest->heaps[place];
	slow = (struct slow){
		.key = key_of(slowest->gather, event),
		.began_ns = (int64_t)event->began_ns,
		.wall_ns = (int64_t)event->wall_ns,
		.blocked_ns = (int64_t)event->blocked_ns,
		.runq_ns = (int64_t)event->runq_ns,
		.cpu_ns = (int64_t)((request ? event->run_ns :
				     event->wall_ns) - event->blocked_ns -
				    event->runq_ns),
		.ret = event->ret,
		.has_args = !request && has_arguments(event, &engine->plan),
		.partial = event->partial,
	};
	memcpy(slow.args, event->args, sizeof(slow.args));
	keep(heap, slowest->wanted, &slow);
	if (heap->n == slowest->wanted &&
	    engine->control->slow_from_ns[place] <
	    (uint64_t)heap->of->wall_ns)
		__atomic_store_n(&engine->control->slow_from_ns[place],
				 (uint64_t)heap->of->wall_ns,
				 __ATOMIC_RELAXED);
}

/* --- an interval's end ----------------------------------------------------------------- */

/* Of those that found no room, what would have been among the slowest. */
static int64_t count_lost(const struct slowest *slowest,
			  const struct engine *engine, uint32_t place)
{
	const struct heap *heap = &slowest->heaps[place];
	uint64_t least = heap->n == slowest->wanted ?
			 (uint64_t)heap->of->wall_ns : 0;
	int64_t lost = 0;

	for (uint32_t i = 0; i < BUCKETS; i++)
		if (i == BUCKETS - 1 || bucket_from(i + 1) > least)
			lost += engine->slow_counts[place].lost[i];
	return lost;
}

static void tell(const struct slowest *slowest, const struct heap *heap)
{
	const struct sink *sink = slowest->gather->sink;

	for (size_t i = 0; i < heap->n; i++) {
		struct event event = { .kind = EVENT_SLOW,
				       .key = heap->of[i].key,
				       .slow = &heap->of[i] };

		sink->event(sink->ctx, &event);
	}
}

void slowest_tell(struct slowest *slowest, struct engine *engine)
{
	struct control *control = engine->control;
	uint32_t epoch;

	if (!slowest)
		return;
	epoch = control->slow_epoch;
	for (uint32_t kind = 0; kind < SLOW_KINDS; kind++) {
		uint32_t next = slow_place(kind, epoch + 1);

		memset(&engine->slow_counts[next], 0,
		       sizeof(*engine->slow_counts));
		control->slow_from_ns[next] = 0;
		slowest->heaps[next].n = 0;
	}
	/* What ended until now is read before the next ones are taken. */
	engine_listen(engine);
	for (uint32_t kind = 0; kind < SLOW_KINDS; kind++) {
		uint32_t place = slow_place(kind, epoch);

		tell(slowest, &slowest->heaps[place]);
		sink_lost(slowest->gather->sink, LOSS_SLOWEST,
			  count_lost(slowest, engine, place));
	}
	__atomic_store_n(&control->slow_epoch, epoch + 1, __ATOMIC_SEQ_CST);
}
