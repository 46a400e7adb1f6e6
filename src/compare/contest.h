/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the runs of the ways gave: times, and how often each call was made by
 * whom; and what follows from it. Ways are indices of the way table. The
 * runs of a round, of all ways, are pairs.
 */
#ifndef COMPARE_CONTEST_H
#define COMPARE_CONTEST_H

#include <stdbool.h>
#include <stdint.h>

#include "compare/counts.h"
#include "compare/run.h"
#include "compare/stats.h"
#include "compare/ways.h"

/* How often a call was made, over the runs of a way. */
struct span {
	uint64_t least, most;
};

struct contest_way {
	bool there;		/* it runs here; @reason if not */
	char reason[512];
	char grant[256];	/* the line that would do, or empty */
	size_t runs;
	double *wall_ns;	/* by round */
	double *calls;		/* in all, by round; none where not counted */
	struct span *spans;	/* by name */
	size_t n_starts;
	double *start_ns;	/* wall of a command that does nothing */
	int status, signal;	/* of the command, at its first run */
	bool varies;		/* a later run ended otherwise */
};

struct contest {
	size_t rounds;		/* room for so many */
	size_t n_ways;
	struct contest_way *ways;
	struct counts names;	/* of all calls that any way counted */
};

/* 0 or -ENOMEM; either way contest_done() is due. */
int contest_init(struct contest *contest, size_t rounds);
void contest_done(struct contest *contest);

/* A run of a round; @counts is NULL where the way counts nothing. 0 or
 * -ENOMEM. */
int contest_add(struct contest *contest, size_t way,
	      const struct run_result *result, const struct counts *counts);
/* A run of a command that does nothing. */
void contest_add_start(struct contest *contest, size_t way, int64_t wall_ns);

/* Whether the command ended by it as it did alone: the times of one that
 * did not mean nothing. */
bool contest_is_fair(const struct contest *contest, size_t way);

/* Against the bare command, of the same rounds. */
struct factor contest_factor(const struct contest *contest, size_t way);

/* Medians, in nanoseconds; NaN: not known. What it takes to start and to end
 * is of a command that does nothing, less the bare one. */
double contest_wall_ns(const struct contest *contest, size_t way);
double contest_start_ns(const struct contest *contest, size_t way);
double contest_calls(const struct contest *contest, size_t way);

/* The way whose counts the others' are judged by, -1: none counts all. */
int contest_reference(const struct contest *contest);

/* What each call of the command took more, on average, its start taken off;
 * calls are those of the reference. NaN: not known, also where it is less
 * than its 95% interval is wide, or than the starts differ by. */
double contest_added_ns(const struct contest *contest, size_t way);

/* What a way counts of call @name, NULL: it does not count it, or counts
 * nothing. */
const struct span *contest_span(const struct contest *contest, size_t way,
			      size_t name);
/* Whether that cannot be what the reference has, in none of its runs. */
bool contest_differs(const struct contest *contest, size_t way, size_t name);
size_t contest_count_differing(const struct contest *contest, size_t way);

#endif
