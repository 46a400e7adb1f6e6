/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions of the targets, timed from a probe at their beginning to one at
 * their return, or at the beginning of another function, on the same thread.
 *
 * One that begins while the last one has not ended is nested in it if it is
 * deeper on the stack; otherwise that one was left by longjmp or the like,
 * and will not end. That holds for threads with one stack.
 */
#ifndef COLLECT_BPF_PROBE_BPF_H
#define COLLECT_BPF_PROBE_BPF_H

#include "collect/bpf/calls.bpf.h"
#include "collect/bpf/shared.bpf.h"

/* The sizes of these are set at load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct function_cell);
} functions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct function_places);	/* by slot */
} functions_of SEC(".maps");

__attribute__((noinline)) uint32_t find_function(uint32_t slot,
						 uint32_t which)
{
	struct function_places *places;
	struct function_cell *cell;
	uint32_t index;

	places = bpf_map_lookup_elem(&functions_of, &slot);
	asm volatile("" : "+r"(which));
	if (!places || which >= FUNCTIONS)
		return 0;
	if (places->cell[which])
		return places->cell[which];
	index = __sync_fetch_and_add(&control.used_functions, 1);
	cell = index < plan.functions ?
	       bpf_map_lookup_elem(&functions, &index) : NULL;
	if (!cell) {
		control.used_functions = plan.functions;
		return 0;
	}
	cell->hist = new_hist();
	places->cell[which] = index;
	return index;
}

inline_always struct function_cell *function_at(uint32_t slot,
						uint32_t which)
{
	uint32_t index = find_function(slot, which);

	if (!index) {
		__sync_fetch_and_add(&control.no_function, 1);
		return NULL;
	}
	return bpf_map_lookup_elem(&functions, &index);
}

inline_always void end_function(struct slot *s, struct function_cell *cell,
				uint64_t now)
{
	uint64_t wall = now - cell->began_ns;

	cell->depth = 0;
	cell->calls++;
	cell->wall_ns += wall;
	cell->blocked_ns += s->past_blocked_ns + s->blocked_ns -
			    cell->base_blocked_ns;
	cell->runq_ns += s->past_runq_ns + s->queued_ns - cell->base_runq_ns;
	widen(&cell->min_ns, &cell->max_ns, &cell->epoch, wall);
	count_latency(cell->hist, wall);
}

__attribute__((noinline)) int function_begins(struct slot *s, uint32_t which,
					      uint64_t sp)
{
	struct function_cell *cell = s ? function_at(s->self, which) : NULL;
	struct task_struct *task = bpf_get_current_task_btf();
	uint64_t now;

	if (!s || !cell)
		return 0;
	if (cell->depth && sp < cell->sp) {
		cell->depth++;
		cell->nested++;
		return 0;
	}
	if (cell->depth)
		cell->unmatched++;
	now = bpf_ktime_get_ns();
	catch_up(s, task, now);
	settle(s, task);
	cell->base_blocked_ns = s->past_blocked_ns + s->blocked_ns;
	cell->base_runq_ns = s->past_runq_ns + s->queued_ns;
	cell->sp = sp;
	cell->depth = 1;
	cell->began_ns = now;
	return 0;
}

/* The return of the outermost one, whatever became of those nested in it. */
inline_always bool is_outermost(const struct function_cell *cell, uint64_t sp)
{
#ifdef __TARGET_ARCH_x86
	return sp > cell->sp;	/* its return address has gone */
#else
	return sp >= cell->sp;
#endif
}

__attribute__((noinline)) int function_ends(struct slot *s, uint32_t cookie,
					    uint64_t sp, uint64_t now)
{
	struct function_cell *cell = s ? function_at(s->self, cookie & 0xff) :
					 NULL;
	struct task_struct *task = bpf_get_current_task_btf();

	if (!s || !cell)
		return 0;
	if (!cell->depth) {
		cell->unmatched++;
		return 0;
	}
	if (cookie & FUNCTION_RETURNS ? !is_outermost(cell, sp) :
					cell->depth > 1) {
		if (cell->depth > 1)
			cell->depth--;
		return 0;
	}
	catch_up(s, task, now);
	settle(s, task);
	end_function(s, cell, now);
	return 0;
}

/* The slot of this thread, 0: it is not under accounting. */
inline_always uint32_t probed(void)
{
	uint32_t index = control.armed ?
			 look_up(bpf_get_current_task_btf()) : 0;

	return live(index) ? index : 0;
}

SEC("uprobe")
int on_function(struct pt_regs *regs)
{
	uint64_t sp = regs->sp;
	uint32_t index = probed();
	struct slot *s = index ? slot_at(index) : NULL;

	if (!s)
		return 0;
	step(s);
	function_begins(s, bpf_get_attach_cookie(regs), sp);
	step(s);
	return 0;
}

SEC("uprobe")
int on_function_end(struct pt_regs *regs)
{
	uint64_t sp = regs->sp, now = bpf_ktime_get_ns();
	uint32_t index = probed();
	struct slot *s = index ? slot_at(index) : NULL;

	if (!s)
		return 0;
	step(s);
	function_ends(s, bpf_get_attach_cookie(regs), sp, now);
	step(s);
	return 0;
}

/* A place that is passed, and no more. */
SEC("uprobe")
int on_place(struct pt_regs *regs)
{
	uint32_t which = bpf_get_attach_cookie(regs), index = probed();
	struct slot *s = index ? slot_at(index) : NULL;
	struct function_cell *cell;

	if (!s)
		return 0;
	step(s);
	cell = function_at(index, which);
	if (cell)
		cell->calls++;
	step(s);
	return 0;
}

/* On x86 since 6.11 a return with a probe is a call, which is not the
 * program's. */
inline_always bool is_probe(uint32_t tag)
{
	return plan.functions && tag == plan.nr_uretprobe;
}

/* What was in progress in the program before, will not end. */
static __attribute__((noinline)) int forget_functions(uint32_t slot)
{
	struct function_places *places;

	places = bpf_map_lookup_elem(&functions_of, &slot);
	for (int i = 0; places && i < FUNCTIONS; i++) {
		uint32_t index = places->cell[i];
		struct function_cell *cell;

		cell = index ? bpf_map_lookup_elem(&functions, &index) : NULL;
		if (!cell || !cell->depth)
			continue;
		cell->unmatched++;
		cell->depth = 0;
	}
	return 0;
}

#endif
