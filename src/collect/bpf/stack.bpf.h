/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions led to a call. Where code keeps frame pointers, the kernel
 * follows them at each call. Where it does not, the stack is copied for the
 * collector, of some calls: of long ones rather than of short ones.
 */
#ifndef COLLECT_BPF_STACK_BPF_H
#define COLLECT_BPF_STACK_BPF_H

#include "collect/bpf/detail.bpf.h"

/* Those of programs that have ended go as there is need for room. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);		/* set at load */
	__type(key, struct rule_key);
	__type(value, struct way_out);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);	/* set at load */
} samples SEC(".maps");

inline_always uint64_t pc_of(struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	return regs->ip;
#else
	return regs->pc;
#endif
}

inline_always uint64_t fp_of(struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	return regs->bp;
#else
	return regs->regs[29];
#endif
}

struct spot {
	uint64_t pc, sp, fp, lr;
};

inline_always struct spot place_at(struct pt_regs *regs)
{
	return (struct spot){
		.pc = pc_of(regs), .sp = regs->sp, .fp = fp_of(regs),
#ifndef __TARGET_ARCH_x86
		.lr = regs->regs[30],
#endif
	};
}

/* From the stack pointer up, as far as there is stack: to the end of its
 * page, and then page by page, as it may end with each of them. */
inline_always uint32_t copy_stack(struct sample *sample)
{
	uint64_t first = SAMPLE_PAGE - (sample->sp & (SAMPLE_PAGE - 1));
	uint64_t size = first;

	if (bpf_probe_read_user(sample->stack, first, (void *)sample->sp))
		return 0;
	for (int i = 0; i < SAMPLE_BYTES / SAMPLE_PAGE - 1; i++) {
		uint64_t at = first + i * SAMPLE_PAGE;

		if (bpf_probe_read_user(&sample->stack[at], SAMPLE_PAGE,
					(void *)(sample->sp + at)))
			break;
		size = at + SAMPLE_PAGE;
	}
	return size;
}

/* Where a thread is that is off the CPU in a call. */
inline_always void note_place(struct slot *s, struct pt_regs *regs)
{
	struct extra *extra = extra_at(s->self);

	if (!extra || !regs)
		return;
	extra->pc = pc_of(regs);
	extra->sp = regs->sp;
	extra->fp = fp_of(regs);
	extra->seen_ns = s->enter_ns;
}

inline_always struct sample *take_sample(struct slot *s, uint32_t kind,
					 const struct spot *at)
{
	struct sample *sample = bpf_ringbuf_reserve(&samples,
						    sizeof(*sample), 0);

	/* Without room it is as if lots had been drawn otherwise. */
	if (!sample)
		return NULL;
	sample->slot = s->self;
	sample->serial = s->serial;
	sample->kind = kind;
	sample->tag = s->tag;
	sample->size = 0;
	sample->pc = at->pc;
	sample->sp = at->sp;
	sample->fp = at->fp;
	sample->lr = at->lr;
	return sample;
}

