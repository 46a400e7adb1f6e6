/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slowest calls and requests: what took longer than so many others of
 * this interval is sent to the collector, one by one. Which is too short for
 * that is known to within a histogram's bucket as soon as enough were sent,
 * and exactly once the collector has read them; all others cost a comparison.
 */
#ifndef COLLECT_BPF_SLOW_BPF_H
#define COLLECT_BPF_SLOW_BPF_H

#include "collect/bpf/flow.bpf.h"

/* By tag without error: its nature is to wait, so that it is left out. */
const volatile uint64_t patient[TAG_CALLS / 64];

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);	/* set at load */
} slow_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SLOW_COUNTS);
	__type(key, uint32_t);
	__type(value, struct slow_counts);
} slow_counts SEC(".maps");

inline_always bool is_slow(uint32_t kind, uint64_t wall)
{
	return plan.slowest && wall >= control.slow_from_ns[
		slow_place(kind, control.slow_epoch)];
}

/* One more that took so long; what is below the bucket of the last one that
 * is wanted is no longer asked for. */
static __attribute__((noinline)) int count_slow(uint32_t place, uint64_t wall)
{
	struct slow_counts *counts = bpf_map_lookup_elem(&slow_counts,
							 &place);
	uint32_t bucket = bucket_of(wall), sum = 0;
	uint64_t from = 0;

	/* Told to the verifier after the compiler, which may know it. */
	asm volatile("" : "+r"(bucket));
	if (!counts || bucket >= BUCKETS)
		return 0;
	__sync_fetch_and_add(&counts->sent[bucket], 1);
	for (int i = BUCKETS - 1; i > 0; i--) {
		sum += counts->sent[i];
		if (sum >= plan.slowest) {
			from = bucket_from(i);
			break;
		}
	}
	asm volatile("" : "+r"(place));
	if (place < SLOW_COUNTS && control.slow_from_ns[place] < from)
		control.slow_from_ns[place] = from;
	return 0;
}

static __attribute__((noinline)) int lose_slow(uint32_t place, uint64_t wall)
{
	struct slow_counts *counts = bpf_map_lookup_elem(&slow_counts,
							 &place);
	uint32_t bucket = bucket_of(wall);

	asm volatile("" : "+r"(bucket));
	if (counts && bucket < BUCKETS)
		__sync_fetch_and_add(&counts->lost[bucket], 1);
	return 0;
}

inline_always struct slow_event *take_slow(struct slot *s, uint32_t kind,
					   uint64_t wall)
{
	uint32_t epoch = control.slow_epoch;
	struct slow_event *event = bpf_ringbuf_reserve(&slow_events,
						       sizeof(*event), 0);

	count_slow(slow_place(kind, epoch), wall);
	if (!event) {
		lose_slow(slow_place(kind, epoch), wall);
		return NULL;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->epoch = epoch;
	event->slot = s->self;
	event->serial = s->serial;
	event->tid = s->tid;
	event->tgid = s->tgid;
	event->start_ns = s->start_ns;
	event->leader_start_ns = s->leader_start_ns;
	event->wall_ns = wall;
	return event;
}

/* They are still there as the call ends, but for a program that begins. */
inline_always void copy_arguments(struct slow_event *event,
				  struct pt_regs *regs)
{
#ifdef __TARGET_ARCH_x86
	if ((event->tag >> TAG_NR_BITS & 3) == TAG_COMPAT) {
		event->args[0] = regs->bx;
		event->args[1] = regs->cx;
		event->args[2] = regs->dx;
		event->args[3] = regs->si;
		event->args[4] = regs->di;
		event->args[5] = regs->bp;
		return;
	}
	event->args[0] = regs->di;
	event->args[1] = regs->si;
	event->args[2] = regs->dx;
	event->args[3] = regs->r10;
	event->args[4] = regs->r8;
	event->args[5] = regs->r9;
#else
	event->args[0] = regs->orig_x0;
	for (int i = 1; i < 6; i++)
		event->args[i] = regs->regs[i];
#endif
}

inline_always void copy_detail(struct slow_event *event, uint32_t slot)
{
	struct extra *extra = extra_at(slot);
	uint64_t longest = 0;

	if (!extra)
		return;
	event->detail = extra->detail;
	for (uint32_t i = 0; i < SLOT_WAITS && i < extra->n_waits; i++) {
		if (extra->waits[i].blocked_ns <= longest)
			continue;
		longest = extra->waits[i].blocked_ns;
		event->detail.wait = extra->waits[i].wait;
		event->detail.waker = extra->waits[i].waker;
	}
}

/* The command that the call was made for, if that is known by now. */
inline_always uint32_t label_of(struct slot *s)
{
	struct flow *f = plan.flows ? flow_at(s->flow) : NULL;

	return f && !is_early(f) ? f->label : 0;
}

/* The call that ends now, before its times are booked. */
static __attribute__((noinline)) int tell_slow_call(struct slot *s,
						    struct pt_regs *regs,
						    long ret, uint64_t now,
						    uint32_t partial)
{
	struct slow_event *event;
	uint32_t at;

	if (!s || !regs)
		return 0;
	at = s->tag & (TAG_CALLS - 1);
	if (patient[at / 64] >> (at % 64) & 1)
		return 0;
	event = take_slow(s, SLOW_CALL, now - s->enter_ns);
	if (!event)
		return 0;
	event->tag = s->tag | label_of(s) << TAG_LABEL_SHIFT;
	event->partial = partial;
	event->began_ns = s->enter_ns;
	event->blocked_ns = s->blocked_ns;
	event->runq_ns = s->queued_ns;
	event->ret = ret;
	copy_arguments(event, regs);
	if (plan.detail)
		copy_detail(event, s->self);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

__attribute__((noinline)) int tell_slow_request(struct slot *s,
						const struct request *request,
						uint32_t status, uint64_t now)
{
	struct slow_event *event;

	if (!s || !request)
		return 0;
	event = take_slow(s, SLOW_REQUEST, now - request->began_ns);
	if (!event)
		return 0;
	event->tag = (request->command + 1) << TAG_LABEL_SHIFT;
	event->began_ns = request->began_ns;
	event->run_ns = request->run_wall_ns;
	event->blocked_ns = request->run_blocked_ns;
	event->runq_ns = request->run_runq_ns;
	event->session = request->session;
	event->tree = request->tree;
	event->status = status;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

#endif
