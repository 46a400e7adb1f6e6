/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/sleeps.h"

#include <string.h>

#include "collect/bpf/times.h"

static int64_t present_ns(const struct slot *slot, int64_t now_ns)
{
	return slot->flags & SLOT_ASLEEP && slot->off_ns ?
	       at_least_0(now_ns - (int64_t)slot->off_ns) : -1;
}

/* As times_since() has it. */
static int64_t unsettled_ns(const struct slot *slot)
{
	int64_t waited = at_least_0((int64_t)(slot->run_delay_ns -
					      slot->delay_ns));
	int64_t slept = (int64_t)slot->sleep_ns;

	if (!(slot->flags & SLOT_UNSETTLED))
		return -1;
	return slept > waited ? slept - waited : 0;
}

uint32_t sleeps_pending(const struct slot *slot, const struct extra *extra,
			int64_t now_ns, struct slept pending[SLEEPS])
{
	int64_t unsettled = unsettled_ns(slot);
	int64_t present = present_ns(slot, now_ns);
	uint32_t n = 0;

	for (uint32_t i = 0; i < extra->n_waits && i < SLOT_WAITS; i++)
		pending[n++] = extra->waits[i];
	if (unsettled >= 0)
		pending[n++] = (struct slept){
			.wait = extra->asleep_in, .waker = extra->woken_by,
			.blocked_ns = (uint64_t)unsettled,
			.times = !extra->uncounted,
		};
	/* Nobody has woken it so far. */
	if (present >= 0)
		pending[n++] = (struct slept){
			.wait = extra->asleep_in,
			.blocked_ns = (uint64_t)present,
			.times = !extra->uncounted,
		};
	return n;
}

/* @sign 1: to the row of their reason, -1: back. */
static void move(const struct gather *g, const struct key *from,
		 int32_t reason, int32_t waker, const struct slept *slept,
		 int sign, bool ended)
{
	/* One that has not ended is told as it is, to be taken back. */
	void (*tell)(const struct gather *of, const struct key *key,
		     const struct cell *cell) =
		ended ? gather_tell_ended : gather_tell;
	struct times whole = {
		.wall_ns = (int64_t)slept->blocked_ns,
		.blocked_ns = (int64_t)slept->blocked_ns,
		.vcsw = slept->times,
	};
	struct times there = { 0 }, here = { 0 };
	struct key to = *from;
	struct cell cell = { 0 };

	to.reason = reason;
	to.waker = waker;
	times_add(&there, &whole, sign);
	times_add(&here, &whole, -sign);
	times_cell(&cell, &there);
	tell(g, &to, &cell);
	cell = (struct cell){ 0 };
	times_cell(&cell, &here);
	tell(g, from, &cell);
}

/* The row of a call as such, and what is beside it of its sleeps. */
static struct key key_of(const struct gather *g, const struct known *known,
			 uint32_t tag, struct detail detail,
			 int32_t *reason, int32_t *waker)
{
	struct key key = gather_detail_key(g, known, tag, &detail);

	*reason = key.reason;
	*waker = key.waker;
	detail.wait = 0;
	detail.waker = 0;
	return gather_detail_key(g, known, tag, &detail);
}

/* Whether it is the sleep of which reports have said something, or has it
 * among others; what they said is no news. One that is over may be shorter:
 * they took for sleep what was the queue for a CPU already. */
static bool deduct(const struct told_sleep *stays, struct slept *slept,
		   bool over)
{
	if (slept->wait != stays->slept.wait ||
	    (!over && slept->blocked_ns < stays->slept.blocked_ns) ||
	    slept->times < stays->slept.times)
		return false;
	slept->blocked_ns -= stays->slept.blocked_ns;
	slept->times -= stays->slept.times;
	return true;
}

/* What reports have said is final, or there is nothing of that. */
static void settle(struct told_sleeps *open)
{
	if (open->reported) {
		struct told_sleep *last = &open->of[--open->n];

		last->slept.blocked_ns += open->stays.slept.blocked_ns;
		last->slept.times += open->stays.slept.times;
		open->stays = *last;
		open->reported = false;
	}
}

void sleeps_tell(const struct gather *g, const struct known *known,
		 const struct call_cell *now, struct call_cell *told,
		 const struct detail *detail, struct told_sleeps *open)
{
	struct slept news = {
		.wait = detail->wait,
		.blocked_ns = now->blocked_ns - told->blocked_ns,
		.times = (uint32_t)(now->vcsw - told->vcsw),
	};
	int32_t reason, waker;
	struct key from = key_of(g, known, now->tag, *detail, &reason,
				 &waker);

	*told = *now;
	settle(open);
	if (open->stays.slept.wait &&
	    open->tag == tag_without_error(now->tag) &&
	    deduct(&open->stays, &news, true))
		open->stays = (struct told_sleep){ 0 };
	move(g, &from, reason, waker, &news, 1, true);
}

static void take_back(const struct gather *g, struct told_sleeps *told)
{
	for (uint32_t i = 0; i < told->n; i++)
		move(g, &told->from, told->of[i].reason, told->of[i].waker,
		     &told->of[i].slept, -1, false);
	told->n = 0;
}

/* It is nowhere to be found, so it is taken back all the same. */
static void forget_stay(const struct gather *g, struct told_sleeps *told)
{
	move(g, &told->from, told->stays.reason, told->stays.waker,
	     &told->stays.slept, -1, false);
	told->stays = (struct told_sleep){ 0 };
}

void sleeps_tell_open(const struct gather *g, const struct known *known,
		      struct told_sleeps *told, uint32_t tag,
		      const struct slot *slot, const struct extra *extra,
		      int64_t now_ns)
{
	struct slept pending[SLEEPS];
	bool stays, asleep = present_ns(slot, now_ns) >= 0;
	uint32_t n = 0;

	settle(told);
	take_back(g, told);
	if (tag)
		n = sleeps_pending(slot, extra, now_ns, pending);
	/* The later ones are likelier to be it. */
	stays = told->stays.slept.wait && tag == told->tag;
	for (uint32_t i = n; stays && i; i--)
		if (deduct(&told->stays, &pending[i - 1],
			   !asleep || i < n))
			stays = false;
	if (told->stays.slept.wait && (stays || tag != told->tag))
		forget_stay(g, told);
	told->tag = tag;
	for (uint32_t i = 0; i < n; i++) {
		struct detail detail = extra->detail;

		if (tag == TAG_OUTSIDE)
			detail = (struct detail){ 0 };
		detail.wait = pending[i].wait;
		detail.waker = pending[i].waker;
		told->from = key_of(g, known, tag, detail,
				    &told->of[i].reason,
				    &told->of[i].waker);
		told->of[i].slept = pending[i];
		move(g, &told->from, told->of[i].reason, told->of[i].waker,
		     &pending[i], 1, false);
	}
	told->n = n;
	/* Where calls are shared out to stacks, it will be another row's. */
	told->reported = g->reporting && asleep && n &&
			 !(g->control->detail & DETAIL_STACKS);
}
