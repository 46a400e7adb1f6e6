/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the numbers in struct detail stand for, in words that are numbers for
 * the sink: each is looked up once, as it is met.
 */
#ifndef COLLECT_BPF_WORDS_H
#define COLLECT_BPF_WORDS_H

#include "base/procfs.h"
#include "base/why.h"
#include "collect/bpf/engine.h"
#include "collect/bpf/gather.h"
#include "collect/collector.h"

struct words;

/* What the programs are to find out for rows by these dimensions. */
uint32_t words_plan(unsigned detail);

int words_new(struct words **ret, struct engine *engine,
	      struct gather *gather, const struct collector_cfg *cfg,
	      const struct sink *sink, struct why *why);
void words_free(struct words *words);

/* A sample that the programs took. */
void words_sample(struct words *words, const struct sample *sample,
		  size_t size);
/* How many of these there are to be: to be called after them, and when the
 * descriptor is readable; -1: there is none. */
void words_pace(struct words *words);
int words_fd(const struct words *words);

/* The parts of @key that @detail says of a call of the thread @known. */
void words_name(struct words *words, const struct known *known,
		const struct detail *detail, struct key *key);

/* The stack of a thread that sleeps in a call: what may stand for it in
 * struct detail; 0: it cannot be had. */
uint64_t words_asleep(struct words *words, uint32_t index,
		      const struct slot *slot, const struct extra *extra);

/* Tells the sink of calls with that key; what is not known of each of them,
 * by what a part of them shows. */
void words_tell(struct words *words, const struct key *key,
		const struct cell *cell);

/* A report was made. */
void words_turn(struct words *words);
/* A process has ended. */
void words_forget(struct words *words, const struct key *process);

#endif
