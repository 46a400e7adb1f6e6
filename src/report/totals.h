/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sums of a report alone, on their way from a session to who let it run
 * for them: a reporter that prints them, and what reads them again.
 */
#ifndef REPORT_TOTALS_H
#define REPORT_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/report.h"

#define TOTALS_NOTES 16		/* more are dropped */

struct totals {
	const char *collector;	/* this and the notes are in the text */
	bool counted;		/* calls are known */
	int64_t calls;
	int64_t interval_ns, wall_ns, own_cpu_ns;
	const char *notes[TOTALS_NOTES];
	size_t n_notes;
};

/* Of no format that --format knows. */
extern const struct reporter report_totals;

/* Changes @text, and keeps pointers into it. Several reports add up. */
void totals_parse(struct totals *totals, char *text);

#endif
