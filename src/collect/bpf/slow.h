/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slowest calls and requests of the interval that is going on, of what
 * the programs send: so many of each, and the programs are told below which
 * they need send no more. Cost: some microseconds for each that was among
 * them at its time, which is the number wanted times the logarithm of the
 * number of calls.
 */
#ifndef COLLECT_BPF_SLOW_H
#define COLLECT_BPF_SLOW_H

#include "base/why.h"
#include "collect/bpf/gather.h"
#include "collect/bpf/layout.h"
#include "collect/collector.h"

struct engine;
struct slowest;

/* @gather says who somebody is; it need not be filled yet. */
int slowest_new(struct slowest **ret, const struct collector_cfg *cfg,
		const struct gather *gather, struct why *why);
void slowest_free(struct slowest *slowest);

/* Calls that are left out, or NULL. */
const struct callset *slowest_patient(const struct slowest *slowest);

void slowest_take(struct slowest *slowest, struct engine *engine,
		  const struct slow_event *event);
/* The interval is over: the sink is told, and the next one begins. NULL is
 * fine. */
void slowest_tell(struct slowest *slowest, struct engine *engine);

#endif
