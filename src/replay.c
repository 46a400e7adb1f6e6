/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "choose.h"
#include "printed.h"
#include "replay_parts.h"

/* --- what the record has ---------------------------------------------------- */

static int lacks(struct why *why, const char *what, const char *option)
{
	return why_set(why, EINVAL, "the record has no %s: it was made without "
		       "%s", what, option);
}

static int check_detail(const struct options *o,
			const struct record_head *head, struct why *why)
{
	unsigned missing = o->by & DIMS_OF_DETAIL & ~head->detail;

	for (int i = 0; i < DIM_COUNT; i++)
		if (missing >> i & 1)
			return why_set(why, EINVAL, "the record does not know "
				       "the %s of calls: it was made without "
				       "--by=%s", dim_table[i].name,
				       dim_table[i].name);
	return 0;
}

/* One table of calls, of a record that has others, too. */
static bool wants_one_table(const struct options *o)
{
	return o->reporter == &report_summary ||
	       (!o->has_by && (o->sort || o->columns));
}

/* Where nothing else is asked for, reports are as they were. */
static int adopt(struct options *o, const struct record_head *head,
		 struct why *why)
{
	unsigned by = dim_table[DIM_SYSCALL].implies;

	if (o->smb && !head->smb)
		return lacks(why, "SMB2 requests", "--smb");
	if (o->slowest && !head->slowest)
		return lacks(why, "single calls", "--slowest");
	if (o->slowest > head->slowest)
		return why_set(why, EINVAL, "--slowest: the record has the %zu "
			       "slowest of each interval, not more",
			       head->slowest);
	o->smb = head->smb && !wants_one_table(o);
	if (!o->has_by && o->reporter != &report_summary &&
	    (o->smb || !head->smb)) {
		o->by = head->by;
		o->has_by = head->has_by;
	} else if (!o->has_by) {
		o->by = by;
	}
	if (!o->slowest && o->reporter != &report_summary)
		o->slowest = head->slowest;
	return check_detail(o, head, why);
}

static int check_abilities(const struct replay *r, struct why *why)
{
	const char *words;

	if (choose_can(&r->options, &r->ops, NULL))
		return 0;
	choose_needs(&r->options, &words);
	return why_set(why, EINVAL, "the record has nothing for %s: its "
		       "collector, %s, does not measure that",
		       words ? words : "this", r->ops.name);
}

static int prepare(struct replay *r, struct why *why)
{
	const struct setup_with with = {
		.options = &r->options,
		.procfs = &r->procfs,
		.sink = &r->sink,
		.record = r->record,
	};
	int err = adopt(&r->options, r->head, why);

	if (!err)
		err = options_complete(&r->options, why);
	/* What a picture of stacks has, it can take from the record alone. */
	if (!err)
		err = check_detail(&r->options, r->head, why);
	if (!err)
		err = check_abilities(r, why);
	if (err)
		return err;
	err = setup_try(&r->setup, &with, &r->ops, why);
	if (r->options.by & dim_bit(DIM_THREAD) && !r->head->threads)
		sink_note(&r->sink, "the record was made without -H: calls may "
			  "be with their process in place of their thread");
	r->setup.report.command = r->head->target;
	r->setup.report.record = &r->origin;
	return err;
}

static int nothing_whole(const struct replay *r, struct why *why)
{
	return why_set(why, ENODATA, "%s: no interval of it is whole: there is "
		       "nothing to report", r->options.replay);
}

/* --- reports ---------------------------------------------------------------- */

struct snapshot_cfg replay_cfg(const struct replay *r,
			       const struct replay_span *span)
{
	const struct options *o = &r->options;

	return (struct snapshot_cfg){
		.collector = r->ops.name,
		.measures = r->setup.measures,
		.estimated = r->ops.estimated,
		.by_call = r->ops.by_call,
		.by = o->by,
		.end_ns = span->last.end_ns,
		.interval_ns = span->interval_ns,
		.own_cpu_ns = span->own_cpu_ns,
		.start_cpu_ns = r->head->start_cpu_ns,
		.call_cost_ns = span->last.call_cost_ns,
		.smb = o->smb && !o->has_by,
		.slowest = o->slowest,
		.all_calls = r->head->all_calls,
		.left_out = !r->head->some_calls,
		.functions = r->head->functions,
		.end_mono_ns = span->last.end_mono_ns,
	};
}

int replay_next(struct replay *r, int64_t to_ns, struct replay_span *span,
		struct why *why)
{
	size_t n = record_count(r->record);
	int err = replay_feed(r->setup.collector, to_ns, span, why);
	const char *fault = record_fault(r->record);

	/* Where it ends sooner than was known, that is the end. */
	if (err || !fault || r->told_fault ||
	    (record_position(r->record) < record_count(r->record) &&
	     record_count(r->record) == n))
		return err;
	r->told_fault = true;
	sink_note(&r->sink, fault);
	tell(&r->tell, "%s", fault);
	return 0;
}

