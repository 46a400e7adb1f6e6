/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * THE column table. Text headers, -U, -S and --list=columns come from it,
 * and so do the JSON keys of a row; a new column is one row here and one
 * line in the manual.
 */
#ifndef REPORT_COLUMN_H
#define REPORT_COLUMN_H

#include <stdbool.h>
#include <stdint.h>

#include "acct/snapshot.h"
#include "base/why.h"

enum column_kind {
	KIND_TEXT,	/* untrusted, left-aligned */
	KIND_ID,	/* a pid or thread id */
	KIND_NS,	/* shown in seconds */
	KIND_LATENCY,	/* ns, shown in microseconds */
	KIND_COUNT,
	KIND_BYTES,
	KIND_PERCENT,
	KIND_RATIO,	/* of two counts */
};

struct value {
	bool known;
	bool estimated;
	bool doubtful;		/* hardly more than it may be off */
	int64_t number;		/* ID, NS, LATENCY, COUNT, BYTES; rank of a TEXT */
	double percent;		/* PERCENT, RATIO */
	const char *text;
};

struct column {
	const char *id;		/* -U, -S */
	const char *key;	/* the stem of its key; NULL: the id */
	const char *title;
	enum column_kind kind;
	int measure;		/* that it shows, -1: none */
	unsigned needs;		/* measures without which it is empty */
	unsigned dim;		/* dimension without which it is empty */
	double share;		/* of calls, for a percentile */
	size_t at;		/* where a row has the text */
	int per;		/* the measure that it has by request */
	bool needs_hist;	/* is read off a histogram */
	bool in_json;		/* a key of its own in a JSON row */
	struct value (*get)(const struct snapshot *snap,
			    const struct row *row,
			    const struct column *column);
	const char *help;
};

extern const struct column column_table[];
extern const int column_count;

#define MAX_COLUMNS 64

struct column_list {
	const struct column *columns[MAX_COLUMNS];
	int n;
};

const struct column *column_find(const char *id, size_t len);

/* "a,b,c" to a list; unknown, repeated and too many are errors. */
int column_parse(const char *list, struct column_list *ret, struct why *why);

/* The default columns for what rows are grouped by and what they have. */
void column_defaults(unsigned by, unsigned measures,
		     struct column_list *ret);

/* All that have a key of their own in a JSON row. */
void column_all(struct column_list *ret);

/*
 * Row indexes of @snap in the order of @column, the caller frees them:
 * numbers fall, texts and ids rise, unknown comes last.
 */
int *column_order(const struct snapshot *snap, const struct column *column);

/* -EINVAL where no row of @snap can have this column's value. */
int column_check(const struct snapshot *snap, const struct column *column,
		 struct why *why);

#endif
