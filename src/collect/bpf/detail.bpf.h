/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What else is known of a call than which it is: the functions that led to
 * it, what it slept for and on which object it works. Cells are apart by
 * that as well, and found by a hash table in place of their thread's lists.
 */
#ifndef COLLECT_BPF_DETAIL_BPF_H
#define COLLECT_BPF_DETAIL_BPF_H

#include "collect/bpf/calls.bpf.h"
#include "collect/bpf/shared.bpf.h"

/* The sizes of these are set at load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct detail);	/* by cell */
} details SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct detail_key);
	__type(value, uint32_t);	/* the cell */
} detailed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, uint64_t);		/* its hash */
	__type(value, struct stack);
} stacks SEC(".maps");

/* The last cells are for what is known of no detail: calls are to be counted,
 * whatever there is room to know of them. */
inline_always bool is_tight(uint32_t slot)
{
	struct slot *s = slot_at(slot);

	return s && !s->spare_cell &&
	       control.used_cells >= plan.cells - plan.cells / 8;
}

inline_always struct detail fold(const struct detail *detail)
{
	return (struct detail){
		.stack = detail->stack ? STACK_NO_ROOM : 0,
		.object = detail->object ? OBJECT_NO_ROOM : 0,
		.wait = detail->wait ? STACK_NO_ROOM : 0,
	};
}

inline_always bool is_folded(const struct detail *detail)
{
	return detail->stack <= STACK_NO_ROOM &&
	       detail->object <= OBJECT_NO_ROOM &&
	       detail->wait <= STACK_NO_ROOM && !detail->fd &&
	       !detail->waker;
}

/* Of the call's cell and, if @wait, of a sleep in it. */
__attribute__((noinline)) uint32_t find_detailed(uint32_t slot, uint32_t tag,
						 const struct detail *detail)
{
	struct detail_key key = { slot, tag };
	uint32_t *known, index;
	struct detail *of;

	if (!detail)
		return 0;
	key.detail = *detail;
	known = bpf_map_lookup_elem(&detailed, &key);
	if (known)
		return *known;
	if (is_tight(slot) && !is_folded(detail))
		return 0;
	index = new_cell(slot_at(slot), tag);
	of = index ? bpf_map_lookup_elem(&details, &index) : NULL;
	if (!of)
		return 0;
	*of = key.detail;
	/* Without room there it is found no more; the collector counts it
	 * all the same. */
	if (bpf_map_update_elem(&detailed, &key, &index, BPF_ANY))
		__sync_fetch_and_add(&control.no_cell, 1);
	return index;
}

/* Of 64 bits, so that no two that are met have the same. */
inline_always uint64_t hash_of(uint32_t tag, const struct detail *detail)
{
	uint64_t hash = tag;

	hash = (hash ^ detail->stack) * 0x9e3779b97f4a7c15ULL;
	hash ^= hash >> 32;
	hash = (hash ^ detail->object) * 0xbf58476d1ce4e5b9ULL;
	hash ^= hash >> 32;
	hash = (hash ^ detail->wait) * 0x94d049bb133111ebULL;
	hash ^= hash >> 32;
	hash = (hash ^ ((uint64_t)detail->waker << 32 |
			(uint32_t)detail->fd)) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

static __attribute__((noinline)) struct call_cell *
detailed_cell(uint32_t slot, uint32_t tag, const struct detail *detail)
{
	struct extra *extra = extra_at(slot);
	struct detail folded;
	uint64_t hash;
	uint32_t index, at;

	if (!extra || !detail)
		return NULL;
	hash = hash_of(tag, detail);
	at = hash % EXTRA_CACHE;
	if (extra->cache[at].hash == hash) {
		index = extra->cache[at].cell;
		return bpf_map_lookup_elem(&cells, &index);
	}
	index = find_detailed(slot, tag, detail);
	/* Not kept in the cache: there may be room later. */
	if (!index && !is_folded(detail)) {
		if (detail->object > OBJECT_NO_ROOM)
			__sync_fetch_and_add(&control.no_object, 1);
		if (detail->stack > STACK_NO_ROOM)
			__sync_fetch_and_add(&control.no_stack, 1);
		folded = fold(detail);
		index = find_detailed(slot, tag, &folded);
		return index ? bpf_map_lookup_elem(&cells, &index) : NULL;
	}
	if (!index) {
		__sync_fetch_and_add(&control.no_cell, 1);
		return NULL;
	}
	extra->cache[at].hash = hash;
	extra->cache[at].cell = index;
	return bpf_map_lookup_elem(&cells, &index);
}

/* Sleeps of a call with that detail, where they were slept. */
inline_always void book_slept(uint32_t slot, uint32_t tag,
			      struct detail detail, const struct slept *wait)
{
	struct call_cell *cell;

	detail.wait = wait->wait;
	detail.waker = wait->waker;
	cell = detailed_cell(slot, tag, &detail);
	if (!cell)
		return;
	cell->blocked_ns += wait->blocked_ns;
	cell->vcsw += wait->times;
}

/* The sleeps of a call, or of no call, each where it was slept. */
__attribute__((noinline)) int book_waits(uint32_t slot, uint32_t tag)
{
	struct extra *extra = extra_at(slot);

	if (!extra)
		return 0;
	for (uint32_t i = 0; i < SLOT_WAITS && i < extra->n_waits; i++)
		book_slept(slot, tag, extra->detail, &extra->waits[i]);
	extra->n_waits = 0;
	return 0;
}

/* The cell of the call that ends, with its sleeps booked. */
static __attribute__((noinline)) struct call_cell *
call_with_detail(uint32_t slot, uint32_t tag)
{
	struct extra *extra = extra_at(slot);

	if (!extra)
		return NULL;
	if (extra->n_waits)
		book_waits(slot, tag);
	return detailed_cell(slot, tag, &extra->detail);
}

/* --- stacks ------------------------------------------------------------------ */

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 3);
	__type(key, uint32_t);
	__type(value, struct stack);
} scratch SEC(".maps");

