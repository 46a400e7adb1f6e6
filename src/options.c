/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "collect/registry.h"
#include "contrast_options.h"
#include "detail_options.h"
#include "listen_options.h"
#include "option_args.h"
#include "smb_options.h"
#include "tail_options.h"
#include "target_options.h"

#define MAX_RUNS 1000
#define MAX_RATE_HZ 10000
#define FIRST_LONG 256		/* codes of options without a letter */

typedef int (*set_fn)(struct options *options, const char *arg,
		      struct why *why);

struct option_desc {
	int letter;		/* 0: none */
	const char *name;	/* NULL: none */
	const char *arg;	/* NULL: none */
	const char *group;
	set_fn set;
	const char *help;
};

int options_bad(struct why *why, const char *option, const char *arg,
		const char *wanted)
{
	return why_set(why, EINVAL, "%s '%s': %s", option, arg, wanted);
}

/* As strace has it: microseconds, unless a unit says otherwise. */
static int set_overhead(struct options *o, const char *arg, struct why *why)
{
	static const struct {
		const char *unit;
		int64_t ns;
	} units[] = {
		{ "", 1000 }, { "us", 1000 }, { "ns", 1 }, { "ms", 1000000 },
		{ "s", 1000000000 },
	};
	size_t len = strspn(arg, "0123456789");
	char number[16];
	uint64_t value;

	snprintf(number, sizeof(number), "%.*s", (int)len, arg);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (len && len < sizeof(number) - 6 &&
		    !strcmp(arg + len, units[i].unit) &&
		    !num_parse(number, 1000000000, &value)) {
			o->overhead_ns = (int64_t)value * units[i].ns;
			return 0;
		}
	return options_bad(why, "-O", arg,
			   "the overhead of a call, a number and s, ms, us "
			   "or ns");
}

static int set_collector(struct options *o, const char *arg,
			 struct why *why)
{
	const struct collector_ops *ops = registry_find(arg);

	if (!ops)
		return options_bad(why, "--collector", arg,
				   "--list=collectors lists them");
	if (ops->missing)
		return options_bad(why, "--collector", arg, ops->missing);
	o->collector = arg;
	return 0;
}

/* "trace=SET" as strace has it, which also takes the SET alone. */
static int set_expression(struct options *o, const char *arg,
			  struct why *why)
{
	size_t len = strcspn(arg, "=");

	if (!arg[len]) {
		o->has_calls = true;
		return callset_parse(&o->calls, arg, why);
	}
	if (len != strlen("trace") || memcmp(arg, "trace", len))
		return options_bad(why, "-e", arg,
				   "of strace's expressions only trace=SET "
				   "is known");
	o->has_calls = true;
	return callset_parse(&o->calls, arg + len + 1, why);
}

static int set_rate(struct options *o, const char *arg, struct why *why)
{
	uint64_t rate;

	if (num_parse(arg, MAX_RATE_HZ, &rate) || !rate)
		return options_bad(why, "--rate", arg,
				   "looks a second at each thread, 1 to 10000");
	o->rate_hz = (unsigned)rate;
	return 0;
}

static int set_by(struct options *o, const char *arg, struct why *why)
{
	o->has_by = true;
	return dim_parse(arg, &o->by, why);
}

static int set_threads(struct options *o, const char *arg, struct why *why)
{
	(void)arg;
	o->has_by = true;
	return dim_parse("thread", &o->by, why);
}

static int set_columns(struct options *o, const char *arg, struct why *why)
{
	struct column_list list;

	o->columns = arg;
	return column_parse(arg, &list, why);
}

static int set_sort(struct options *o, const char *arg, struct why *why)
{
	if (!column_find(arg, strlen(arg)))
		return options_bad(why, "-S", arg,
				   "no such column; --list=columns lists them");
	o->sort = arg;
	return 0;
}

