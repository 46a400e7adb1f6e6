/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A JSON document that is no report of a snapshot, put together key by key:
 * the way to jansson for all that is not a reporter. Running out of memory,
 * and being built without jansson, shows in tree_print()'s answer alone, so
 * NULL is taken everywhere. Texts are untrusted; what is not known is not
 * set.
 */
#ifndef REPORT_TREE_H
#define REPORT_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/why.h"

struct tree;	/* an object or a list */

struct tree *tree_object(void);
struct tree *tree_list(void);
void tree_free(struct tree *tree);

/* Into an object by its key, or with a NULL key at the end of a list. */
void tree_text(struct tree *into, const char *key, const char *text);
void tree_int(struct tree *into, const char *key, int64_t value);
void tree_bool(struct tree *into, const char *key, bool value);
/* NaN is not known, and not set. */
void tree_real(struct tree *into, const char *key, double value);
/* @part is freed with @into from then on. */
void tree_part(struct tree *into, const char *key, struct tree *part);

/* On one line; frees it. 0 or -errno. */
int tree_print(FILE *out, struct tree *tree, struct why *why);

#endif
