/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects and their peers as numbers for the sink: each is looked up once.
 *
 * Cost: a look at two hash tables for each row that has changed; for each
 * object that is new, a system call, and for its peers what peers.h says.
 */
#ifndef COLLECT_BPF_OBJECTS_H
#define COLLECT_BPF_OBJECTS_H

#include "base/why.h"
#include "collect/bpf/engine.h"
#include "collect/bpf/gather.h"
#include "collect/collector.h"

struct objects;

int objects_new(struct objects **ret, struct engine *engine,
		const struct collector_cfg *cfg, const struct sink *sink,
		struct why *why);
void objects_free(struct objects *objects);

/* The parts of @key that @detail says of a call of the thread @known. */
void objects_name(struct objects *objects, const struct known *known,
		  const struct detail *detail, struct key *key);

#endif