static int set_rows(struct options *o, const char *arg, struct why *why)
{
	uint64_t rows;

	if (num_parse(arg, INT_MAX, &rows) || !rows)
		return options_bad(why, "--rows", arg, "a number above 0");
	o->max_rows = rows;
	return 0;
}

static int set_format(struct options *o, const char *arg, struct why *why)
{
	o->has_format = true;
	o->reporter = reporter_find(arg);
	if (!o->reporter)
		return options_bad(why, "--format", arg,
				   "--list=formats lists them");
	if (o->reporter->missing)
		return options_bad(why, "--format", arg, o->reporter->missing);
	return 0;
}

static int set_output(struct options *o, const char *arg, struct why *why)
{
	if (!*arg)
		return options_bad(why, "-o", arg, "give a file name");
	o->output = arg;
	return 0;
}

static int set_command_output(struct options *o, const char *arg,
			      struct why *why)
{
	if (!*arg)
		return options_bad(why, "--command-output", arg,
				   "give a file name");
	o->command_output = arg;
	return 0;
}

static int set_delay(struct options *o, const char *arg, struct why *why)
{
	if (num_parse_seconds(arg, &o->delay_ns) || o->delay_ns < 1000000)
		return options_bad(why, "-d", arg,
				   "seconds between reports, 0.001 or more");
	return 0;
}

static int set_count(struct options *o, const char *arg, struct why *why)
{
	if (num_parse(arg, INT_MAX, &o->count) || !o->count)
		return options_bad(why, "-n", arg,
				   "a number of reports above 0");
	return 0;
}

static int set_seconds(struct options *o, const char *arg, struct why *why)
{
	if (num_parse_seconds(arg, &o->seconds_ns) || !o->seconds_ns)
		return options_bad(why, "--seconds, --duration", arg,
				   "seconds above 0");
	return 0;
}

static int set_runs(struct options *o, const char *arg, struct why *why)
{
	uint64_t runs;

	if (num_parse(arg, MAX_RUNS, &runs) || !runs)
		return options_bad(why, "-r", arg,
				   "a number of rounds, 1 to 1000");
	o->runs = runs;
	return 0;
}

static int set_list(struct options *o, const char *arg, struct why *why)
{
	(void)why;
	o->mode = MODE_LIST;
	o->list = arg;
	return 0;
}

/* Options that have no argument and set one field. */
#define SETTER(name_, field_, value_) \
	static int name_(struct options *o, const char *arg, \
			 struct why *why) \
	{ \
		(void)arg; \
		(void)why; \
		o->field_ = value_; \
		return 0; \
	}

SETTER(set_everyone, everyone, true)
SETTER(set_smb, smb, true)
SETTER(set_stacks, stacks, true)
SETTER(set_success, outcome, OUTCOME_SUCCESS)
SETTER(set_failure, outcome, OUTCOME_FAILURE)
SETTER(set_histogram, histogram, true)
SETTER(set_follow, follow, true)
SETTER(set_no_follow, follow, false)
SETTER(set_all_calls, all_calls, true)
SETTER(set_audit_enable, audit_enable, true)
SETTER(set_summary, reporter, &report_summary)
SETTER(set_wall_clock, wall_clock, true)
SETTER(set_top, top, true)
SETTER(set_batch, batch, true)
SETTER(set_no_colour, no_colour, true)
SETTER(set_quiet, quiet, true)
SETTER(set_check, check, true)
SETTER(set_contrast, contrast, true)
SETTER(set_listen_any, listen_any, true)
SETTER(set_help, mode, MODE_HELP)
SETTER(set_version, mode, MODE_VERSION)

