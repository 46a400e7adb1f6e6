/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a thread waits for, by the functions of the kernel that it sleeps in:
 * by the table of data/reasons.csv, whose head says how.
 */
#ifndef MODEL_REASONS_H
#define MODEL_REASONS_H

#include <stddef.h>

#include "model/waits.h"

/* The row for a function, to be given to reasons_pick(); -1: not listed. */
int reasons_row(const char *function);

/* The reason by the rows of a stack's functions, innermost first, of which
 * those that are -1 say nothing; "other" where all do. */
const char *reasons_pick(const int *rows, size_t n);

/* Which kind of time it is to wait for that; WAIT_OTHER for what is none. */
enum wait_kind reasons_kind(const char *reason);

#endif
