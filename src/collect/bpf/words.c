/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/words.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/bpf/frames.h"
#include "collect/bpf/objects.h"
#include "collect/bpf/waits.h"

struct words {
	struct frames *frames;	/* NULL: not asked for, as the others */
	const struct sink *sink;
	struct objects *objects;	/* NULL: not asked for */
	struct waits *waits;	/* NULL: not asked for */
};

uint32_t words_plan(unsigned detail)
{
	return (detail & DIMS_OF_STACKS ? DETAIL_STACKS : 0) |
	       (detail & DIMS_OF_WAITS ? DETAIL_WAITS : 0) |
	       (detail & DIMS_OF_OBJECTS ? DETAIL_OBJECTS : 0) |
	       (detail & dim_bit(DIM_FD) ? DETAIL_FDS : 0);
}

int words_new(struct words **ret, struct engine *engine,
	      struct gather *gather, const struct collector_cfg *cfg,
	      const struct sink *sink, struct why *why)
{
	struct words *words = calloc(1, sizeof(*words));
	int err = 0;

	if (!words)
		return why_set(why, ENOMEM, "out of memory");
	words->sink = sink;
	if (engine->plan.detail & DETAIL_STACKS)
		err = frames_new(&words->frames, engine, gather, cfg, sink,
				 why);
	if (!err && engine->plan.detail & DETAIL_OBJECTS)
		err = objects_new(&words->objects, engine, cfg, sink, why);
	if (!err && engine->plan.detail & DETAIL_WAITS)
		err = waits_new(&words->waits, engine, cfg->procfs, sink,
				why);
	if (err)
		words_free(words);
	else
		*ret = words;
	return err;
}

void words_free(struct words *words)
{
	if (!words)
		return;
	frames_free(words->frames);
	objects_free(words->objects);
	waits_free(words->waits);
	free(words);
}

void words_sample(struct words *words, const struct sample *sample,
		  size_t size)
{
	if (words->frames)
		frames_sample(words->frames, sample, size);
}

void words_pace(struct words *words)
{
	if (words->frames)
		frames_pace(words->frames);
}

int words_fd(const struct words *words)
{
	return words && words->frames ? frames_fd(words->frames) : -1;
}

void words_name(struct words *words, const struct known *known,
		const struct detail *detail, struct key *key)
{
	if (words->objects)
		objects_name(words->objects, known, detail, key);
	if (words->waits)
		waits_name(words->waits, detail, key);
	if (words->frames)
		frames_name(words->frames, known, detail->stack, key);
}

uint64_t words_asleep(struct words *words, uint32_t index,
		      const struct slot *slot, const struct extra *extra)
{
	return words->frames ? frames_asleep(words->frames, index, slot,
					     extra) : 0;
}

void words_tell(struct words *words, const struct key *key,
		const struct cell *cell)
{
	if (words->frames)
		frames_tell(words->frames, key, cell);
	else
		words->sink->cell(words->sink->ctx, key, cell);
}

void words_turn(struct words *words)
{
	if (words->frames)
		frames_turn(words->frames);
}

void words_forget(struct words *words, const struct key *process)
{
	if (words->frames)
		frames_forget(words->frames, process);
}
