/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A function of the targets that is to be accounted, as it is asked for:
 *
 *   NAME=LIBRARY:FUNCTION                from its beginning to its return
 *   NAME=LIBRARY:FUNCTION..END           to the beginning of another one
 *   NAME=usdt:LIBRARY:PROVIDER:PLACE     a static probe, which is counted
 *   NAME=usdt:LIBRARY:PROVIDER:PLACE..END    from one to another
 *
 * LIBRARY is a path; or a file's name as it is mapped, or how that begins up
 * to ".so"; or exe, the program itself. NAME= may be left out.
 */
#ifndef MODEL_PROBE_H
#define MODEL_PROBE_H

#include <stdbool.h>

#include "base/why.h"

#define PROBES_MAX 16

struct probe {
	char name[64];
	char library[256];
	char provider[64];	/* "": a function, and no static probe */
	char function[256];
	char end[256];		/* "": none */
};

/* -EINVAL where it makes no sense. */
int probe_parse(const char *text, struct probe *ret, struct why *why);

/* Whether the file at @path, which is mapped, is what was asked for. */
bool probe_is_in(const struct probe *probe, const char *path);

/* It has one side only. */
static inline bool probe_only_counts(const struct probe *probe)
{
	return *probe->provider && !*probe->end;
}

#endif
