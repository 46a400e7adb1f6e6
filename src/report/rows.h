/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot's rows as a table, with their sum. */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include <stdio.h>

#include "acct/snapshot.h"
#include "report/column.h"

/* The first @max_rows in the order of @sort, all of them if 0; with @wants
 * only those that it wants, and without their sum. 0 or -ENOMEM. */
int rows_print(FILE *out, const struct snapshot *snap,
	       const struct column_list *list, const struct column *sort,
	       size_t max_rows, bool (*wants)(const struct row *row));

#endif
