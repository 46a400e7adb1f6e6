/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A call's tag, the cell that counts it, and what is booked there. */
#ifndef COLLECT_BPF_CALLS_BPF_H
#define COLLECT_BPF_CALLS_BPF_H

#include "collect/bpf/offcpu.bpf.h"
#include "collect/bpf/shared.bpf.h"

inline_always bool is_compat(struct task_struct *task)
{
#ifdef __TARGET_ARCH_x86
	return task->thread_info.status & TS_COMPAT;
#else
	return task->thread_info.flags >> TIF_32BIT & 1;
#endif
}

/*
 * The instruction syscall leaves its return address in rcx; int $0x80 does
 * not. Where they differ, or may have been changed, the thread is asked.
 */
inline_always bool is_compat_now(struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	if (regs->cx == regs->ip)
		return false;
#endif
	return is_compat(bpf_get_current_task_btf());
}

inline_always uint32_t tag_of(bool compat, long id)
{
	uint32_t nr = id, abi = TAG_NATIVE;

	if (compat) {
		abi = TAG_COMPAT;
#ifdef __TARGET_ARCH_x86
	} else if (nr & X32_BIT && nr != (uint32_t)-1) {
		abi = TAG_X32;
		nr &= ~X32_BIT;
#endif
	}
	if (nr > TAG_NR_OTHER)
		nr = TAG_NR_OTHER;
	return TAG_USED | abi << TAG_NR_BITS | nr;
}

inline_always bool is_wanted(uint32_t tag)
{
	uint32_t at = tag & (TAG_CALLS - 1);

	return !plan.filtered || wanted[at / 64] >> (at % 64) & 1;
}

static __attribute__((noinline)) uint32_t new_hist(void)
{
	uint32_t index;

	if (!plan.hist)
		return 0;
	index = __sync_fetch_and_add(&control.used_hists, 1);
	if (index < plan.hists)
		return index;
	control.used_hists = plan.hists;
	__sync_fetch_and_add(&control.no_hist, 1);
	return 0;
}

/* Where a tag's cells are listed, and where its last one is cached. */
inline_always uint32_t place_of(uint32_t tag)
{
	return (tag ^ tag >> TAG_ERROR_SHIFT ^ tag >> TAG_LABEL_SHIFT) %
	       SLOT_CACHE;
}

/* A cell of the slot's earlier thread, or one that was never used. */
static __attribute__((noinline)) uint32_t new_cell(struct slot *s,
						   uint32_t tag)
{
	struct call_cell *cell;
	uint32_t index, hist;
	bool spare;

	if (!s)
		return 0;
	index = s->spare_cell;
	spare = index;
	if (!spare)
		index = __sync_fetch_and_add(&control.used_cells, 1);
	if (index >= plan.cells) {
		control.used_cells = plan.cells;
		return 0;
	}
	cell = bpf_map_lookup_elem(&cells, &index);
	if (!cell)
		return 0;
	if (spare)
		s->spare_cell = cell->next;
	hist = spare && cell->hist ? cell->hist :
	       plan.call_hist ? new_hist() : 0;
	__builtin_memset(cell, 0, sizeof(*cell));
	cell->hist = hist;
	cell->tag = tag;
	cell->next = s->first_cell[place_of(tag)];
	s->first_cell[place_of(tag)] = index;
	return index;
}

/* A third more than the calls of two tables that can share a place. */
#define MAX_LISTED 96

/* Not static: it is verified once, and not at each place that calls it. */
__attribute__((noinline)) uint32_t find_cell(uint32_t slot, uint32_t tag)
{
	struct slot *s = slot_at(slot);
	uint32_t index;

	if (!s)
		return 0;
	index = s->first_cell[place_of(tag)];
	for (int i = 0; i < MAX_LISTED && index; i++) {
		struct call_cell *cell = bpf_map_lookup_elem(&cells, &index);

		if (!cell)
			return 0;
		if (cell->tag == tag)
			return index;
		index = cell->next;
	}
	return index ? 0 : new_cell(s, tag);
}

inline_always struct call_cell *cell_for(struct slot *s, uint32_t slot,
					 uint32_t tag)
{
	uint32_t place = place_of(tag), index;

	if (s->cache[place].tag == tag) {
		index = s->cache[place].cell;
	} else {
		index = find_cell(slot, tag);
		if (!index) {
			__sync_fetch_and_add(&control.no_cell, 1);
			return NULL;
		}
		s->cache[place].tag = tag;
		s->cache[place].cell = index;
	}
	return bpf_map_lookup_elem(&cells, &index);
}

/* The least and the most of the interval of @epoch. */
inline_always void widen(uint64_t *least, uint64_t *most, uint32_t *epoch,
			 uint64_t wall)
{
	if (*epoch != control.epoch) {
		*epoch = control.epoch;
		*least = wall;
		*most = wall;
	} else if (wall < *least) {
		*least = wall;
	} else if (wall > *most) {
		*most = wall;
	}
}

/* In the histogram of that number; 0: there is none. */
inline_always void count_latency(uint32_t index, uint64_t wall)
{
	uint32_t bucket = bucket_of(wall);
	struct call_hist *hist = index ? bpf_map_lookup_elem(&hists, &index) :
					 NULL;

	/* The compiler knows that it is below, and would leave the test out;
	 * 6.1's verifier does not, and has to see it. */
	asm volatile("" : "+r"(bucket));
	if (hist && bucket < BUCKETS)
		hist->count[bucket]++;
}

/* All but what it was off the CPU. */
inline_always void book_call(struct call_cell *cell, uint64_t wall, long ret,
			     bool partial)
{
	bool failed = ret < 0 && ret >= -4095;

	cell->calls++;
	cell->wall_ns += wall;
	if (failed)
		cell->errors++;
	else if (ret > 0)
		cell->bytes += ret;
	if (partial) {
		cell->partial++;
		return;
	}
	widen(&cell->min_ns, &cell->max_ns, &cell->epoch, wall);
	if (plan.call_hist)
		count_latency(cell->hist, wall);
}

inline_always void book(struct slot *s, struct call_cell *cell, uint64_t wall,
			long ret, bool partial)
{
	if (s->flags & SLOT_SWITCHED) {
		cell->blocked_ns += s->blocked_ns;
		cell->runq_ns += s->queued_ns;
		cell->vcsw += s->vcsw;
		cell->icsw += s->icsw;
		forget_switches(s);
	}
	book_call(cell, wall, ret, partial);
}

inline_always uint32_t tag_with(uint32_t tag, long ret)
{
	bool failed = ret < 0 && ret >= -4095;

	if (plan.split == SPLIT_ERRNO && failed)
		tag |= (uint32_t)-ret << TAG_ERROR_SHIFT;
	if (plan.split == SPLIT_FAILED && failed)
		tag |= 1u << TAG_ERROR_SHIFT;
	return tag;
}

/* One of the first four, of a call that begins. */
inline_always unsigned long argument(struct pt_regs *regs, int n)
{
#ifdef __TARGET_ARCH_x86
	return n == 0 ? regs->di : n == 1 ? regs->si :
	       n == 2 ? regs->dx : regs->r10;
#else
	return regs->regs[n];
#endif
}

inline_always long number_of(struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	return (int)regs->orig_ax;
#else
	return regs->syscallno;
#endif
}

#endif
