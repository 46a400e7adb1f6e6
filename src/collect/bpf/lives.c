/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/lives.h"

#include "model/abi.h"

/*
 * The kernel's own clock of the thread, and its user and system share by the
 * ticks that hit it; where none did, by what we know of its calls. As in
 * cputime_adjust() of kernel/sched/cputime.c neither goes backwards.
 */
static void add_clocks(struct known *known, const struct slot *slot,
		       const struct times *calls, const struct times *life,
		       struct cell *cell)
{
	int64_t exec = (int64_t)(slot->exec_ns - slot->base_exec_ns);
	double user = (double)(slot->user_ns - slot->base_user_ns);
	double system = (double)(slot->system_ns - slot->base_system_ns);
	int64_t user_ns, system_ns;

	if (user + system <= 0) {
		system = (double)at_least_0(times_cpu(calls));
		user = (double)at_least_0(times_cpu(life) - times_cpu(calls));
	}
	if (exec < known->exec_ns)
		exec = known->exec_ns;
	system_ns = user + system > 0 ?
		    (int64_t)((double)exec * system / (user + system)) : 0;
	if (system_ns < known->system_ns)
		system_ns = known->system_ns;
	user_ns = exec - system_ns;
	if (user_ns < known->user_ns) {
		user_ns = known->user_ns;
		system_ns = exec - user_ns;
	}
	cell_add(cell, MEASURE_CPU, exec - known->exec_ns);
	cell_add(cell, MEASURE_USER, user_ns - known->user_ns);
	cell_add(cell, MEASURE_SYSTEM, system_ns - known->system_ns);
	known->exec_ns = exec;
	known->user_ns = user_ns;
	known->system_ns = system_ns;
}

/* What it was blocked in no call, for a page or by a stop, was not where
 * samples of what runs are. */
static void tell_outside(const struct gather *g, const struct key *key,
			 const struct times *outside)
{
	struct times blocked = { .wall_ns = outside->blocked_ns,
				 .blocked_ns = outside->blocked_ns,
				 .vcsw = outside->vcsw };
	struct times ran = *outside;
	struct cell cell = { 0 };

	times_add(&ran, &blocked, -1);
	times_cell(&cell, &blocked);
	gather_tell(g, key, &cell);
	cell = (struct cell){ 0 };
	times_cell(&cell, &ran);
	cell_add(&cell, MEASURE_CPU, times_cpu(&ran));
	gather_tell_ended(g, key, &cell);
}

void lives_tell(struct gather *g, struct known *known,
		      const struct slot *slot, const struct times *since,
		      int64_t now_ns)
{
	struct times calls = known->calls, life, outside;
	struct cell cell = { 0 };
	struct key key = known->key;

	times_add(&calls, &known->open, 1);
	outside = (struct times){
		.blocked_ns = (int64_t)slot->outside_blocked_ns,
		.runq_ns = (int64_t)slot->outside_runq_ns,
		.vcsw = (int64_t)slot->outside_vcsw,
		.icsw = (int64_t)slot->outside_icsw,
	};
	if (!slot->enter_ns)
		times_add(&outside, since, 1);
	life = outside;
	times_add(&life, &calls, 1);
	life.wall_ns = at_least_0(now_ns - (int64_t)slot->born_ns);
	outside.wall_ns = life.wall_ns - calls.wall_ns;
	add_clocks(known, slot, &calls, &life, &cell);
	life = times_news(&life, &known->life);
	times_cell(&cell, &life);
	gather_tell(g, &key, &cell);
	/* Also where there is nothing: it says that this is all. */
	outside = times_news(&outside, &known->outside);
	key = gather_detail_key(g, known, TAG_OUTSIDE, NULL);
	tell_outside(g, &key, &outside);
}
