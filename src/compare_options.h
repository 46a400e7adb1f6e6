/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that compare: --diff and --budget. */
#ifndef COMPARE_OPTIONS_H
#define COMPARE_OPTIONS_H

#include "options.h"

int compare_set_diff(struct options *o, const char *arg, struct why *why);
int compare_set_budget(struct options *o, const char *arg, struct why *why);

/*
 * Whether @word, which is behind the options, belongs to one of these that
 * take more than one: 1, 0, or -errno.
 */
int compare_take(struct options *o, const char *word, struct why *why);

/* What goes together, once all options are known. */
int compare_complete(const struct options *o, struct why *why);

#endif
