/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A column's value as text, the same in reports and on the dashboard: "-" for
 * what is not known, "~" before an estimate, "?" behind a doubtful one. Texts
 * that a target chose are made safe.
 */
#ifndef REPORT_VALUE_H
#define REPORT_VALUE_H

#include <stddef.h>

#include "report/column.h"

#define VALUE_MAX 256

/* All return @buf. */
char *value_text(char *buf, size_t size, const struct column *column,
		 const struct value *value);
/* In seconds; what rounds to nothing has no sign. */
char *value_seconds(char *buf, size_t size, bool estimated, int64_t ns,
		    const char *doubt);
/* "1.2K": in steps of 1,024. */
char *value_bytes(char *buf, size_t size, int64_t bytes);

#endif
