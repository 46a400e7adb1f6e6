/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slowest calls and requests, a line each. */
#ifndef REPORT_SLOWEST_H
#define REPORT_SLOWEST_H

#include <stdio.h>

#include "acct/snapshot.h"

#define SLOWEST_CALL_MAX 256

/* The tables of those that were asked for; 0 or -ENOMEM. */
int slowest_print(FILE *out, const struct snapshot *snap);

/* "fsync(3)", or the name alone where the arguments are not known. */
char *slowest_call(char *buf, size_t size, const struct row *row);
/* When it began, since the interval did; below 0 for what is older. */
int64_t slowest_since_ns(const struct snapshot *snap, const struct slow *slow);

#endif
