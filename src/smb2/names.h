/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose requests they are. A collector tells sessions and shares by the
 * numbers that are in requests; smbstatus knows their names. It is asked in
 * the background when a new number is seen, so the names come a little
 * later, or, of a session that was over by then, never. What it does not
 * know is asked for again a second later, twice.
 *
 * Sits between a collector and its sink. Cost: a run of smbstatus for a new
 * session or share, for five seconds in all, and then for a tenth of the time.
 */
#ifndef SMB2_NAMES_H
#define SMB2_NAMES_H

#include "base/procfs.h"
#include "model/event.h"

struct names;

/* @next is lent. NULL where memory ran out. */
struct names *names_new(const struct procfs *fs, const struct sink *next);
void names_free(struct names *names);

/* Passes all on to @next. */
struct sink names_sink(struct names *names);

/* Asks, if there is something to ask and it is time. */
void names_ask(struct names *names);
/* What it took so far; part of what accounting costs. */
int64_t names_cpu_ns(const struct names *names);
/* To be polled, -1: nothing; then names_read() tells what has come. */
int names_fd(const struct names *names);
void names_read(struct names *names);
/* Asks once more, if there is something to ask, and reads the answer, within
 * @ms. */
void names_wait(struct names *names, int ms);

#endif