static const struct option_desc table[] = {
	{ 'p', "pid", "PID[,PID...]", "Target", target_set_pid,
	  "attach to running processes, all their threads" },
	{ 0, "name", "REGEX", "Target", target_set_name,
	  "all processes whose executable's name matches, also new ones" },
	{ 'a', "all-processes", NULL, "Target", set_everyone,
	  "every process of the machine" },
	{ 0, "cgroup", "PATH", "Target", target_set_cgroup,
	  "all processes in a cgroup and below it" },
	{ 0, "smb", NULL, "Target", set_smb,
	  "every smbd, or those of -p: SMB2 requests and what they cost" },
	{ 'f', NULL, NULL, "Target", set_follow,
	  "follow children (the default; accepted as strace's)" },
	{ 0, "no-follow", NULL, "Target", set_no_follow,
	  "do not follow children" },
	{ 0, "collector", "NAME", "Collect", set_collector,
	  "how to measure; see --list=collectors" },
	{ 'e', NULL, "trace=SET", "Collect", set_expression,
	  "which calls, in strace's syntax; see --list=%class" },
	{ 'A', "all-calls", NULL, "Collect", set_all_calls,
	  "count calls that it may harm to hold up, too (seccomp)" },
	{ 0, "audit-enable", NULL, "Collect", set_audit_enable,
	  "enable audit for --collector=audit; slows the machine until reboot" },
	{ 0, "rate", "HZ", "Collect", set_rate,
	  "looks a second at each thread (default: within 1% of a core)" },
	{ 0, "stacks", NULL, "Collect", set_stacks,
	  "which functions make the calls (bpf)" },
	{ 0, "unwind", "HOW", "Collect", detail_set_unwind,
	  "with --stacks: auto, fp or dwarf (default: auto)" },
	{ 0, "profile", "HZ", "Collect", detail_set_profile,
	  "with --stacks: look at what runs HZ times a second, too" },
	{ 0, "probe", "NAME=LIB:FUNC", "Collect", tail_set_probe,
	  "time a function of the targets as well (bpf)" },
	{ 'c', NULL, NULL, "Report", set_summary,
	  "a table laid out as strace -c does it" },
	{ 'w', NULL, NULL, "Report", set_wall_clock,
	  "with -c: wall clock time, not CPU time" },
	{ 'S', "sort", "COLUMN", "Report", set_sort,
	  "sort rows by a column (default: wall or blocked)" },
	{ 'U', "columns", "LIST", "Report", set_columns,
	  "which columns to show; see --list=columns" },
	{ 'z', NULL, NULL, "Report", set_success,
	  "only calls that succeeded" },
	{ 'Z', NULL, NULL, "Report", set_failure, "only calls that failed" },
	{ 'O', NULL, "TIME", "Report", set_overhead,
	  "with -c: take TIME off each call, as overhead" },
	{ 0, "by", "DIM[,DIM...]", "Report", set_by,
	  "a row per process, thread, syscall ...; see --list=dims" },
	{ 'H', NULL, NULL, "Report", set_threads,
	  "one row per thread, as --by=thread" },
	{ 'D', "histogram", NULL, "Report", set_histogram,
	  "print latency histograms, too" },
	{ 0, "rows", "N", "Report", set_rows, "show the first N rows" },
	{ 0, "slowest", "N", "Report", tail_set_slowest,
	  "show the N slowest calls, and SMB2 requests, one by one (bpf)" },
	{ 0, "format", "FORMAT", "Report", set_format,
	  "text, json, csv, openmetrics, or flame graphs: folded, svg, html" },
	{ 'o', "output", "FILE", "Report", set_output,
	  "write reports to FILE, whole or not at all" },
	{ 'd', "delay", "SECS", "Pace", set_delay,
	  "report every SECS seconds what happened in them" },
	{ 'n', "count", "N", "Pace", set_count,
	  "end after N reports, with -d" },
	{ 0, "seconds", "S", "Pace", set_seconds, "end after S seconds" },
	{ 0, "duration", "S", "Pace", set_seconds, "the same" },
	{ 0, "top", NULL, "Mode", set_top,
	  "the dashboard, of a command as well" },
	{ 'b', "batch", NULL, "Mode", set_batch,
	  "text, and no dashboard, also on a terminal" },
	{ 0, "command-output", "FILE", "Mode", set_command_output,
	  "with --top: what the command writes goes to FILE" },
	{ 'C', NULL, NULL, "Mode", set_no_colour,
	  "no colours on the dashboard" },
	{ 0, "contrast", NULL, "Mode", set_contrast,
	  "run the command by each way there is, and compare them" },
	{ 'r', "runs", "N", "Mode", set_runs,
	  "with --contrast: so many rounds of all ways (default: 5)" },
	{ 0, "listen", "ADDR:PORT", "Mode", listen_set,
	  "serve metrics there, for Prometheus and its kin" },
	{ 0, "listen-any", NULL, "Mode", set_listen_any,
	  "with --listen: others than this machine may ask, too" },
	{ 'q', NULL, NULL, "About", set_quiet,
	  "no messages on standard error but errors" },
	{ 0, "check", NULL, "About", set_check,
	  "say which collectors could serve here, and why others not" },
	{ 0, "list", "WHAT", "About", set_list,
	  "list what there is; --list=lists says of what" },
	{ 'h', "help", NULL, "About", set_help, "show this" },
	{ 'V', "version", NULL, "About", set_version,
	  "show the version and what is built in" },
};

