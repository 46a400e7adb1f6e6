/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/libbpf.h>

#include "collect/bpf/split.skel.h"

/* Each call is sampled until the collector knows how many there are. */
#define FIRST_CHANCE 0xffffffffu

/* Ids are below pid_max, which can be raised later: who is beyond counts as
 * having no room. */
static uint32_t count_ids(void)
{
	FILE *file = fopen("/proc/sys/kernel/pid_max", "re");
	unsigned max = 0;

	if (file && fscanf(file, "%u", &max) != 1)
		max = 0;
	if (file)
		fclose(file);
	return max ? max + 1 : 4194304 + 1;
}

/* Open ones by all clients; each may have some thousand. */
#define OPEN_REQUESTS 32768

/* What is not asked for has one entry. */
int memory_size(struct engine *engine)
{
	struct split *programs = engine->programs;
	const struct plan *plan = &engine->plan;
	uint32_t wakers = plan->detail & DETAIL_WAITS ? WAKERS : 1;
	bool stacks = plan->detail & DETAIL_STACKS;
	const struct {
		struct bpf_map *map;
		uint32_t entries;
	} sizes[] = {
		{ programs->maps.slots, plan->slots },
		{ programs->maps.free_slots, plan->slots },
		{ programs->maps.cells, plan->cells },
		{ programs->maps.hists, plan->hists },
		{ programs->maps.slot_of, count_ids() },
		{ programs->maps.extras, plan->detail ? plan->slots : 1 },
		{ programs->maps.details, plan->detail ? plan->cells : 1 },
		{ programs->maps.detailed, plan->detail ? plan->cells : 1 },
		{ programs->maps.stacks, plan->detail ? STACKS : 1 },
		{ programs->maps.wakers, wakers },
		{ programs->maps.waker_of, wakers },
		{ programs->maps.rules, stacks ? RULES : 1 },
		{ programs->maps.samples,
		  stacks ? SAMPLES_BYTES : 4096 },
		{ programs->maps.objects,
		  plan->detail & DETAIL_OBJECTS ? OBJECTS : 1 },
		{ programs->maps.ends,
		  plan->detail & DETAIL_OBJECTS ? OBJECTS : 1 },
		{ programs->maps.flows, plan->flows ? plan->flows : 1 },
		{ programs->maps.free_flows, plan->flows ? plan->flows : 1 },
		{ programs->maps.answered,
		  plan->flows ? plan->requests : 1 },
		{ programs->maps.requests, plan->flows ? OPEN_REQUESTS : 1 },
		{ programs->maps.slow_events,
		  plan->slowest ? SLOW_BYTES : 4096 },
		{ programs->maps.functions,
		  plan->functions ? plan->functions : 1 },
		{ programs->maps.functions_of,
		  plan->functions ? plan->slots : 1 },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(sizes) / sizeof(*sizes); i++)
		err = bpf_map__set_max_entries(sizes[i].map,
					       sizes[i].entries);
	return err;
}

/* Maps that are shared memory, and where they are mapped. */
struct view {
	struct bpf_map *map;
	void **at;
	size_t n, size;
};

#define VIEWS 11

static void list_views(struct engine *engine, struct view views[VIEWS])
{
	const struct split *programs = engine->programs;
	const struct plan *plan = &engine->plan;
	size_t slots = plan->detail ? plan->slots : 0;
	size_t cells = plan->detail ? plan->cells : 0;
	size_t wakers = plan->detail & DETAIL_WAITS ? WAKERS : 0;

	memcpy(views, (const struct view[VIEWS]){
		{ programs->maps.slots, (void **)&engine->slots,
		  plan->slots, sizeof(*engine->slots) },
		{ programs->maps.cells, (void **)&engine->cells,
		  plan->cells, sizeof(*engine->cells) },
		{ programs->maps.hists, (void **)&engine->hists,
		  plan->hist ? plan->hists : 0, sizeof(*engine->hists) },
		{ programs->maps.extras, (void **)&engine->extras, slots,
		  sizeof(*engine->extras) },
		{ programs->maps.details, (void **)&engine->details, cells,
		  sizeof(*engine->details) },
		{ programs->maps.wakers, (void **)&engine->wakers, wakers,
		  sizeof(*engine->wakers) },
		{ programs->maps.flows, (void **)&engine->flows,
		  plan->flows, sizeof(*engine->flows) },
		{ programs->maps.answered, (void **)&engine->answered,
		  plan->flows ? plan->requests : 0,
		  sizeof(*engine->answered) },
		{ programs->maps.slow_counts, (void **)&engine->slow_counts,
		  plan->slowest ? SLOW_COUNTS : 0,
		  sizeof(*engine->slow_counts) },
		{ programs->maps.functions, (void **)&engine->functions,
		  plan->functions, sizeof(*engine->functions) },
		{ programs->maps.functions_of, (void **)&engine->functions_of,
		  plan->functions ? plan->slots : 0,
		  sizeof(*engine->functions_of) },
	}, VIEWS * sizeof(struct view));
}

int memory_map(struct engine *engine, struct why *why)
{
	struct view views[VIEWS];

	engine->control = &engine->programs->bss->control;
	list_views(engine, views);
	for (size_t i = 0; i < VIEWS; i++) {
		void *memory = NULL;

		if (views[i].n)
			memory = mmap(NULL, views[i].n * views[i].size,
				      PROT_READ | PROT_WRITE, MAP_SHARED,
				      bpf_map__fd(views[i].map), 0);
		if (memory == MAP_FAILED)
			return why_set(why, errno, "cannot map the bpf maps: "
				       "%s", strerror(errno));
		*views[i].at = memory;
	}
	/* Number 0 is none of each. */
	engine->control->used_slots = 1;
	engine->control->used_cells = 1;
	engine->control->used_hists = 1;
	engine->control->used_flows = 1;
	engine->control->used_requests = 1;
	engine->control->used_wakers = WAKER_FIRST;
	engine->control->used_functions = 1;
	engine->control->epoch = 1;
	engine->control->generation = 1;
	engine->control->detail = engine->plan.detail;
	engine->control->chance = FIRST_CHANCE;
	return 0;
}

void memory_unmap(struct engine *engine)
{
	struct view views[VIEWS];

	list_views(engine, views);
	for (size_t i = 0; i < VIEWS; i++) {
		if (*views[i].at)
			munmap(*views[i].at, views[i].n * views[i].size);
		*views[i].at = NULL;
	}
}
