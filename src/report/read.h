/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON reports, read back: what json.c writes, as snapshots again. A file may
 * hold any number of them. It is not trusted: it may be of another version,
 * or of somebody who means harm; what is not known of it is not made up.
 * Histograms are not in JSON, so rows have the percentiles that were told.
 */
#ifndef REPORT_READ_H
#define REPORT_READ_H

#include <stddef.h>

#include "acct/snapshot.h"
#include "base/why.h"

#define READ_MAX_BYTES (256u << 20)	/* of a file */
#define READ_MAX_ROWS 500000		/* in all of its reports */

struct read_report {
	struct snapshot *snap;	/* with rows, totals, the ledger of all and
				 * SMB's parts; without processes */
	bool launched;		/* of a command, from its beginning on */
};

struct read_reports {
	struct read_report *list;
	size_t n;
};

/* One at least, or -errno. */
int read_reports(struct read_reports *ret, const char *path,
		 struct why *why);
void read_done(struct read_reports *reports);

#endif
