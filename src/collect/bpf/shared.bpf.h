/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all BPF programs share: the maps, and who is under accounting.
 */
#ifndef COLLECT_BPF_SHARED_BPF_H
#define COLLECT_BPF_SHARED_BPF_H

typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long long uint64_t;
typedef int int32_t;

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <stdbool.h>

#include "collect/bpf/kernel.h"
#include "collect/bpf/layout.h"

const volatile struct plan plan;
/* By tag without error: is it asked for? */
const volatile uint64_t wanted[TAG_CALLS / 64];

struct control control;

/* The sizes of these three are set at load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct call_cell);
} cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct call_hist);
} hists SEC(".maps");

/* The collector puts back what it has read to the end. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, uint32_t);
} free_slots SEC(".maps");

/*
 * By thread id, as the kernel has it: the slot, or 0. Task storage would be
 * the obvious place, but a look-up in it costs as much as all the rest of
 * these programs together.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint32_t);
} slot_of SEC(".maps");

/*
 * Whose calls are made on this CPU, so that a call begins and ends without a
 * helper that tells which thread this is. It is of the present generation
 * only: a stack can be another thread's later.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct caller);
} caller SEC(".maps");

/* Process ids to look for at the next visit, in our pid namespace. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int32_t);
	__type(value, uint32_t);	/* slot_flags to begin with */
} targets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} notices SEC(".maps");

#define inline_always static inline __attribute__((always_inline))

/* The reader takes nothing while the sequence is odd. x86 keeps stores in
 * order, so that the compiler alone has to be told. */
inline_always void step(struct slot *s)
{
#ifdef __TARGET_ARCH_x86
	barrier();
	*(volatile uint32_t *)&s->sequence = s->sequence + 1;
	barrier();
#else
	/* With its old value, so that it is a barrier. */
	__sync_lock_test_and_set(&s->sequence, s->sequence + 1);
#endif
}

inline_always struct slot *slot_at(uint32_t index)
{
	return bpf_map_lookup_elem(&slots, &index);
}

inline_always uint32_t *index_of(uint32_t pid)
{
	return bpf_map_lookup_elem(&slot_of, &pid);
}

/* Its size is set at load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct extra);	/* by slot */
} extras SEC(".maps");

inline_always struct extra *extra_at(uint32_t slot)
{
	return bpf_map_lookup_elem(&extras, &slot);
}

inline_always void clear_extra(uint32_t slot)
{
	struct extra *extra = extra_at(slot);

	if (extra)
		*extra = (struct extra){ .unwind = plan.unwind, .fd = -1,
					 .asleep_in = STACK_UNSEEN,
					 .uncounted = 1 };
}

/* It runs the same program. */
inline_always void inherit(uint32_t slot, uint32_t from)
{
	struct extra *extra = extra_at(slot), *of = extra_at(from);

	if (!extra || !of)
		return;
	extra->unwind = of->unwind;
	extra->execs = of->execs;
}

inline_always bool is_detailed(uint32_t kind)
{
	return plan.detail & kind && control.detail & kind;
}

/* Whether @s is the slot of this thread, and not of one that had its id. */
inline_always bool is_of(struct slot *s, struct task_struct *task)
{
	return s->start_ns == task->start_boottime;
}

/* 0: not under accounting. */
inline_always uint32_t look_up(struct task_struct *task)
{
	uint32_t *index = index_of(task->pid);
	struct slot *s;

	if (!index || !*index)
		return 0;
	s = slot_at(*index);
	return s && is_of(s, task) ? *index : 0;
}

inline_always struct slot *live(uint32_t index)
{
	struct slot *s = index ? slot_at(index) : NULL;

	return s && s->state == SLOT_LIVE ? s : NULL;
}

static __attribute__((noinline)) int look_again(struct caller *here)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!here)
		return 0;
	here->generation = control.generation;
	barrier();
	here->slot = control.armed ? look_up(task) : 0;
	if (!live(here->slot))
		here->slot = 0;
	return 0;
}

inline_always uint32_t caller_of(struct pt_regs *regs)
{
	uint32_t zero = 0;
	struct caller *here = bpf_map_lookup_elem(&caller, &zero);

	if (!here)
		return 0;
	if (here->regs != (uint64_t)regs ||
	    here->generation != control.generation) {
		here->regs = (uint64_t)regs;
		look_again(here);
	}
	return here->slot;
}

/* What it is called in the pid namespace of the collector; 0: nothing. */
inline_always int32_t number_in(struct pid *pid)
{
	struct pid_namespace *ns = NULL;
	uint32_t at = control.level;
	char *upid;
	int nr = 0;

	if (!pid || BPF_CORE_READ(pid, level) < at || at > 32)
		return 0;
	upid = (char *)pid + bpf_core_field_offset(pid->numbers) +
	       at * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&nr, sizeof(nr), upid +
			      bpf_core_field_offset(struct upid, nr));
	bpf_probe_read_kernel(&ns, sizeof(ns), upid +
			      bpf_core_field_offset(struct upid, ns));
	/* One of this depth can be another one all the same. */
	return !at || (uint64_t)ns == control.namespace ? nr : 0;
}

/* Threads came or went: what is known of the callers may be wrong. */
inline_always void next_generation(void)
{
	__sync_fetch_and_add(&control.generation, 1);
}

static __attribute__((noinline)) int tell(uint32_t index)
{
	struct notice *notice = bpf_ringbuf_reserve(&notices,
						    sizeof(*notice), 0);

	/* Without room the collector looks through all of them. */
	if (!notice) {
		__sync_fetch_and_add(&control.no_notice, 1);
		return 0;
	}
	notice->slot = index;
	bpf_ringbuf_submit(notice, 0);
	return 0;
}

#endif
