/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "setup.h"

#include <errno.h>
#include <string.h>

#include "choose.h"

static bool all_columns(const struct options *o)
{
	return o->reporter->all_columns && !o->columns;
}

/* Rows or columns need more of single threads than their clocks. */
static bool needs_details(const struct options *o,
			  const struct column_list *columns)
{
	unsigned per_thread = measure_bit(MEASURE_VCSW) |
			      measure_bit(MEASURE_ICSW);

	if (o->by & dim_bit(DIM_THREAD))
		return true;
	/* Nobody asked for these in particular. */
	if (all_columns(o))
		return false;
	for (int i = 0; i < columns->n; i++)
		if (columns->columns[i]->needs & per_thread)
			return true;
	return false;
}

/* What single calls are chosen by needs a collector that sees them. */
static int check_calls(const struct options *o,
		       const struct collector_ops *ops, struct why *why)
{
	bool counts = ops->by_call & measure_bit(MEASURE_CALLS);

	if ((o->has_calls || o->all_calls) && !counts)
		return why_set(why, EINVAL, "%s needs a collector that counts "
			       "calls, and %s does not", o->all_calls ? "-A" :
			       "-e", ops->name);
	return 0;
}

static const char *default_sort(unsigned measures)
{
	if (measures & measure_bit(MEASURE_WALL))
		return "wall";
	return measures & measure_bit(MEASURE_BLOCKED) ? "blocked" : "calls";
}

static int plan_report(struct setup *s, const struct options *o,
		       const struct collector_ops *ops, struct why *why)
{
	struct report_cfg *report = &s->report;
	struct snapshot none = { .cfg = { .collector = ops->name,
					  .measures = s->measures,
					  .by = o->by } };
	const char *sort = o->sort;

	if (o->by & dim_bit(DIM_SYSCALL))
		none.cfg.measures &= ops->by_call;
	if (o->columns)
		column_parse(o->columns, &report->columns, NULL);
	else if (all_columns(o))
		column_all(&report->columns);
	else
		column_defaults(o->by, none.cfg.measures, &report->columns);
	if (!sort)
		sort = default_sort(none.cfg.measures);
	report->sort = column_find(sort, strlen(sort));
	report->max_rows = o->max_rows;
	report->wall_clock = o->wall_clock;
	report->histograms = o->histogram;
	report->overhead_ns = o->overhead_ns;
	return column_check(&none, report->sort, why);
}

static struct collector_cfg collector_cfg(const struct setup *s,
					  const struct setup_with *with,
					  const struct collector_ops *ops)
{
	const struct options *o = with->options;
	const char *words;

	return (struct collector_cfg){
		.procfs = with->procfs,
		.pids = o->pids,
		.n_pids = o->n_pids,
		.follow = o->follow,
		.rate_hz = o->rate_hz,
		.launch = o->mode == MODE_LAUNCH ? with->launch : NULL,
		.calls = o->has_calls ? &o->calls : NULL,
		.all_calls = o->all_calls,
		.details = needs_details(o, &s->report.columns),
		.name = o->has_name ? &o->name : NULL,
		.cgroup = o->cgroup,
		.everyone = o->everyone,
		.smb = o->smb,
		.audit_enable = o->audit_enable,
		.by_error = o->by & dim_bit(DIM_ERRNO) ||
			    (with->shows && ops->modes & COLLECT_ERRORS),
		.outcome = o->outcome,
		.detail = o->by & DIMS_OF_DETAIL,
		.more_detail = with->shows && ops->modes & COLLECT_DETAIL ?
			       DIMS_OF_DETAIL & ~dim_bit(DIM_FD) : 0,
		.unwind = o->unwind,
		.profile_hz = o->profile_hz,
		.slowest = o->slowest,
		.probes = o->probes,
		.n_probes = o->n_probes,
		.histograms = choose_needs(o, &words) & COLLECT_HISTOGRAMS ||
			      o->reporter == &report_json ||
			      all_columns(o) ||
			      o->reporter == &report_openmetrics ||
			      (with->shows && ops->modes & COLLECT_HISTOGRAMS),
	};
}

int setup_try(struct setup *s, const struct setup_with *with,
	      const struct collector_ops *ops, struct why *why)
{
	const struct options *o = with->options;
	struct collector_cfg cfg;
	int err;

	*s = (struct setup){ .collector = NULL };
	err = ops->probe(with->procfs, &s->measures, why);
	if (err)
		return err;
	if (!o->smb)
		s->measures &= ~MEASURES_OF_SMB;
	if (plan_report(s, o, ops, why) || check_calls(o, ops, why))
		return -EINVAL;
	cfg = collector_cfg(s, with, ops);
	if (!cfg.details)
		s->measures &= ~ops->in_detail;
	return ops->open(&s->collector, &cfg, with->sink, why);
}
