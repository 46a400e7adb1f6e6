/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --diff: reports that were written before, of two sides, and a table of what
 * changed. --budget with it judges the last report of the second side.
 */
#ifndef DIFF_H
#define DIFF_H

#include "base/why.h"
#include "options.h"

/* 0 or -errno; *status has the exit status for either. */
int diff_run(const struct options *options, int *status, struct why *why);

#endif
