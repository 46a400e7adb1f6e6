/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "printed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int printed(struct outfile *out, const struct reporter *reporter,
	    const struct snapshot *snap, const struct report_cfg *cfg,
	    const char *before, struct why *why)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	int err;

	if (!memory)
		return why_set(why, errno, "out of memory for the report");
	fputs(before, memory);
	err = reporter->print(memory, snap, cfg, why);
	if (fclose(memory) && !err)
		err = why_set(why, ENOMEM, "out of memory for the report");
	if (!err)
		err = outfile_write(out, text, len, why);
	free(text);
	return err;
}