#define N_OPTIONS (sizeof(table) / sizeof(*table))

/* getopt's two forms of the table. */
static void make_getopt(char *letters, struct option *longs)
{
	size_t n = 0;

	*letters++ = '+';
	*letters++ = ':';
	for (size_t i = 0; i < N_OPTIONS; i++) {
		const struct option_desc *d = &table[i];

		if (d->letter) {
			*letters++ = (char)d->letter;
			if (d->arg)
				*letters++ = ':';
		}
		if (d->name)
			longs[n++] = (struct option){
				.name = d->name,
				.has_arg = d->arg ? required_argument :
						    no_argument,
				.val = FIRST_LONG + (int)i,
			};
	}
	*letters = '\0';
	longs[n] = (struct option){ 0 };
}

static const struct option_desc *find_option(int code)
{
	if (code >= FIRST_LONG)
		return &table[code - FIRST_LONG];
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (table[i].letter == code)
			return &table[i];
	return NULL;
}

bool options_attach(const struct options *o)
{
	return o->n_pids || o->has_name || o->cgroup || o->everyone;
}

bool options_text(const struct options *o)
{
	return o->batch || o->output || o->count || o->histogram ||
	       o->slowest || o->probes || o->seconds_ns || o->has_format ||
	       o->reporter != &report_text;
}

static int check_together(struct options *o, struct why *why)
{
	int err;

	if (o->mode != MODE_ATTACH)
		return 0;
	err = listen_complete(o, why);
	if (!err)
		err = detail_complete(o, why);
	if (!err)
		err = tail_complete(o, why);
	if (!err)
		err = smb_complete(o, why);
	if (err)
		return err;
	if (*o->command)
		o->mode = MODE_LAUNCH;
	else if (!options_attach(o))
		o->mode = MODE_NOTHING;
	if (o->audit_enable && !(o->collector && strstr(o->collector, "audit")))
		return why_set(why, EINVAL, "--audit-enable is for "
			       "--collector=audit; give both");
	if (o->top && options_text(o))
		return why_set(why, EINVAL, "--top is the dashboard, and -b, "
			       "-c, -o, -n, -D, --format, --seconds, --slowest "
			       "and --probe are for text; give one or the other");
	if (o->command_output && !(o->top && o->mode == MODE_LAUNCH))
		return why_set(why, EINVAL, "--command-output is for what a "
			       "command writes under --top; give both");
	if (o->overhead_ns && o->reporter != &report_summary)
		return why_set(why, EINVAL, "-O is about the times of -c; "
			       "give both");
	if (o->histogram && o->reporter != &report_text)
		return why_set(why, EINVAL, "-D is for text; json and csv "
			       "have percentiles without it");
	if (o->count && !o->delay_ns)
		return why_set(why, EINVAL, "-n needs -d, the seconds "
			       "between reports");
	if (o->reporter == &report_summary && o->by != dim_bit(DIM_SYSCALL))
		return why_set(why, EINVAL, "-c is a table of system calls, "
			       "and --by asks for another; give one of them");
	if (o->wall_clock && o->reporter != &report_summary)
		return why_set(why, EINVAL, "-w is about the times of -c; "
			       "give both");
	return contrast_check(o, why);
}

