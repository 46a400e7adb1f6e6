/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table's rows as families of metrics: one for each measure that any row
 * has, and one of histograms. Their names come from the table of measures.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include "acct/snapshot.h"
#include "report/exposition.h"

struct metrics {
	const char *scope;	/* "syscall": within the names */
	const char *errors;	/* help of those; NULL: as the table has it */
	const char *duration;	/* help of the histograms; NULL: none */
	/* Fills in the LABELS_MAX bytes that tell a row from the others. */
	void (*label)(char *labels, const struct row *row, unsigned by);
};

/* The rows of @table; *beyond grows by those that did not get series of their
 * own. 0 or -ENOMEM. */
int metrics_print(struct exposition *e, const struct metrics *metrics,
		  const struct snapshot *table, size_t *beyond);

/* What is known of one thing that has no labels. */
void metrics_print_cell(struct exposition *e, const char *scope,
			const struct cell *cell);

#endif
