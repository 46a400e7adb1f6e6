/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --diff compares: two sides, each of some observations, and what each
 * row was in them. Reports are put in one by one; those that follow each other
 * without a gap are intervals of one run. A side of two runs or more has runs
 * for observations, a side of one its intervals. Rows are the same by their
 * names: those of processes, calls and so on, not by numbers that change.
 */
#ifndef COMPARE_OBSERVE_H
#define COMPARE_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acct/snapshot.h"
#include "base/map.h"
#include "base/why.h"

#define OBSERVE_MAX_ROWS 20000

enum side { SIDE_BEFORE, SIDE_AFTER, SIDES };

/* As columns have them; the first is requests in rows of requests. */
enum observed { OBSERVED_CALLS, OBSERVED_WALL, OBSERVED_CPU,
		OBSERVED_BLOCKED, OBSERVED_RUNQ, OBSERVED_COUNT };

/* A row in one interval. */
struct sample {
	size_t interval;
	double value[OBSERVED_COUNT];
	unsigned have, estimated;	/* bits of enum observed */
};

struct observed_row {
	uint64_t key[2];	/* of the name; stays first */
	char *name;		/* "newfstatat/CREATE"; untrusted */
	char *call;		/* whose it is, or NULL */
	struct observed_row *requests;	/* those that it is for, or NULL */
	bool of_requests;	/* the row is of requests themselves */
	bool hidden;		/* there to divide by, and in no table */
	struct sample *samples;
	size_t n, capacity;
};

struct interval {
	enum side side;
	size_t file;		/* which of its side's */
	int64_t end_ns, length_ns;
	bool all_calls;
	bool left_out;		/* too short beside the others */
	size_t observation;	/* of its side */
};

struct observed_side {
	size_t files, runs, n;	/* n observations */
	bool of_intervals;	/* which are of one run */
	bool launched;		/* each report is of a whole command */
	bool all_calls;
	double *length_ns;	/* of each observation */
	int64_t calls_lost;
	const char *collector;	/* NULL: several */
};

struct observations {
	bool smb;		/* of SMB's parts, not of the table */
	struct interval *intervals;
	size_t n;
	struct map rows;
	struct observed_side sides[SIDES];
};

void observe_init(struct observations *o, bool smb);
void observe_done(struct observations *o);

/* A report, from the @file-th file of its side, files and reports in
 * order. */
int observe_add(struct observations *o, enum side side, size_t file,
		const struct snapshot *snap, bool launched, struct why *why);

/* All are there: makes them observations. */
int observe_finish(struct observations *o, struct why *why);

/*
 * What a row was in each observation of a side, @ret has room for all. False:
 * that is not known of it. No sample is 0 where the row would have been told,
 * had it been there.
 */
bool observe_values(const struct observations *o,
		    const struct observed_row *row, enum side side,
		    enum observed which, double *ret);
bool observe_estimated(const struct observed_row *row, enum observed which);

#endif