/* "record of host, Linux 6.1.0, ..." */
static void say_origin(const struct replay *r, char *buf, size_t size)
{
	const struct record_head *head = r->head;
	char host[80], kernel[80], version[40], line[600], when[40];
	time_t began = (time_t)(head->began_ns / NS_PER_SEC);
	struct tm tm;

	*when = '\0';
	if (gmtime_r(&began, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	snprintf(buf, size, "record of %s, Linux %s, begun %s by smbsysacct "
		 "%s: %s\n",
		 text_untrusted(host, sizeof(host), head->host),
		 text_untrusted(kernel, sizeof(kernel), head->kernel), when,
		 text_untrusted(version, sizeof(version), head->version),
		 text_untrusted(line, sizeof(line), head->command_line));
}

static int report(struct replay *r, const struct ledger *ledger,
		  const struct replay_span *span, struct why *why)
{
	const struct options *o = &r->options;
	bool text = o->reporter == &report_text ||
		    o->reporter == &report_summary;
	struct snapshot_cfg cfg = replay_cfg(r, span);
	struct snapshot *snap = NULL;
	char before[1024] = "";
	int err = snapshot_take(&snap, ledger, &cfg, why);

	if (!err && r->take) {
		r->reports++;
		return r->take(r->arg, snap, r->head->target, why);
	}
	if (!err)
		judged_take(&r->judged, &o->budget, snap, NULL);
	if (text && !r->reports)
		say_origin(r, before, sizeof(before));
	r->setup.report.again = r->reports > 0;
	if (!err)
		err = printed(r->out, o->reporter, snap, &r->setup.report,
			      before, why);
	snapshot_free(snap);
	r->reports++;
	return err;
}

/* Where the interval ends that begins at @at_ns. */
static int64_t next_end(const struct options *o, int64_t at_ns)
{
	int64_t end = o->seconds_ns ? o->seconds_ns : INT64_MAX;
	int64_t next = o->delay_ns ?
		       o->delay_ns * (at_ns / o->delay_ns + 1) : INT64_MAX;

	return end < next ? end : next;
}

static int run_reports(struct replay *r, struct why *why)
{
	const struct options *o = &r->options;
	int64_t at_ns = 0;
	int err = 0;

	while (!err && record_position(r->record) < record_count(r->record) &&
	       (!o->count || r->reports < o->count) &&
	       (!o->seconds_ns || at_ns < o->seconds_ns)) {
		struct replay_span span = { .blocks = 0 };

		err = replay_next(r, next_end(o, at_ns), &span, why);
		if (err || !span.interval_ns)
			continue;
		at_ns += span.interval_ns;
		err = report(r, eras_last(&r->eras), &span, why);
		eras_turn(&r->eras);
		eras_read(&r->eras);
	}
	if (!err && !r->reports)
		err = nothing_whole(r, why);
	return err;
}

/* --- beginning and end ------------------------------------------------------- */

static int open_record(struct replay *r, struct why *why)
{
	const char *path = r->options.replay;
	int err = record_open(&r->record, path, why);

	if (err)
		return err;
	if (!record_count(r->record))
		return nothing_whole(r, why);
	r->head = record_head(r->record);
	r->ops = replay_ops(r->record);
	r->origin = (struct report_origin){
		.host = r->head->host,
		.kernel = r->head->kernel,
		.version = r->head->version,
		.command_line = r->head->command_line,
		.began_ns = r->head->began_ns,
	};
	return 0;
}

static int run(struct replay *r, int *status, struct why *why)
{
	int shows = show_wanted(&r->options, why);
	int err = shows < 0 ? shows : open_record(r, why);

	if (err)
		return err;
	eras_init(&r->eras, shows, LEDGER_MAX_RECORDS);
	if (r->options.reporter == &report_openmetrics)
		eras_merge_threads(&r->eras);
	r->sink = eras_sink(&r->eras);
	err = procfs_init(&r->procfs, "/proc", why);
	if (!err)
		err = outfile_open(&r->out, r->options.output, why);
	if (err)
		return err;
	err = prepare(r, why);
	if (err == -EINVAL)
		*status = EXIT_USAGE;
	if (err || !shows)
		return err ? err : run_reports(r, why);
	err = replay_show(r, why);
	return err || !r->all.interval_ns ? err :
	       report(r, &r->eras.all, &r->all, why);
}

static void clean_up(struct replay *r)
{
	if (r->setup.collector)
		r->ops.close(r->setup.collector);
	judged_done(&r->judged);
	outfile_close(r->out);
	eras_done(&r->eras);
	procfs_done(&r->procfs);
	record_close(r->record);
}

int replay_run(const struct options *options, int *status, struct why *why)
{
	struct replay r = { .options = *options, .procfs = { .root = -1 } };
	int err;

	r.tell.options = &r.options;
	*status = EXIT_OURS;
	err = run(&r, status, why);
	if (!err)
		*status = judged_say(&r.judged);
	clean_up(&r);
	return err;
}

int replay_each(const struct options *options, const char *path, size_t most,
		replay_take take, void *arg, struct why *why)
{
	struct replay r = {
		.options = *options,
		.procfs = { .root = -1 },
		.take = take,
		.arg = arg,
	};
	int err, status;
	size_t n;

	/* Each block by itself, unless these are too many. */
	r.options.mode = MODE_REPLAY;
	r.options.replay = path;
	r.options.reporter = &report_json;
	r.options.batch = true;
	r.options.delay_ns = 1;
	r.options.output = NULL;
	r.options.budget = (struct budget){ 0 };
	r.options.diff[0] = r.options.diff[1] = NULL;
	r.tell.options = &r.options;
	err = record_open(&r.record, path, why);
	n = err ? 0 : record_count(r.record);
	if (n > most)
		r.options.delay_ns += record_end_ns(r.record, n - 1) /
				      (int64_t)most;
	record_close(r.record);
	r.record = NULL;
	if (!err)
		err = run(&r, &status, why);
	clean_up(&r);
	return err;
}
