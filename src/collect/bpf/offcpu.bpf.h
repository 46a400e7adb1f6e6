/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The split: how long a thread was off the CPU since its last stamp, and
 * whether it slept or queued.
 */
#ifndef COLLECT_BPF_OFFCPU_BPF_H
#define COLLECT_BPF_OFFCPU_BPF_H

#include "collect/bpf/shared.bpf.h"

inline_always unsigned int state_of(struct task_struct *task)
{
	struct task_struct___state *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return BPF_CORE_READ(old, state);
}

/* Of sleeps of which not each is told apart. */
inline_always void blend(struct slept *into, uint64_t wait, uint32_t waker)
{
	if (into->wait != wait)
		into->wait = STACK_SEVERAL;
	if (into->waker != waker)
		into->waker = WAKER_SEVERAL;
}

/* It slept so long, where and until whom is in its extra. */
static __attribute__((noinline)) int add_wait(struct slot *s, uint64_t ns)
{
	struct extra *extra = s ? extra_at(s->self) : NULL;
	struct slept *wait = NULL;
	uint32_t n;

	if (!extra)
		return 0;
	for (uint32_t i = 0; i < SLOT_WAITS && i < extra->n_waits; i++)
		if (extra->waits[i].wait == extra->asleep_in &&
		    extra->waits[i].waker == extra->woken_by)
			wait = &extra->waits[i];
	n = extra->n_waits;
	if (!wait && n < SLOT_WAITS) {
		wait = &extra->waits[n];
		*wait = (struct slept){ .wait = extra->asleep_in,
				       .waker = extra->woken_by };
		extra->n_waits = n + 1;
	}
	if (!wait) {
		wait = &extra->waits[SLOT_WAITS - 1];
		blend(wait, extra->asleep_in, extra->woken_by);
	}
	wait->blocked_ns += ns;
	wait->times += !extra->uncounted;
	return 0;
}

/* It may be woken anew, for its next sleep, before this one is booked. */
static __attribute__((noinline)) int wake_up(struct slot *s)
{
	struct extra *extra = s ? extra_at(s->self) : NULL;

	if (!extra)
		return 0;
	extra->woken_by = extra->waker;
	extra->waker = 0;
	return 0;
}

/*
 * How long it queued after its last sleep. The kernel adds that to run_delay
 * after sched_switch has told of the thread's return, so it is read at the
 * next stamp, when the thread has run.
 */
inline_always void settle(struct slot *s, struct task_struct *task)
{
	uint64_t waited;

	if (!(s->flags & SLOT_UNSETTLED))
		return;
	waited = task->sched_info.run_delay - s->delay_ns;
	if (waited > s->sleep_ns)
		waited = s->sleep_ns;
	s->blocked_ns += s->sleep_ns - waited;
	s->queued_ns += waited;
	s->flags &= ~SLOT_UNSETTLED;
	if (is_detailed(DETAIL_WAITS))
		add_wait(s, s->sleep_ns - waited);
}

/* It is back on a CPU. */
inline_always void come_back(struct slot *s, uint64_t now)
{
	s->back_ns = now;
	if (s->flags & SLOT_ASLEEP) {
		s->sleep_ns = now - s->off_ns;
		s->flags |= SLOT_UNSETTLED;
		if (is_detailed(DETAIL_WAITS))
			wake_up(s);
	} else {
		s->queued_ns += now - s->off_ns;
	}
	s->flags |= SLOT_SWITCHED;
	s->flags &= ~SLOT_ASLEEP;
	s->off_ns = 0;
}

/*
 * It runs, and nobody told that it came back: sched_switch was seen to stay
 * away where a virtual machine had stale kernel text. The scheduler has its
 * own stamp of that, in the run queues' clock, whose distance from ours each
 * return that was seen has shown.
 */
inline_always void catch_up(struct slot *s, struct task_struct *task,
			    uint64_t now)
{
	uint64_t back = task->sched_info.last_arrival + control.clock_offset;

	if (!s->off_ns)
		return;
	if (!control.clock_offset || back < s->off_ns || back > now) {
		__sync_fetch_and_add(&control.lost_switches, 1);
		back = s->off_ns;
	}
	come_back(s, back);
	s->back_ns = 0;
}

inline_always void forget_switches(struct slot *s)
{
	s->past_blocked_ns += s->blocked_ns;
	s->past_runq_ns += s->queued_ns;
	s->blocked_ns = 0;
	s->queued_ns = 0;
	s->vcsw = 0;
	s->icsw = 0;
	s->flags &= ~SLOT_SWITCHED;
}

/* What it was off the CPU since its last call, was in no call. */
static __attribute__((noinline)) int book_outside(struct slot *s,
						  struct task_struct *task)
{
	if (!s || !task)
		return 0;
	settle(s, task);
	s->outside_blocked_ns += s->blocked_ns;
	s->outside_runq_ns += s->queued_ns;
	s->outside_vcsw += s->vcsw;
	s->outside_icsw += s->icsw;
	forget_switches(s);
	return 0;
}

inline_always void arrive(struct slot *s, uint64_t now)
{
	/* It left between being found and having a slot. */
	if (!s->off_ns && s->flags & SLOT_FRESH) {
		s->off_ns = s->born_ns;
		s->delay_ns = s->run_delay_ns;
		s->flags |= SLOT_ASLEEP;
	}
	if (!s->off_ns)
		return;
	step(s);
	come_back(s, now);
	step(s);
}

#endif