enum { SCRATCH_USER, SCRATCH_KERNEL, SCRATCH_WAKER };

/* Known by its hash from now on. */
__attribute__((noinline)) uint64_t keep_stack(uint32_t slot, uint32_t which)
{
	struct extra *extra = extra_at(slot);
	struct stack *stack = bpf_map_lookup_elem(&scratch, &which);
	uint64_t hash = 0xcbf29ce484222325ULL;

	if (!extra || !stack || !stack->n)
		return 0;
	for (uint32_t i = 0; i < STACK_FRAMES && i < stack->n; i++) {
		hash = (hash ^ stack->pc[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	if (hash <= STACK_SEVERAL)
		hash += STACK_SEVERAL + 1;
	if (extra->kept[hash % EXTRA_CACHE] == hash)
		return hash;
	if (bpf_map_lookup_elem(&stacks, &hash) ||
	    !bpf_map_update_elem(&stacks, &hash, stack, BPF_ANY)) {
		extra->kept[hash % EXTRA_CACHE] = hash;
		return hash;
	}
	__sync_fetch_and_add(&control.no_stack, 1);
	return STACK_NO_ROOM;
}

inline_always uint64_t kernel_stack(void *ctx, uint32_t slot)
{
	uint32_t which = SCRATCH_KERNEL;
	struct stack *stack = bpf_map_lookup_elem(&scratch, &which);
	long size;

	if (!stack)
		return 0;
	size = bpf_get_stack(ctx, stack->pc, sizeof(stack->pc), 0);
	stack->n = size > 0 ? (uint64_t)size / 8 : 0;
	return keep_stack(slot, SCRATCH_KERNEL);
}

inline_always void forget_waits(uint32_t slot)
{
	struct extra *extra = extra_at(slot);

	if (extra)
		extra->n_waits = 0;
}

/* What follows is for another call than what went before, which was in
 * none. */
inline_always void begin_detail(uint32_t slot)
{
	struct extra *extra = extra_at(slot);

	if (!extra)
		return;
	extra->detail = (struct detail){ 0 };
	if (extra->n_waits)
		book_waits(slot, TAG_OUTSIDE);
}

/* Another program: what was found out about the code no longer holds. */
inline_always void begin_program(uint32_t slot)
{
	struct extra *extra = extra_at(slot);

	if (!extra)
		return;
	extra->unwind = plan.unwind;
	extra->execs++;
	extra->samples = 0;
}

/* Where it sleeps. Who wakes it may have begun to, on another CPU. */
static __attribute__((noinline)) int fall_asleep(void *ctx, uint32_t slot)
{
	struct extra *extra = extra_at(slot);
	uint64_t stack = 0;

	if (!extra)
		return 0;
	if (is_detailed(DETAIL_WAITS))
		stack = kernel_stack(ctx, slot);
	extra->asleep_in = stack ? stack : STACK_UNSEEN;
	extra->uncounted = 0;
	return 0;
}

/* Likewise, of one that was found asleep. */
static __attribute__((noinline)) int find_asleep(struct task_struct *task,
						 uint32_t slot)
{
	uint32_t which = SCRATCH_WAKER;
	struct stack *stack = bpf_map_lookup_elem(&scratch, &which);
	struct extra *extra = extra_at(slot);
	uint64_t known;
	long size;

	if (!extra || !stack || !task)
		return 0;
	size = bpf_get_task_stack(task, stack->pc, sizeof(stack->pc), 0);
	stack->n = size > 0 ? (uint64_t)size / 8 : 0;
	known = keep_stack(slot, SCRATCH_WAKER);
	extra->asleep_in = known ? known : STACK_UNSEEN;
	return 0;
}

#endif
