/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which collector serves: the first in the registry's order that can do what
 * the options ask for, is built in and may be used here.
 */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "base/why.h"
#include "collect/collector.h"
#include "options.h"

/* What the options ask for, as bits of COLLECT_*; what only some collectors
 * can do is named in *words by the option that asks for it. */
unsigned choose_needs(const struct options *options, const char **words);

/* A walk through those that could serve, best first. */
struct choice {
	const struct options *options;
	int pos;		/* 0: at its beginning */
	/* The best of what would have come before, but is not built in; or
	 * NULL. */
	const struct collector_ops *passed;
};

/* NULL: none is left, and @why says what was missing, unless it says
 * something already. */
const struct collector_ops *choose_next(struct choice *choice,
					struct why *why);

/* Whether the mode and the options can be had of it at all. */
bool choose_can(const struct options *options,
		const struct collector_ops *ops, struct why *why);

#endif
