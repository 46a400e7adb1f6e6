/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/words.h"

#include <errno.h>
#include <stdlib.h>

#include "collect/bpf/waits.h"

struct words {
	struct engine *engine;
	const struct sink *sink;
	struct waits *waits;	/* NULL: not asked for */
};

uint32_t words_plan(unsigned detail)
{
	return (detail & DIMS_OF_STACKS ? DETAIL_STACKS : 0) |
	       (detail & DIMS_OF_WAITS ? DETAIL_WAITS : 0) |
	       (detail & DIMS_OF_OBJECTS ? DETAIL_OBJECTS : 0);
}

int words_new(struct words **ret, struct engine *engine,
	      const struct collector_cfg *cfg, const struct sink *sink,
	      struct why *why)
{
	struct words *words = calloc(1, sizeof(*words));

	int err = 0;

	if (!words)
		return why_set(why, ENOMEM, "out of memory");
	words->engine = engine;
	words->sink = sink;
	if (engine->plan.detail & DETAIL_WAITS)
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
	waits_free(words->waits);
	free(words);
}

void words_name(struct words *words, const struct known *known,
		const struct detail *detail, struct key *key)
{
	(void)known;
	key->fd = detail->fd;
	if (words->waits)
		waits_name(words->waits, detail, key);
}
