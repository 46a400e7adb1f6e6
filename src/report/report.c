/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/report.h"

#include <string.h>

const struct reporter *const reporter_table[] = {
	&report_text,
	&report_json,
	&report_csv,
	&report_openmetrics,
	&report_folded,
	&report_svg,
	&report_html,
	NULL
};

const struct reporter *reporter_find(const char *name)
{
	for (int i = 0; reporter_table[i]; i++)
		if (!strcmp(reporter_table[i]->name, name))
			return reporter_table[i];
	return NULL;
}
