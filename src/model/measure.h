/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be measured about a call, a thread or a process. A measure that
 * a collector does not have prints as "-" and is absent from JSON: a zero
 * never means "unknown". Sets of measures are bit masks of measure_bit().
 */
#ifndef MODEL_MEASURE_H
#define MODEL_MEASURE_H

#include <stdbool.h>

enum measure {
	MEASURE_WALL,		/* ns, lifetime in the interval, or of calls */
	MEASURE_BLOCKED,	/* ns, asleep, states S and D */
	MEASURE_RUNQ,		/* ns, runnable but not running */
	MEASURE_CPU,		/* ns, on a processor */
	MEASURE_USER,		/* ns, of cpu: in user mode */
	MEASURE_SYSTEM,		/* ns, of cpu: in the kernel */
	MEASURE_STOLEN,		/* ns, put on a CPU that did something else */
	MEASURE_PARKED,		/* ns, asleep until our answer came */
	MEASURE_CALLS,
	MEASURE_ERRORS,		/* calls that returned -4095..-1 */
	MEASURE_SWITCHES,	/* times put on a processor */
	MEASURE_VCSW,		/* voluntary context switches */
	MEASURE_ICSW,		/* involuntary context switches */
	MEASURE_READS,		/* read-like calls (syscr of /proc/PID/io) */
	MEASURE_WRITES,		/* write-like calls (syscw) */
	MEASURE_READ_CHARS,	/* bytes those reads returned (rchar) */
	MEASURE_WRITE_CHARS,	/* bytes those writes took (wchar) */
	MEASURE_READ_BYTES,	/* bytes fetched from storage */
	MEASURE_WRITE_BYTES,	/* bytes sent to storage */
	MEASURE_BYTES,		/* that calls moved, by what they returned */
	MEASURE_ENDED,		/* ns, what ended calls took, in whole */
	MEASURE_MIN,		/* ns, the shortest call */
	MEASURE_MAX,		/* ns, the longest call */
	MEASURE_IN_FLIGHT,	/* calls that had not ended by the report */
	MEASURE_AGE,		/* ns, of the oldest of them */
	MEASURE_REQUESTS,	/* of SMB2 that were answered */
	MEASURE_ASYNC,		/* ns, of requests: their worker did others */
	MEASURE_TIMES,		/* that a phase was entered for something */
	MEASURE_NESTED,		/* calls of functions in calls of the same */
	MEASURE_UNMATCHED,	/* of which one side only was seen */
	MEASURE_COUNT
};

/* What only SMB has. */
#define MEASURES_OF_SMB (1u << MEASURE_REQUESTS | 1u << MEASURE_ASYNC | \
			 1u << MEASURE_TIMES)

enum unit { UNIT_NS, UNIT_COUNT, UNIT_BYTES };

/* What two values of it become when cells are merged. */
enum merging { MERGE_SUM, MERGE_LEAST, MERGE_MOST };

struct measure_desc {
	const char *name;	/* in lists and as a JSON key's stem */
	enum unit unit;
	const char *help;
	enum merging merging;
	const char *metric;	/* a metric's stem, with its unit; NULL: none */
	bool momentary;		/* of the end of an interval, and no sum */
};

/* Indexed by enum measure. */
extern const struct measure_desc measure_table[MEASURE_COUNT];

static inline unsigned measure_bit(enum measure m)
{
	return 1u << m;
}

#endif
