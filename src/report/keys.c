/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/keys.h"

#include <stdio.h>

char *key_of_measure(char buf[KEY_MAX], enum measure m)
{
	static const char *const suffix[] = {
		[UNIT_NS] = "_ns", [UNIT_COUNT] = "", [UNIT_BYTES] = ""
	};

	snprintf(buf, KEY_MAX, "%s%s", measure_table[m].name,
		 suffix[measure_table[m].unit]);
	for (char *p = buf; *p; p++)
		if (*p == '-')
			*p = '_';
	return buf;
}

char *key_of_column(char buf[KEY_MAX], const struct column *column)
{
	if (column->kind != KIND_TEXT && column->measure >= 0)
		return key_of_measure(buf, (enum measure)column->measure);
	snprintf(buf, KEY_MAX, "%s%s", column->id,
		 column->kind == KIND_LATENCY ? "_ns" : "");
	return buf;
}
