/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the BPF programs have written down of the objects of descriptors. */
#ifndef COLLECT_BPF_OBJMAPS_H
#define COLLECT_BPF_OBJMAPS_H

#include "collect/bpf/engine.h"

struct split;

/* Before it is loaded: which calls have a descriptor. */
int objmaps_prepare(struct split *programs);

/* The one of that number; 0 or -errno. Cost: a system call. */
int objmaps_object(const struct engine *engine, uint64_t number,
		   struct object *ret);

/* Who moves bytes at that end of a connection; likewise. */
int objmaps_holders(const struct engine *engine, uint64_t end,
		    struct holders *ret);

#endif
