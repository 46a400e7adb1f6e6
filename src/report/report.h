/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reporters: a snapshot to text, by format. Pure functions of snapshots. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdio.h>

#include "acct/snapshot.h"
#include "report/column.h"

struct report_cfg {
	struct column_list columns;
	const struct column *sort;
	size_t max_rows;	/* 0: all */
	bool wall_clock;	/* -w: strace's times are of the clock */
	bool histograms;	/* -D */
	int64_t overhead_ns;	/* -O: taken off each call of -c */
	const char *command;	/* the target as the user named it */
	bool again;		/* not the first of its file */
};

struct reporter {
	const char *name;
	const char *missing;	/* why it is not built in, or NULL */
	bool of_stacks;		/* rows are to be by them */
	bool whole;		/* one report is a file: there is no other */
	bool all_columns;	/* unless some were asked for */
	/* 0 or -errno; what was printed until then is to be thrown away. */
	int (*print)(FILE *out, const struct snapshot *snap,
		     const struct report_cfg *cfg, struct why *why);
};

extern const struct reporter report_text, report_json, report_csv;
/* Flame graphs: as text for other tools, a picture, a page. */
extern const struct reporter report_folded, report_svg, report_html;
/* For Prometheus and its kin; the latter, of the older text, is for --listen
 * and no format of its own. */
extern const struct reporter report_openmetrics, report_prometheus;
/* The table of strace -c; chosen by -c, no format of its own. */
extern const struct reporter report_summary;

/* What was lost, what it cost, and what is not known: ends every report that
 * is text. */
void report_foot(FILE *out, const struct snapshot *snap);

/* NULL-terminated. */
extern const struct reporter *const reporter_table[];

const struct reporter *reporter_find(const char *name);

#endif