inline_always uint64_t waking(struct slot *s)
{
	struct extra *extra = extra_at(s->self);

	if (extra && extra->samples < SAMPLES_FIRST) {
		extra->samples++;
		return BPF_RB_FORCE_WAKEUP;
	}
	return bpf_ringbuf_query(&samples, BPF_RB_AVAIL_DATA) >=
	       SAMPLES_WAKE ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* The collector will know. */
__attribute__((noinline)) int ask(uint32_t slot, uint64_t program,
				  uint64_t pc, uint32_t returns)
{
	struct way_out none = { RULE_NONE, RULE_NONE };
	struct rule_key key = { program, pc };
	struct spot at = { .pc = pc };
	struct slot *s = slot_at(slot);
	struct sample *sample;

	if (!s || bpf_map_update_elem(&rules, &key, &none, BPF_NOEXIST))
		return 0;
	sample = take_sample(s, SAMPLE_RULE, &at);
	if (!sample)
		return 0;
	sample->chance = returns;
	bpf_ringbuf_submit(sample, BPF_RB_FORCE_WAKEUP);
	return 0;
}

/* To the caller's place; false: the frame pointer leads there. */
static __attribute__((noinline)) bool
step_out(uint32_t slot, uint64_t program, struct spot *at, uint32_t returns)
{
	struct rule_key key = { program };
	struct way_out *way;
	uint64_t pc = 0;

	if (!at)
		return false;
	key.pc = at->pc;
	way = bpf_map_lookup_elem(&rules, &key);
	if (!way) {
		ask(slot, program, at->pc, returns);
		return false;
	}
	if (way->ra < 0 ||
	    bpf_probe_read_user(&pc, sizeof(pc), (void *)(at->sp + way->ra)))
		return false;
	if (way->fp >= 0)
		bpf_probe_read_user(&at->fp, sizeof(at->fp),
				    (void *)(at->sp + way->fp));
	at->pc = pc;
	at->sp += way->ra + 8;
	return true;
}

/* Frames further apart than this are none. */
#define LARGEST_FRAME (1u << 20)

/* To the caller's place along the frame pointers; false: there is none. */
inline_always bool step_up(struct spot *at)
{
	struct {
		uint64_t next, pc;
	} frame;

	if (at->fp < at->sp || at->fp - at->sp >= LARGEST_FRAME ||
	    at->fp & 7 ||
	    bpf_probe_read_user(&frame, sizeof(frame), (void *)at->fp))
		return false;
	at->sp = at->fp + 16;
	at->fp = frame.next;
	at->pc = frame.pc;
	return true;
}

/*
 * The kernel's own walk is not used: it ends in a page fault where code that
 * keeps no frame pointers has something else in that register, as there is
 * below main(). A fault costs more than all the rest here.
 */
__attribute__((noinline)) uint64_t follow_fp(uint32_t slot, uint64_t program,
					     uint64_t pc, uint64_t sp,
					     uint64_t fp)
{
	uint32_t which = SCRATCH_USER, n = 1;
	struct stack *stack = bpf_map_lookup_elem(&scratch, &which);
	struct spot at = { pc, sp, fp };
	bool by_rule = true;

	if (!stack)
		return 0;
	stack->pc[0] = pc;
	for (int i = 1; i < STACK_FRAMES; i++) {
		by_rule = by_rule && i <= RULE_STEPS &&
			  step_out(slot, program, &at, i > 1);
		if ((!by_rule && !step_up(&at)) || !at.pc)
			break;
		stack->pc[i] = at.pc;
		n = i + 1;
	}
	stack->n = n;
	return keep_stack(slot, SCRATCH_USER);
}

__attribute__((noinline)) int sample_call(struct spot *at, uint32_t slot,
					  uint64_t wall, uint64_t chance)
{
	struct slot *s = slot_at(slot);
	struct sample *sample;

	if (!s || !at)
		return 0;
	sample = take_sample(s, SAMPLE_CALL, at);
	if (!sample)
		return 0;
	sample->chance = chance;
	sample->wall_ns = wall;
	sample->blocked_ns = s->blocked_ns;
	sample->runq_ns = s->queued_ns;
	sample->size = copy_stack(sample);
	bpf_ringbuf_submit(sample, waking(s));
	return 0;
}

/* Of a thread that is in no call. */
inline_always void sample_cpu(struct slot *s, struct pt_regs *regs)
{
	struct spot at = place_at(regs);
	struct sample *sample = take_sample(s, SAMPLE_CPU, &at);

	if (!sample)
		return;
	sample->tag = TAG_OUTSIDE;
	sample->chance = 0xffffffff;
	sample->wall_ns = 1;
	sample->blocked_ns = 0;
	sample->runq_ns = 0;
	sample->size = copy_stack(sample);
	bpf_ringbuf_submit(sample, waking(s));
}

/* Of the call that ends now. */
inline_always void find_stack(struct slot *s, struct pt_regs *regs,
			      uint64_t wall)
{
	struct extra *extra = extra_at(s->self);
	uint64_t chance = control.chance, more = wall / SAMPLE_LONG_NS;
	struct spot at;

	if (!extra)
		return;
	/* So that it does not overflow. */
	chance += chance * (more < 0xffff ? more : 0xffff);
	if (chance > 0xffffffff)
		chance = 0xffffffff;
	if (extra->unwind == EXTRA_BY_COPY &&
	    bpf_get_prandom_u32() > chance)
		return;
	at = place_at(regs);
	if (extra->unwind == EXTRA_BY_FP)
		extra->detail.stack = follow_fp(s->self, s->leader_start_ns +
						extra->execs, at.pc, at.sp,
						at.fp);
	else
		sample_call(&at, s->self, wall, chance);
}

#endif
