/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that led to calls, by name: of stacks that the programs have
 * followed, and of those that they have copied, which are unwound here and
 * say how the calls of a kind are to be shared out.
 *
 * A program begins as one whose stacks are copied. Once enough of them have
 * shown that its code keeps frame pointers, the programs in the kernel follow
 * these instead, at each call.
 *
 * Cost: a few microseconds a copied stack, of which about SAMPLES_HZ a
 * second are taken; a stack that was followed is named once.
 */
#ifndef COLLECT_BPF_FRAMES_H
#define COLLECT_BPF_FRAMES_H

#include "base/procfs.h"
#include "base/why.h"
#include "collect/bpf/engine.h"
#include "collect/bpf/gather.h"
#include "collect/collector.h"

#define SAMPLES_HZ 1000

struct frames;

int frames_new(struct frames **ret, struct engine *engine,
	       struct gather *gather, const struct collector_cfg *cfg,
	       const struct sink *sink, struct why *why);
void frames_free(struct frames *frames);

/* A sample that the programs took. */
void frames_sample(struct frames *frames, const struct sample *sample,
		   size_t size);
/* How likely samples are from now on, so that there are neither too many nor
 * too few; to be called after them, and when the descriptor is readable. */
void frames_pace(struct frames *frames);
int frames_fd(const struct frames *frames);

/* The stack and the caller in @key, of the stack with that hash. */
void frames_name(struct frames *frames, const struct known *known,
		 uint64_t hash, struct key *key);

/* As words_asleep(). The stack is read from the target's memory, which is not
 * stopped; that it slept on meanwhile is made sure of. */
uint64_t frames_asleep(struct frames *frames, uint32_t index,
		       const struct slot *slot, const struct extra *extra);

/* Tells the sink of @cell: where no stack is known of its calls, by the
 * stacks that were seen. */
void frames_tell(struct frames *frames, const struct key *key,
		 const struct cell *cell);

/* A report was made. */
void frames_turn(struct frames *frames);
/* A process has ended. */
void frames_forget(struct frames *frames, const struct key *process);

#endif
