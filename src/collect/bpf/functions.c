/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/functions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "collect/bpf/engine.h"
#include "collect/bpf/kin.h"
#include "model/abi.h"

#define HISTS 16384u

struct functions {
	const struct engine *engine;
	const struct probe *probes;
	size_t n;
	int32_t labels[PROBES_MAX];
	struct function_cell *told;	/* by cell */
	uint64_t told_no_room;
};

void functions_plan(struct plan *plan, size_t n)
{
	uint64_t cells = (uint64_t)n * plan->slots;

	plan->functions = cells < FUNCTION_CELLS ? (uint32_t)cells :
						   FUNCTION_CELLS;
	plan->hist = 1;
	plan->hists += HISTS;
#ifdef __x86_64__
	/* arch/x86/entry/syscalls/syscall_64.tbl, since 6.11 */
	plan->nr_uretprobe = TAG_USED | 335;
#endif
}

int functions_new(struct functions **ret, const struct engine *engine,
		  const struct collector_cfg *cfg, const struct sink *sink,
		  struct why *why)
{
	struct functions *f = calloc(1, sizeof(*f));

	*ret = f;
	if (f)
		f->told = calloc(engine->plan.functions, sizeof(*f->told));
	if (!f || !f->told)
		return why_set(why, ENOMEM, "out of memory");
	f->engine = engine;
	f->probes = cfg->probes;
	f->n = cfg->n_probes;
	for (size_t i = 0; i < f->n; i++)
		f->labels[i] = sink->label(sink->ctx, f->probes[i].name);
	return 0;
}

void functions_free(struct functions *f)
{
	if (!f)
		return;
	free(f->told);
	free(f);
}

static void add_times(struct cell *cell, const struct function_cell *now,
		      const struct function_cell *told, uint32_t epoch)
{
	int64_t wall = (int64_t)(now->wall_ns - told->wall_ns);
	int64_t blocked = (int64_t)(now->blocked_ns - told->blocked_ns);
	int64_t runq = (int64_t)(now->runq_ns - told->runq_ns);

	cell_add(cell, MEASURE_WALL, wall);
	cell_add(cell, MEASURE_BLOCKED, blocked);
	cell_add(cell, MEASURE_RUNQ, runq);
	cell_add(cell, MEASURE_CPU, wall - blocked - runq);
	cell_add(cell, MEASURE_NESTED, (int64_t)(now->nested - told->nested));
	cell_add(cell, MEASURE_UNMATCHED,
		 (int64_t)(now->unmatched - told->unmatched));
	if (now->epoch != epoch || now->calls == told->calls)
		return;
	cell_add(cell, MEASURE_MIN, (int64_t)now->min_ns);
	cell_add(cell, MEASURE_MAX, (int64_t)now->max_ns);
}

static void tell_one(const struct functions *f, const struct gather *g,
		     const struct key *key, const struct slot *slot,
		     const struct slot *now, uint32_t index, bool counts)
{
	struct function_cell *told = &f->told[index], cell_now;
	struct cell cell = { 0 };

	times_copy(slot, &cell_now, &f->engine->functions[index],
		   sizeof(cell_now));
	if (now->flags & SLOT_DEAD && cell_now.depth)
		cell_now.unmatched++;
	cell_add(&cell, MEASURE_CALLS,
		 (int64_t)(cell_now.calls - told->calls));
	if (!counts)
		add_times(&cell, &cell_now, told, g->control->epoch);
	if (cell_now.depth && !(now->flags & SLOT_DEAD) && g->reporting) {
		cell_add(&cell, MEASURE_IN_FLIGHT, 1);
		cell_add(&cell, MEASURE_AGE, at_least_0((g->end_ns ?
			g->end_ns : clock_mono_ns()) -
			(int64_t)cell_now.began_ns));
	}
	g->sink->cell(g->sink->ctx, key, &cell);
	if (!counts && cell_now.hist && g->hists)
		gather_hist(g, slot, key, cell_now.hist);
	*told = cell_now;
}

void functions_tell(struct functions *f, const struct gather *g,
		    const struct known *known, uint32_t index,
		    const struct slot *now)
{
	const struct function_places *places = &f->engine->functions_of[index];
	struct key key = g->by_thread ? known->key :
					kin_process(&known->key);

	key.abi = ABI_FUNCTION;
	for (size_t i = 0; i < f->n; i++) {
		uint32_t cell = places->cell[i];

		if (!cell || cell >= f->engine->plan.functions)
			continue;
		key.nr = f->labels[i];
		tell_one(f, g, &key, &g->slots[index], now, cell,
			 probe_only_counts(&f->probes[i]));
	}
}

/* Its cells are those of the slot's next thread. */
void functions_recycle(struct functions *f, const struct gather *g,
		       uint32_t index)
{
	for (size_t i = 0; i < f->n; i++) {
		uint32_t at = f->engine->functions_of[index].cell[i], hist;
		struct function_cell *cell;

		if (!at || at >= f->engine->plan.functions)
			continue;
		cell = &f->engine->functions[at];
		hist = cell->hist;
		*cell = (struct function_cell){ .hist = hist };
		f->told[at] = *cell;
		if (!hist || !g->hists)
			continue;
		memset(&g->hists[hist], 0, sizeof(*g->hists));
		memset(&g->told_hists[hist], 0, sizeof(*g->told_hists));
	}
}

void functions_tell_loss(struct functions *f, const struct gather *g)
{
	sink_lost_since(g->sink, LOSS_FUNCTIONS, g->control->no_function,
			&f->told_no_room);
}
