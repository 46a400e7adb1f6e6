/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in an interval's block: items, in any order, but what is labelled
 * after its label. A key is written as what differs from the one before it.
 * All that is read is checked, as a whole, before anything of it is told.
 */
#ifndef RECORD_ITEMS_H
#define RECORD_ITEMS_H

#include "record/head.h"

/* --- writing --- */

struct items {
	struct pack pack;
	struct key last;
};

void items_done(struct items *items);
/* A new block: what was written is forgotten. */
void items_begin(struct items *items);
/* The next label, counted from 0 through all blocks. */
void items_label(struct items *items, const char *text);
void items_name(struct items *items, const struct key *key, const char *text);
void items_exit(struct items *items, const struct key *key);
void items_note(struct items *items, const char *text);
void items_cell(struct items *items, const struct key *key,
		const struct cell *cell);
void items_hist(struct items *items, const struct key *key,
		const struct hist *hist);
void items_slow(struct items *items, const struct slow *slow);
void items_lost(struct items *items, enum loss kind, int64_t amount);
void items_gauges(struct items *items, const struct gauges *gauges);
void items_machine(struct items *items, const struct machine *machine);
void items_programs(struct items *items, int64_t ns);
void items_end(struct items *items);

/* --- reading --- */

/* So many labels can be in a record. */
#define ITEMS_MAX_LABELS (1u << 18)

/* What a reader remembers from block to block. All-zero at first. */
struct items_memory {
	int32_t *labels;	/* their numbers at the sink */
	size_t n_labels;
	/* Of each sum, so much was added: what would overflow makes no
	 * sense. Threads' own and other keys are sums apart. */
	int64_t values[2][MEASURE_COUNT], lost[LOSS_COUNT];
	int64_t slack, looks, machine, programs;
};

void items_forget(struct items_memory *memory);

/*
 * 0; -EPROTO: it makes no sense and nothing was told; -ENOMEM. @moments: see
 * record_next().
 */
int items_read(const void *data, size_t size,
	       const struct head_dialect *dialect,
	       struct items_memory *memory, const struct sink *sink,
	       bool moments);

#endif
