/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions led to a call. Where code keeps frame pointers, the kernel
 * follows them at each call. Where it does not, the stack is copied for the
 * collector, of some calls: of long ones rather than of short ones.
 */
#ifndef COLLECT_BPF_STACK_BPF_H
#define COLLECT_BPF_STACK_BPF_H

#include "collect/bpf/detail.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);		/* set at load */
	__type(key, struct rule_key);
	__type(value, int32_t);		/* from the stack pointer, or RULE_* */
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

inline_always void copy_regs(struct sample *sample, struct pt_regs *regs)
{
	sample->pc = pc_of(regs);
	sample->sp = regs->sp;
	sample->fp = fp_of(regs);
#ifdef __TARGET_ARCH_x86
	sample->lr = 0;
#else
	sample->lr = regs->regs[30];
#endif
}

/* From the stack pointer up, as far as there is stack. */
inline_always uint32_t copy_stack(struct sample *sample)
{
	uint32_t size = 0;

	for (int i = 0; i < SAMPLE_BYTES / SAMPLE_PIECE; i++) {
		if (bpf_probe_read_user(&sample->stack[i * SAMPLE_PIECE],
					SAMPLE_PIECE, (void *)(sample->sp +
					i * SAMPLE_PIECE)))
			break;
		size += SAMPLE_PIECE;
	}
	return size;
}

inline_always struct sample *take_sample(struct slot *s, uint32_t kind,
					 struct pt_regs *regs)
{
	struct sample *sample = bpf_ringbuf_reserve(&samples,
						    sizeof(*sample), 0);

	if (!sample) {
		__sync_fetch_and_add(&control.no_sample, 1);
		return NULL;
	}
	sample->slot = s->self;
	sample->serial = s->serial;
	sample->kind = kind;
	sample->tag = s->tag;
	sample->size = 0;
	sample->kernel = 0;
	copy_regs(sample, regs);
	return sample;
}

/* Where the function that makes the call has its return address. */
inline_always uint64_t return_address(struct slot *s, struct pt_regs *regs,
				      uint64_t pc)
{
	struct rule_key key = { s->leader_start_ns, pc };
	int32_t *rule = bpf_map_lookup_elem(&rules, &key), asked = RULE_ASKED;
	struct sample *sample;
	uint64_t address = 0;

	if (!rule) {
		if (bpf_map_update_elem(&rules, &key, &asked, BPF_NOEXIST))
			return 0;
		sample = take_sample(s, SAMPLE_RULE, regs);
		if (sample)
			bpf_ringbuf_submit(sample, 0);
		return 0;
	}
	if (*rule < 0)
		return 0;
	bpf_probe_read_user(&address, sizeof(address),
			    (void *)(regs->sp + *rule));
	return address;
}

/* Frames further apart than this are none. */
#define LARGEST_FRAME (1u << 20)

/*
 * The kernel's own walk ends in a page fault where code that keeps no frame
 * pointers has something else in that register, as it does below main(). A
 * fault costs more than all the rest here.
 */
inline_always uint32_t walk(struct stack *stack, uint64_t sp, uint64_t fp)
{
	struct {
		uint64_t next, pc;
	} frame;
	uint32_t n = 2;

	if (fp < sp)
		return n;
	for (int i = 2; i < STACK_FRAMES; i++) {
		if (fp - sp >= LARGEST_FRAME || fp & 7 ||
		    bpf_probe_read_user(&frame, sizeof(frame), (void *)fp) ||
		    !frame.pc)
			break;
		stack->pc[i] = frame.pc;
		n = i + 1;
		if (frame.next <= fp)
			break;
		sp = fp;
		fp = frame.next;
	}
	return n;
}

/* The second one is 0 where the frame pointer leads to it anyway. */
static __attribute__((noinline)) uint64_t follow_fp(struct slot *s,
						    struct pt_regs *regs)
{
	uint32_t which = SCRATCH_USER;
	struct stack *stack = bpf_map_lookup_elem(&scratch, &which);

	if (!stack || !s || !regs)
		return 0;
	stack->pc[0] = pc_of(regs);
	stack->pc[1] = return_address(s, regs, stack->pc[0]);
	stack->n = walk(stack, regs->sp, fp_of(regs));
	return keep_stack(s->self, SCRATCH_USER);
}

static __attribute__((noinline)) int sample_call(struct slot *s,
						 struct pt_regs *regs,
						 uint64_t wall)
{
	uint64_t chance = control.chance;
	struct sample *sample;

	if (!s || !regs)
		return 0;
	chance += chance * (wall / SAMPLE_LONG_NS);
	if (chance > 0xffffffff)
		chance = 0xffffffff;
	if (bpf_get_prandom_u32() > chance)
		return 0;
	sample = take_sample(s, SAMPLE_CALL, regs);
	if (!sample)
		return 0;
	sample->chance = chance;
	sample->wall_ns = wall;
	sample->blocked_ns = s->blocked_ns;
	sample->runq_ns = s->queued_ns;
	sample->size = copy_stack(sample);
	bpf_ringbuf_submit(sample, 0);
	return 0;
}

/* Of a thread that is in no call. */
inline_always void sample_cpu(struct slot *s, struct pt_regs *regs)
{
	struct sample *sample = take_sample(s, SAMPLE_CPU, regs);

	if (!sample)
		return;
	sample->tag = TAG_OUTSIDE;
	sample->chance = 0xffffffff;
	sample->wall_ns = 1;
	sample->blocked_ns = 0;
	sample->runq_ns = 0;
	sample->size = copy_stack(sample);
	bpf_ringbuf_submit(sample, 0);
}

/* Of the call that ends now. */
inline_always void find_stack(struct slot *s, struct pt_regs *regs,
			      uint64_t wall)
{
	struct extra *extra = extra_at(s->self);

	if (!extra)
		return;
	if (extra->unwind == EXTRA_BY_FP)
		extra->detail.stack = follow_fp(s, regs);
	else
		sample_call(s, regs, wall);
}

#endif
