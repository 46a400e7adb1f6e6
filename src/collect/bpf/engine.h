/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF programs as the collector has them: loaded, attached, and their
 * memory mapped. The one place that knows libbpf. The memory is the
 * kernel's; it and the programs go with the last descriptor, also when this
 * process is killed.
 */
#ifndef COLLECT_BPF_ENGINE_H
#define COLLECT_BPF_ENGINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/procfs.h"
#include "base/why.h"
#include "collect/bpf/layout.h"
#include "model/callset.h"

struct hooks;
struct probes;
struct slowest;
struct split;
struct ring_buffer;
struct ticks;

struct engine {
	struct split *programs;
	struct plan plan;
	struct control *control;
	struct slot *slots;
	struct call_cell *cells;
	struct call_hist *hists;	/* NULL without plan.hist */
	struct extra *extras;		/* NULL without plan.detail */
	struct detail *details;		/* likewise */
	struct waker *wakers;		/* NULL without DETAIL_WAITS */
	struct flow *flows;		/* NULL without plan.flows */
	struct request_cell *answered;	/* likewise */
	struct probes *probes;		/* likewise */
	struct slow_counts *slow_counts;	/* NULL without plan.slowest */
	struct function_cell *functions;	/* NULL without plan.functions */
	struct function_places *functions_of;	/* likewise; by slot */
	struct slowest *slowest;	/* before engine_open(), or NULL */
	struct hooks *hooks;		/* NULL: none are attached */
	struct ring_buffer *notices;
	struct ring_buffer *samples;	/* NULL without plan.detail */
	struct ticks *ticks;		/* NULL: no profile */
	void (*notice)(void *ctx, const struct notice *notice);
	void (*sample)(void *ctx, const struct sample *sample, size_t size);
	void *ctx;
};

/* What the programs did and did not, since they were attached. */
struct engine_cost {
	uint64_t missed;	/* events that found a program running */
	uint64_t run_ns;	/* with kernel.bpf_stats_enabled only */
};

/* Whether this kernel and these privileges allow it, without trying. */
int engine_probe(const struct procfs *fs, struct why *why);

/* In @bits, by tag without error, sets those of @calls. */
void engine_set_calls(uint64_t *bits, const struct callset *calls);

/* Load with @plan; @wanted as plan.filtered says. */
int engine_open(struct engine *engine, const struct plan *plan,
		const struct callset *wanted, struct why *why);
/* What ends calls first, so that no call is seen from one side only. */
int engine_attach(struct engine *engine, struct why *why);
/* Whether what is under accounting is accounted. */
void engine_arm(struct engine *engine, bool on);
void engine_detach(struct engine *engine);
void engine_close(struct engine *engine);

/* To be found by the next visit, beginning with @flags of slot_flags. */
int engine_target(struct engine *engine, pid_t pid, uint32_t flags,
		  struct why *why);
/* Finds targets' threads and brings the kernel's clocks up to date.
 * Cost: about 150 ns a thread of the machine. */
int engine_visit(struct engine *engine, struct why *why);

/* Readable when there are notices, or slow calls; engine_listen() tells
 * engine->notice, and what keeps the slowest; before engine_open() nothing. */
int engine_fd(const struct engine *engine);
void engine_listen(struct engine *engine);

/* How a function is left. */
void engine_rule(struct engine *engine, const struct rule_key *key,
		 const struct way_out *way);
/* The descriptor that is readable when there are samples, or -1. */
int engine_samples_fd(const struct engine *engine);
/* What runs is sampled so often a second, on each CPU. */
int engine_profile(struct engine *engine, unsigned hz, struct why *why);

/* A cell that was found by this is another one's from now on. */
void engine_forget_detail(struct engine *engine,
			  const struct detail_key *key);

/* The stack of that hash; false: there is none. */
bool engine_stack(const struct engine *engine, uint64_t hash,
		  struct stack *stack);

/* The slot may be given to another thread. */
void engine_release(struct engine *engine, uint32_t slot);

/* The flow may be given to another thread; it is all zeros. */
void engine_release_flow(struct engine *engine, uint32_t flow);
/* Each SMB2 request in progress; one for which @each says no is dropped. */
void engine_requests(struct engine *engine,
		     bool (*each)(void *ctx, const struct request_key *key,
				  const struct request *request), void *ctx);

void engine_cost(const struct engine *engine, struct engine_cost *cost);
/* What the maps take in the kernel, which is fixed; reads a file for each. */
uint64_t engine_memory(const struct engine *engine);

#endif
