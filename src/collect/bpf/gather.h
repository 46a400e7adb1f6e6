/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the memory that the BPF programs write to what the sink is told: for
 * each thread, what its clocks and cells have more than at the last time.
 * What is in progress is told as far as it went, and taken back when it is
 * told again; a thread's calls and what it did outside of them always add up
 * to its life.
 *
 * Cost: about 0.5 us a thread and 0.1 us a cell that has changed.
 */
#ifndef COLLECT_BPF_GATHER_H
#define COLLECT_BPF_GATHER_H

#include <stdbool.h>

#include "base/map.h"
#include "collect/bpf/layout.h"
#include "collect/bpf/times.h"
#include "collect/collector.h"
#include "model/callset.h"
#include "model/event.h"

/* What was told of the thread in a slot. */
struct known {
	uint32_t serial;	/* 0: nobody */
	struct key key;
	struct family *family;	/* its process */
	struct times calls;	/* ended ones, in all */
	struct times life, outside, open;
	uint32_t open_tag;	/* 0: in no call when told */
	struct detail open_detail;	/* of that call, as told */
	struct key open_key;	/* likewise */
	uint64_t open_since;	/* when it began */
	int64_t exec_ns, user_ns, system_ns;
	uint64_t uring;
	char name[16];
	bool named;
	uint32_t label;		/* of calls in progress: SMB2 command + 1 */
	bool serves;		/* SMB requests */
};

struct flows;
struct told_sleeps;
struct functions;
struct words;

struct gather {
	const struct sink *sink;
	struct control *control;
	const struct plan *plan;
	struct slot *slots;
	struct call_cell *cells;
	struct call_hist *hists;
	const struct detail *details;	/* by cell; NULL: not asked for */
	const struct extra *extras;	/* by slot; likewise */
	struct words *words;		/* for these; likewise */
	struct call_cell *told;		/* by cell, as told */
	struct call_hist *told_hists;
	struct told_sleeps *told_sleeps;	/* by slot; NULL: no details */
	struct flows *smb;		/* NULL: SMB is not accounted */
	struct functions *functions;	/* NULL: none is asked for */
	struct known *known;		/* by slot */
	struct map families;
	int64_t end_ns;			/* nothing counts after; 0: goes on */
	int64_t tick_ns;		/* of start times in keys */
	bool by_thread;			/* calls are told by thread */
	void (*release)(void *ctx, uint32_t slot);	/* it is free */
	/* A cell that was apart by @detail is another one's. */
	void (*forget)(void *ctx, uint32_t slot, uint32_t tag,
		       const struct detail *detail);
	/* Whether one that was taken in on trial is wanted. */
	bool (*keeps)(void *ctx, const struct slot *slot);
	void *ctx;
	struct callset moves;	/* return the bytes that they moved */
	enum ending outcome;
	size_t n_threads;		/* that live */
	size_t in_flight;
	bool reporting;
	uint64_t told_switches, told_no_cell, told_unmatched, told_no_slot;
	uint64_t told_no_hist, told_missed, told_no_stack;
	uint64_t told_no_object;
	uint64_t told_no_waker;
};

/* The fields that the caller has set stay. -ENOMEM. */
int gather_init(struct gather *g);
void gather_done(struct gather *g);

/* What a thread's calls are told under, and a call by its tag. */
struct key gather_key(const struct gather *g, const struct known *known,
		      uint32_t tag);

/* Likewise, of a call with that detail. */
struct key gather_detail_key(const struct gather *g,
			     const struct known *known, uint32_t tag,
			     const struct detail *detail);

/* Tells the sink. */
void gather_tell(const struct gather *g, const struct key *key,
		 const struct cell *cell);
/* Of calls that have ended: by the stacks that are known of them. */
void gather_tell_ended(const struct gather *g, const struct key *key,
		       const struct cell *cell);

/* What is new in the histogram of that number, which @slot's thread fills. */
void gather_hist(const struct gather *g, const struct slot *slot,
		 const struct key *key, uint32_t index);

/* Everything that is known now; for a @report with what is in flight
 * at this moment, and its bounds are over. */
void gather_all(struct gather *g, bool report);

/* Whose slot it is, also before anything is told of it; NULL: of nobody that
 * is accounted, or of another one than @serial by now. */
const struct known *gather_known(struct gather *g, uint32_t slot,
				 uint32_t serial);

/* One slot; where its thread has ended, it is released. */
void gather_slot(struct gather *g, uint32_t slot);

/* Whether a thread of process @pid, of any if 0, is under accounting; one
 * that began at @start ticks, whenever if 0. */
bool gather_lives(const struct gather *g, int32_t pid, uint64_t start);

/* Of programs that the kernel did not run: so many, in all. */
void gather_missed(struct gather *g, uint64_t missed);

#endif
