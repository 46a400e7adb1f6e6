/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who wakes a thread. The tracepoint is hit by who does it, which is the
 * thread of this CPU, unless that was interrupted: it then has nothing to do
 * with it. On which stack it is hit tells most; the rest is told by the
 * functions there: whether softirqs run because a thread let them, as when
 * it sends to a socket of this machine, or because an interrupt did, and
 * whether that was a timer. The kernel's preemption count would tell less,
 * and is not given to programs by kernels without symbols of their data.
 */
#ifndef COLLECT_BPF_WAKER_BPF_H
#define COLLECT_BPF_WAKER_BPF_H

#include "collect/bpf/detail.bpf.h"
#include "collect/bpf/shared.bpf.h"
#include "collect/bpf/threads.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);		/* set at load */
	__type(key, uint32_t);
	__type(value, struct waker);
} wakers SEC(".maps");

/* When a thread began and its id, or of those known by name that name. */
struct waker_key {
	uint64_t first, second;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);		/* set at load */
	__type(key, struct waker_key);
	__type(value, uint32_t);	/* its number */
} waker_of SEC(".maps");

/*
 * Interrupts have a stack of their own, and so have the softirqs after them,
 * or that a thread lets run: who is on its own stack does it itself. But x86
 * deals with an interrupt on the stack of the thread where that was in user
 * mode, which then shows no call as what it entered the kernel with.
 */
enum place { OWN_STACK, OWN_STACK_PERHAPS, OTHER_STACK };

inline_always enum place find_place(void *ctx, struct task_struct *task)
{
	uint64_t here = (uint64_t)ctx;
	struct pt_regs *regs;

	if (!bpf_core_enum_value_exists(enum bpf_func_id,
					BPF_FUNC_task_pt_regs))
		return OWN_STACK_PERHAPS;
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	/* These are at the top of it. */
	if (here < (uint64_t)task->stack || here >= (uint64_t)regs)
		return OTHER_STACK;
#ifdef __TARGET_ARCH_x86
	if (!(task->flags & PF_KTHREAD) && (long)regs->orig_ax < 0)
		return OWN_STACK_PERHAPS;
#endif
	return OWN_STACK;
}

__attribute__((noinline)) uint32_t code_kind(uint64_t pc)
{
	for (uint32_t i = 0; i < CODES && i < control.n_codes; i++)
		if (pc >= control.codes[i].start && pc < control.codes[i].end)
			return control.codes[i].kind;
	return CODE_NONE;
}

/* A connection within this machine goes through some 30 functions. */
#define WAKER_FRAMES 64

/* The innermost of those functions on the stack that tell. */
static __attribute__((noinline)) uint32_t find_code(void *ctx)
{
	uint32_t which = SCRATCH_WAKER, kind;
	struct stack *stack = bpf_map_lookup_elem(&scratch, &which);
	bool backlog = false;
	long size;

	if (!stack)
		return CODE_NONE;
	size = bpf_get_stack(ctx, stack->pc, WAKER_FRAMES * 8, 0);
	for (int i = 0; i < WAKER_FRAMES; i++) {
		if (i * 8 >= size)
			break;
		/* A return address can be one beyond its function. */
		kind = code_kind(stack->pc[i] - 1);
		if (kind == CODE_BACKLOG)
			backlog = true;
		else if (kind == CODE_LET)
			return backlog ? kind : CODE_INTERRUPTED;
		else if (kind)
			return kind;
	}
	return CODE_NONE;
}

inline_always bool has_name(const struct waker *waker,
			    struct task_struct *task)
{
	const uint64_t *a = (const uint64_t *)waker->thread;
	const uint64_t *b = (const uint64_t *)task->comm;

	return a[0] == b[0] && a[1] == b[1];
}

/* One more, and its number. */
inline_always uint32_t add_waker(struct task_struct *task, bool by_name,
				 const struct waker_key *key)
{
	uint32_t number = __sync_fetch_and_add(&control.used_wakers, 1);
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct waker *waker;

	if (number >= WAKERS) {
		control.used_wakers = WAKERS;
		return 0;
	}
	waker = bpf_map_lookup_elem(&wakers, &number);
	if (!waker)
		return 0;
	waker->flags = (task->flags & PF_KTHREAD ? WAKER_KERNEL : 0) |
		       (by_name ? WAKER_BY_NAME : 0);
	waker->tgid = id_in(leader, task->tgid);
	waker->tid = id_in(task, task->pid);
	bpf_core_read(waker->process, sizeof(waker->process), &leader->comm);
	bpf_core_read(waker->thread, sizeof(waker->thread), &task->comm);
	bpf_map_update_elem(&waker_of, key, &number, BPF_ANY);
	return number;
}

/* Not by its threads one by one: there are too many. */
static __attribute__((noinline)) uint32_t name_waker(struct task_struct *task)
{
	struct waker_key key = { 0 };
	uint32_t *known, number;

	if (!task)
		return 0;
	bpf_core_read(&key, sizeof(key), &task->comm);
	known = bpf_map_lookup_elem(&waker_of, &key);
	number = known ? *known : add_waker(task, true, &key);
	if (number)
		return number;
	__sync_fetch_and_add(&control.no_waker, 1);
	return WAKER_NO_ROOM;
}

/* This thread, which may have another name than the last time. */
static __attribute__((noinline)) uint32_t this_thread(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct waker_key key = { task->start_boottime, task->pid };
	uint32_t *known = bpf_map_lookup_elem(&waker_of, &key), number;
	struct waker *waker;

	if (known) {
		number = *known;
		waker = bpf_map_lookup_elem(&wakers, &number);
		if (waker && has_name(waker, task))
			return number;
	}
	if (control.used_wakers >= WAKERS_BY_THREAD)
		return name_waker(task);
	number = add_waker(task, false, &key);
	return number ? number : name_waker(task);
}

/* Where to note who wakes it; NULL: nobody asks. */
inline_always struct extra *woken(struct task_struct *task)
{
	uint32_t index;

	if (!control.armed || !is_detailed(DETAIL_WAITS))
		return NULL;
	index = look_up(task);
	return live(index) ? extra_at(index) : NULL;
}

inline_always uint32_t find_waker(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	enum place place = find_place(ctx, task);

	/* An idle CPU does nothing that is its own. */
	if (!task->pid)
		place = OTHER_STACK;
	if (place == OWN_STACK)
		return this_thread();
	switch (find_code(ctx)) {
	case CODE_TIMER:
		return WAKER_TIMER;
	case CODE_LET:
		return task->pid ? this_thread() : WAKER_SOFTIRQ;
	case CODE_INTERRUPTED:
		return WAKER_SOFTIRQ;
	case CODE_DEVICE:
		return WAKER_INTERRUPT;
	}
	return place == OTHER_STACK ? WAKER_INTERRUPT : this_thread();
}

#endif
