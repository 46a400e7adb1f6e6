/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is told of sleeps that are kept apart by why they were slept: each is
 * moved from the row of its call as such to that of its reason, so that sums
 * over rows stay what they are without reasons. Those of a call that has not
 * ended are taken back when they are told again, but for what a report said of
 * one that nobody had ended: who will was not known, and so that stays as it
 * was said, and is less than nothing in no later interval.
 */
#ifndef COLLECT_BPF_SLEEPS_H
#define COLLECT_BPF_SLEEPS_H

#include "collect/bpf/gather.h"

/* Those that are kept apart, one that has just ended, and the present one. */
#define SLEEPS (SLOT_WAITS + 2)

struct told_sleep {
	int32_t reason, waker;
	struct slept slept;
};

/* What was told of a thread's sleeps that are not booked yet. */
struct told_sleeps {
	struct key from;	/* the call's own row */
	uint32_t tag;
	uint32_t n;
	struct told_sleep of[SLEEPS];
	bool reported;		/* the last of these, which nobody has ended */
	struct told_sleep stays;	/* of it, from reports before */
};

/* Those of @slot that are not booked yet, at @now_ns; how many. */
uint32_t sleeps_pending(const struct slot *slot, const struct extra *extra,
			int64_t now_ns, struct slept pending[SLEEPS]);

/* Booked ones of calls of one kind, of which @told has been told, and some
 * may have been in progress then. */
void sleeps_tell(const struct gather *g, const struct known *known,
		 const struct call_cell *now, struct call_cell *told,
		 const struct detail *detail, struct told_sleeps *open);

/* Those that are not booked, of the call @tag that is in progress, or of
 * none: TAG_OUTSIDE. 0: what was told is taken back, and no more. */
void sleeps_tell_open(const struct gather *g, const struct known *known,
		      struct told_sleeps *told, uint32_t tag,
		      const struct slot *slot, const struct extra *extra,
		      int64_t now_ns);

#endif
