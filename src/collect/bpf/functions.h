/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions of the targets, from the memory that the programs write to what
 * the sink is told: beside the account, as the time in them is their
 * threads' already.
 */
#ifndef COLLECT_BPF_FUNCTIONS_H
#define COLLECT_BPF_FUNCTIONS_H

#include "collect/bpf/gather.h"

struct engine;
struct functions;

/* Room for them, and their histograms. */
void functions_plan(struct plan *plan, size_t n);

int functions_new(struct functions **ret, const struct engine *engine,
		  const struct collector_cfg *cfg, const struct sink *sink,
		  struct why *why);
void functions_free(struct functions *functions);

/* What is new of the thread in slot @index, of which @now is a copy. */
void functions_tell(struct functions *functions, const struct gather *g,
		    const struct known *known, uint32_t index,
		    const struct slot *now);
/* It has ended and all of it was told. */
void functions_recycle(struct functions *functions, const struct gather *g,
		       uint32_t index);
/* Calls for which there was no room. */
void functions_tell_loss(struct functions *functions, const struct gather *g);

#endif
