/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What values are called where programs read them: JSON keys, heads of CSV.
 * Times end in _ns. */
#ifndef REPORT_KEYS_H
#define REPORT_KEYS_H

#include <stddef.h>

#include "acct/snapshot.h"
#include "report/column.h"

#define KEY_MAX 64

/* Both return @buf. */
char *measure_key(char *buf, size_t size, enum measure m);
char *column_key(char *buf, size_t size, const struct column *column);

/* "bill": indexed by enum smb_part. */
extern const char *const part_keys[PART_COUNT];

#endif
