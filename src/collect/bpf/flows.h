/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what the BPF programs know of smbd's main threads to what the sink is
 * told: phases, which add up to a thread's life, and SMB2 requests by
 * command, status, session and share. It begins with a process's first
 * request: other smbds serve nobody.
 */
#ifndef COLLECT_BPF_FLOWS_H
#define COLLECT_BPF_FLOWS_H

#include "collect/bpf/gather.h"

struct engine;
struct flows;

int flows_new(struct flows **ret, struct engine *engine,
	      const struct procfs *fs, const struct sink *sink,
	      struct why *why);
void flows_free(struct flows *flows);

/* SMB2 command + 1 that a call was made for; 0: none. */
int32_t flows_label(const struct flows *flows, const struct known *known,
		    uint32_t tag);
/* A call was told: if it is a helper thread's I/O, that is told as such. */
void flows_tell_call(struct flows *flows, const struct known *known,
		     const struct key *key, const struct cell *cell);

/* One of the calls that are kept until it is known what they are for, when
 * that will not be known any more, and its sleeps as if they were one:
 * what for is in @detail. False: there is none left. */
bool flows_take_early(struct flows *flows, const struct slot *slot,
		      struct call_cell *cell, struct detail *detail,
		      struct call_cell *asleep);

/* Whether a first thread serves requests, and which one now. */
void flows_look(const struct flows *flows, struct known *known,
		const struct slot *slot);
/* What is new of one: @now is a copy of its @slot. */
void flows_tell(struct flows *flows, struct gather *g,
		const struct known *known, const struct slot *now,
		const struct slot *slot, const struct times *since,
		int64_t now_ns);
/* Requests in progress, for a report. */
void flows_tell_open(struct flows *flows, struct gather *g);
/* The thread of slot @index has ended and all of it was told. */
void flows_recycle(struct flows *flows, struct gather *g, uint32_t index);

/* Whether some requests could not be read. */
bool flows_are_blind(const struct flows *flows);

#endif