int options_parse(struct options *o, int argc, char **argv, struct why *why)
{
	char letters[2 * N_OPTIONS + 3];
	struct option longs[N_OPTIONS + 1];
	int code, err;

	*o = (struct options){
		.mode = MODE_ATTACH,
		.follow = true,
		.by = dim_table[DIM_SYSCALL].implies,
		.reporter = &report_text,
		.argv = argv,
		.pids = calloc(MAX_PIDS, sizeof(*o->pids)),
	};
	if (!o->pids)
		return why_set(why, ENOMEM, "out of memory");
	make_getopt(letters, longs);
	opterr = 0;
	while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_desc *d;

		if (code == ':')
			return why_set(why, EINVAL, "option '%s' needs an "
				       "argument", argv[optind - 1]);
		d = code == '?' ? NULL : find_option(code);
		if (!d && optopt && optopt < FIRST_LONG)
			return why_set(why, EINVAL, "unknown option '-%c'",
				       optopt);
		if (!d)
			return why_set(why, EINVAL, "unknown, ambiguous or "
				       "misused option '%s'",
				       argv[optind - 1]);
		err = d->set(o, optarg, why);
		if (err)
			return err;
	}
	o->command = argv + optind;
	return check_together(o, why);
}

void options_done(struct options *o)
{
	if (o->has_name)
		regfree(&o->name);
	o->has_name = false;
	free(o->pids);
	o->pids = NULL;
	free(o->probes);
	o->probes = NULL;
}

void options_usage(FILE *out)
{
	fputs("usage: smbsysacct [OPTION...] -p PID[,PID...]\n"
	      "       smbsysacct [OPTION...] --name=REGEX | --cgroup=PATH | -a\n"
	      "       smbsysacct [OPTION...] --smb [-p PID]\n"
	      "       smbsysacct [OPTION...] COMMAND [ARGUMENT...]\n"
	      "       smbsysacct --contrast [OPTION...] COMMAND | -p PID\n"
	      "Where does the time of a live process go: on the CPU, blocked "
	      "in which call, or\nwaiting for a CPU? 'smbsysacct --help' "
	      "lists the options.\n", out);
}

void options_list(FILE *out)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		const struct option_desc *d = &table[i];
		char letter[4] = "-", name[32] = "-";

		if (d->letter)
			snprintf(letter, sizeof(letter), "-%c", d->letter);
		if (d->name)
			snprintf(name, sizeof(name), "--%s", d->name);
		fprintf(out, "%-3s %-17s %-20s %s\n", letter, name,
			option_arg_kind(d->arg), d->help);
	}
}

void options_help(FILE *out)
{
	const char *group = "";

	options_usage(out);
	for (size_t i = 0; i < N_OPTIONS; i++) {
		const struct option_desc *d = &table[i];
		char head[64], letter[4] = "  ";
		int n;

		if (strcmp(group, d->group))
			fprintf(out, "\n%s:\n", d->group);
		group = d->group;
		if (d->letter)
			snprintf(letter, sizeof(letter), "-%c", d->letter);
		n = snprintf(head, sizeof(head), "  %s%s%s%s%s%s", letter,
			     d->letter && d->name ? ", " : "  ",
			     d->name ? "--" : "", d->name ? d->name : "",
			     d->arg && d->name ? "=" : "",
			     d->arg ? d->arg : "");
		if (n >= 29)
			fprintf(out, "%s\n%-29s %s\n", head, "", d->help);
		else
			fprintf(out, "%-29s %s\n", head, d->help);
	}
}
