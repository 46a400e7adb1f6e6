/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line. One table of options feeds the parser, --help and the
 * check of the manual page.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/why.h"
#include "model/callset.h"
#include "report/report.h"

enum mode { MODE_ATTACH, MODE_LAUNCH, MODE_NOTHING, MODE_HELP, MODE_VERSION,
	    MODE_LIST };

struct options {
	enum mode mode;
	pid_t *pids;
	size_t n_pids;
	bool follow;
	const char *collector;	/* NULL: choose */
	struct callset calls;	/* by -e trace= */
	bool has_calls;
	bool all_calls;		/* -A */
	unsigned rate_hz;	/* 0: by budget */
	unsigned by;
	const char *columns;	/* NULL: by what rows are grouped by */
	const char *sort;	/* NULL: by what rows have */
	const struct reporter *reporter;
	const char *output;	/* NULL: standard output */
	size_t max_rows;
	int64_t delay_ns;	/* 0: one report at the end */
	uint64_t count;		/* reports, 0: no limit */
	int64_t seconds_ns;	/* 0: no limit */
	bool quiet;
	const char *list;
	char **argv;		/* all of the command line */
	char **command;
	bool wall_clock;	/* -w */
	bool size_signal;	/* SIGXFSZ was not ignored when we began */
};

/* 0, or -EINVAL with the user's mistake in @why. */
int options_parse(struct options *options, int argc, char **argv,
		  struct why *why);
void options_done(struct options *options);

void options_usage(FILE *out);	/* short */
void options_help(FILE *out);	/* whole */
void options_version(FILE *out);
/* --list=WHAT; -EINVAL for an unknown WHAT. */
int options_list(FILE *out, const char *what, struct why *why);

#endif
