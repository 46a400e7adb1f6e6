/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of measures and columns in JSON, for who writes reports and who
 * reads them. */
#ifndef REPORT_KEYS_H
#define REPORT_KEYS_H

#include "report/column.h"

#define KEY_MAX 64

/* "read-chars" becomes read_chars; times end in _ns. Both return @buf. */
char *key_of_measure(char buf[KEY_MAX], enum measure m);
char *key_of_column(char buf[KEY_MAX], const struct column *column);

#endif
