/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line. One table of options feeds the parser, --help, the shells'
 * completion and the check of the manual page.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/why.h"
#include "collect/collector.h"
#include "export/endpoint.h"
#include "model/callset.h"
#include "model/probe.h"
#include "report/report.h"

enum mode { MODE_ATTACH, MODE_LAUNCH, MODE_NOTHING, MODE_HELP, MODE_VERSION,
	    MODE_LIST };

struct options {
	enum mode mode;
	pid_t *pids;
	size_t n_pids;
	regex_t name;		/* --name */
	bool has_name;
	const char *name_text;
	const char *cgroup;	/* NULL: none */
	bool everyone;		/* -a */
	bool smb;		/* --smb */
	bool has_by;		/* --by, -H */
	bool follow;
	const char *collector;	/* NULL: choose */
	struct callset calls;	/* by -e trace= */
	bool has_calls;
	bool all_calls;		/* -A */
	bool audit_enable;
	enum ending outcome;	/* -z, -Z */
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
	bool histogram;		/* -D */
	bool stacks;		/* --stacks */
	enum unwind unwind;
	unsigned profile_hz;	/* 0: no profile */
	size_t slowest;		/* 0: none */
	struct probe *probes;	/* --probe; NULL: none */
	size_t n_probes;
	int64_t overhead_ns;	/* -O, of a call in -c */
	bool top;		/* --top: the dashboard, also of a command */
	bool batch;		/* -b: no dashboard */
	bool has_format;	/* --format */
	bool no_colour;		/* -C */
	const char *command_output;	/* where its output goes; NULL: shown */
	bool quiet;
	bool check;		/* --check: what could serve, and why not */
	bool contrast;		/* --contrast: what it costs, beside others */
	size_t runs;		/* -r, rounds of it; 0: the default */
	const char *listen;	/* --listen; NULL: not */
	struct endpoint endpoint;	/* that */
	bool listen_any;	/* others may ask */
	int64_t listen_ns;	/* so old may values become */
	const char *list;
	char **argv;		/* all of the command line */
	char **command;
	bool wall_clock;	/* -w */
	bool size_signal;	/* SIGXFSZ was not ignored when we began */
};

/* 0, or -EINVAL with the user's mistake in @why. */
int options_parse(struct options *options, int argc, char **argv,
		  struct why *why);
/* Whether a report in text is asked for, and so no dashboard. */
bool options_text(const struct options *options);
/* Whether something is to be accounted that runs already. */
bool options_attach(const struct options *options);
void options_done(struct options *options);

/* -EINVAL: the argument of an option is none, and what was wanted. */
int options_bad(struct why *why, const char *option, const char *arg,
		const char *wanted);

void options_usage(FILE *out);	/* short */
void options_help(FILE *out);	/* whole */
/* For programs: letter, name, kind of the argument (option_args.h), help; "-"
 * where there is none. */
void options_list(FILE *out);

#endif
