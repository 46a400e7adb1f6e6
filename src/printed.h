/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report, made as a whole before any of it is written. */
#ifndef PRINTED_H
#define PRINTED_H

#include "base/outfile.h"
#include "report/report.h"

/* @before: what precedes it where it is text, or "". */
int printed(struct outfile *out, const struct reporter *reporter,
	    const struct snapshot *snap, const struct report_cfg *cfg,
	    const char *before, struct why *why);

#endif
