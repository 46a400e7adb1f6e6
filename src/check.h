/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --check: which collectors could serve this user, kernel and target, what
 * each would measure, why others cannot, and what would let them.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

#include "base/why.h"
#include "options.h"

/* How many could serve, or -errno. Each is opened, none is started. */
int check_print(FILE *out, const struct options *options, struct why *why);

#endif
