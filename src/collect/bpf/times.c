/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/times.h"

#include <sched.h>
#include <string.h>

/* So often is a slot read again that is written to meanwhile. */
#define MAX_TRIES 10000

void times_copy(const struct slot *slot, void *to, const void *from,
		size_t size)
{
	for (int i = 0; i < MAX_TRIES; i++) {
		uint32_t before = __atomic_load_n(&slot->sequence,
						  __ATOMIC_ACQUIRE);

		memcpy(to, from, size);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(before & 1) &&
		    __atomic_load_n(&slot->sequence, __ATOMIC_RELAXED) ==
		    before)
			return;
		/* Its CPU may have been taken away in the middle. */
		if (i > 100)
			sched_yield();
	}
}

struct times times_since(const struct slot *slot, int64_t now_ns)
{
	struct times ret = {
		.blocked_ns = (int64_t)slot->blocked_ns,
		.runq_ns = (int64_t)slot->queued_ns,
		.vcsw = slot->vcsw, .icsw = slot->icsw,
	};
	int64_t off_ns = slot->off_ns ?
			 at_least_0(now_ns - (int64_t)slot->off_ns) : 0;

	if (slot->flags & SLOT_UNSETTLED) {
		int64_t slept = (int64_t)slot->sleep_ns;
		int64_t waited = at_least_0((int64_t)(slot->run_delay_ns -
						      slot->delay_ns));

		waited = waited < slept ? waited : slept;
		ret.blocked_ns += slept - waited;
		ret.runq_ns += waited;
	}
	if (slot->flags & SLOT_ASLEEP)
		ret.blocked_ns += off_ns;
	else
		ret.runq_ns += off_ns;
	return ret;
}

void times_add(struct times *into, const struct times *more, int sign)
{
	into->wall_ns += sign * more->wall_ns;
	into->blocked_ns += sign * more->blocked_ns;
	into->runq_ns += sign * more->runq_ns;
	into->vcsw += sign * more->vcsw;
	into->icsw += sign * more->icsw;
}

struct times times_news(const struct times *now, struct times *told)
{
	struct times news = *now;

	times_add(&news, told, -1);
	*told = *now;
	return news;
}

void times_cell(struct cell *cell, const struct times *t)
{
	cell_add(cell, MEASURE_WALL, t->wall_ns);
	cell_add(cell, MEASURE_BLOCKED, t->blocked_ns);
	cell_add(cell, MEASURE_RUNQ, t->runq_ns);
	cell_add(cell, MEASURE_VCSW, t->vcsw);
	cell_add(cell, MEASURE_ICSW, t->icsw);
	cell_add(cell, MEASURE_SWITCHES, t->vcsw + t->icsw);
}

int64_t times_cpu(const struct times *t)
{
	return t->wall_ns - t->blocked_ns - t->runq_ns;
}
