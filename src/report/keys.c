/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/keys.h"

#include <stdio.h>

const char *const part_keys[PART_COUNT] = {
	[PART_PHASES] = "phases", [PART_REQUESTS] = "requests",
	[PART_STATUSES] = "statuses", [PART_BILL] = "bill",
	[PART_WHO] = "who", [PART_WORKERS] = "workers",
};

/* "read-chars" becomes read_chars. */
static char *make_key(char *buf, size_t size, const char *name,
		      const char *suffix)
{
	snprintf(buf, size, "%s%s", name, suffix);
	for (char *p = buf; *p; p++)
		if (*p == '-')
			*p = '_';
	return buf;
}

char *measure_key(char *buf, size_t size, enum measure m)
{
	return make_key(buf, size, measure_table[m].name,
			measure_table[m].unit == UNIT_NS ? "_ns" : "");
}

char *column_key(char *buf, size_t size, const struct column *column)
{
	bool is_time = column->kind == KIND_NS ||
		       column->kind == KIND_LATENCY;

	return make_key(buf, size, column->key ? column->key : column->id,
			is_time ? "_ns" : "");
}
