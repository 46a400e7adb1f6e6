/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which process a thread is of, and what both are called: told to the sink
 * as it changes. A process is known for as long as one of its threads is.
 */
#ifndef COLLECT_BPF_KIN_H
#define COLLECT_BPF_KIN_H

#include "collect/bpf/gather.h"

void kin_init(struct gather *g);
void kin_done(struct gather *g);

/* Who the thread of a slot is: another one, or the same under a new name or,
 * after an execve, id. */
void kin_identify(struct gather *g, struct known *known,
		  const struct slot *slot);

/* The process of a thread's key. */
struct key kin_process(const struct key *thread);

/* It has ended. */
void kin_leave(struct gather *g, struct known *known);

#endif
