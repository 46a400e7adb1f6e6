/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --contrast: a command run in rounds, by each way to account for it in
 * turn, bare first, and a table of what each of them took and counted.
 */
#ifndef CONTRAST_H
#define CONTRAST_H

#include "base/why.h"
#include "options.h"

/* 0 or -errno; *status has the exit status for either. */
int contrast_run(const struct options *options, int *status,
		 struct why *why);

#endif
