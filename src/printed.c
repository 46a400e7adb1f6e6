/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "printed.h"

struct job {
	const struct reporter *reporter;
	const struct snapshot *snap;
	const struct report_cfg *cfg;
	const char *before;
};

static int print(FILE *to, const void *ctx, struct why *why)
{
	const struct job *job = ctx;

	fputs(job->before, to);
	return job->reporter->print(to, job->snap, job->cfg, why);
}

int printed(struct outfile *out, const struct reporter *reporter,
	    const struct snapshot *snap, const struct report_cfg *cfg,
	    const char *before, struct why *why)
{
	const struct job job = { reporter, snap, cfg, before };

	return outfile_print(out, print, &job, why);
}
