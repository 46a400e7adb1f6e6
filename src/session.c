/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "acct/ledger.h"
#include "base/clock.h"
#include "base/outfile.h"
#include "base/procfs.h"
#include "base/text.h"
#include "collect/registry.h"
#include "signals.h"
#include "target.h"

struct session {
	const struct options *options;
	struct procfs procfs;
	struct ledger ledger;
	struct sink sink;
	struct collector *collector;
	struct outfile *out;
	struct report_cfg report;
	unsigned measures;
	struct signals signals;
	struct launch_cfg launch;
	char *path;		/* of the command */
	struct target_child child;
	bool interrupted;	/* the command was told to end */
	size_t told_notes;
	int status;		/* to exit with */
	int64_t began_ns, last_report_ns, last_cpu_ns;
	uint64_t reports;
	char command[256];	/* the target, for reports */
};

/* Rows or columns need more of single threads than their clocks. */
static bool needs_details(const struct options *o,
			  const struct column_list *columns)
{
	unsigned per_thread = measure_bit(MEASURE_VCSW) |
			      measure_bit(MEASURE_ICSW);

	if (o->by & dim_bit(DIM_THREAD))
		return true;
	for (int i = 0; i < columns->n; i++)
		if (columns->columns[i]->needs & per_thread)
			return true;
	return false;
}

static bool launches(const struct options *o)
{
	return o->mode == MODE_LAUNCH;
}

/* The first one that is built in and can do it. */
static const struct collector_ops *choose(const struct options *o,
					  struct why *why)
{
	unsigned mode = launches(o) ? COLLECT_LAUNCH : COLLECT_ATTACH;
	const char *missing = NULL;

	for (int i = 0; collector_registry[i]; i++) {
		const struct collector_ops *ops = collector_registry[i];

		if (o->collector && strcmp(o->collector, ops->name))
			continue;
		if (ops->modes & mode && !ops->missing)
			return ops;
		missing = ops->missing ? ops->missing : missing;
	}
	if (launches(o))
		why_set(why, EINVAL, "%s; start the command, then attach "
			"with -p", missing ? missing :
			"this collector cannot launch a command");
	else
		why_set(why, EINVAL, "the %s collector can only account for "
			"a command that it launches; leave out --collector",
			o->collector);
	return NULL;
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

static int plan_report(struct session *s, const struct collector_ops *ops,
		       struct why *why)
{
	const struct options *o = s->options;
	struct report_cfg *report = &s->report;
	struct snapshot none = { .cfg = { .collector = ops->name,
					  .measures = s->measures,
					  .by = o->by } };

	const char *sort = o->sort;

	if (o->by & dim_bit(DIM_SYSCALL))
		none.cfg.measures &= ops->by_call;
	if (o->columns)
		column_parse(o->columns, &report->columns, NULL);
	else
		column_defaults(o->by, none.cfg.measures, &report->columns);
	if (!sort)
		sort = none.cfg.measures & measure_bit(MEASURE_WALL) ?
		       "wall" : "blocked";
	report->sort = column_find(sort, strlen(sort));
	report->max_rows = o->max_rows;
	report->wall_clock = o->wall_clock;
	report->command = s->command;
	if (launches(o))
		target_words(s->command, sizeof(s->command), o->command);
	for (size_t i = 0, n = 0; i < o->n_pids && n < sizeof(s->command);
	     i++)
		n += (size_t)snprintf(s->command + n, sizeof(s->command) - n,
				      "%s%d", i ? "," : "-p ", o->pids[i]);
	return column_check(&none, report->sort, why);
}

static int find_command(struct session *s, struct why *why)
{
	const struct options *o = s->options;
	int err = launch_find(&s->path, *o->command, why);

	if (err)
		s->status = err == -EACCES ? EXIT_NOT_RUN :
			    err == -ENOMEM ? EXIT_OURS : EXIT_NOT_FOUND;
	s->launch = (struct launch_cfg){
		.argv = o->command,
		.path = s->path,
		.mask = &s->signals.old_mask,
		.size_signal = o->size_signal,
		.own_argv = o->argv,
	};
	return err;
}

static int check_targets(struct session *s, struct why *why)
{
	const struct options *o = s->options;
	int err = 0;

	if (launches(o))
		return find_command(s, why);
	for (size_t i = 0; !err && i < o->n_pids; i++)
		err = target_check(&s->procfs, o->pids[i], why);
	return err;
}

/* Reports of a command go where strace's do. */
static const char *output_of(const struct options *o)
{
	return o->output || !launches(o) ? o->output : "/dev/stderr";
}

static int open_collector(struct session *s, struct why *why)
{
	const struct options *o = s->options;
	const struct collector_ops *ops = choose(o, why);
	struct collector_cfg cfg = {
		.procfs = &s->procfs,
		.pids = o->pids,
		.n_pids = o->n_pids,
		.follow = o->follow,
		.rate_hz = o->rate_hz,
		.launch = launches(o) ? &s->launch : NULL,
		.calls = o->has_calls ? &o->calls : NULL,
		.all_calls = o->all_calls,
	};
	int err = ops ? ops->probe(&s->procfs, &s->measures, why) : -EINVAL;

	if (!err)
		err = plan_report(s, ops, why);
	if (!err)
		err = check_calls(o, ops, why);
	if (err) {
		s->status = err == -EINVAL ? EXIT_USAGE : EXIT_OURS;
		return err;
	}
	err = check_targets(s, why);
	cfg.details = needs_details(o, &s->report.columns);
	if (!cfg.details)
		s->measures &= ~(measure_bit(MEASURE_VCSW) |
				 measure_bit(MEASURE_ICSW));
	if (!err)
		err = outfile_open(&s->out, output_of(o), why);
	if (!err)
		err = ops->open(&s->collector, &cfg, &s->sink, why);
	/* A choice that the collector cannot follow. */
	if (err == -EINVAL)
		s->status = EXIT_USAGE;
	return err;
}

/* Own and helpers' CPU time. */
static int64_t cost_ns(const struct session *s)
{
	const struct collector_ops *ops = s->collector->ops;

	return clock_own_cpu_ns() + (ops->helpers_cpu_ns ?
				     ops->helpers_cpu_ns(s->collector) : 0);
}

static int take_report(struct session *s, struct snapshot **ret,
		       struct why *why)
{
	const struct collector_ops *ops = s->collector->ops;
	int64_t now_ns = clock_mono_ns(), cpu_ns;
	int err = ops->tick ? ops->tick(s->collector, now_ns, why) : 0;
	struct snapshot_cfg cfg = {
		.collector = ops->name,
		.measures = s->measures,
		.estimated = ops->estimated,
		.by_call = ops->by_call,
		.by = s->options->by,
	};

	if (err)
		return err;
	now_ns = clock_mono_ns();
	cpu_ns = cost_ns(s);
	cfg.end_ns = clock_wall_ns();
	cfg.interval_ns = now_ns - s->last_report_ns;
	cfg.own_cpu_ns = cpu_ns - s->last_cpu_ns;
	err = snapshot_take(ret, &s->ledger, &cfg, why);
	s->last_report_ns = now_ns;
	s->last_cpu_ns = cpu_ns;
	ledger_next(&s->ledger);
	s->reports++;
	return err;
}

static int report(struct session *s, struct why *why)
{
	struct snapshot *snap = NULL;
	bool again = s->reports > 0;
	char *text = NULL;
	size_t len = 0;
	FILE *memory;
	int err = take_report(s, &snap, why);

	if (err)
		return err;
	memory = open_memstream(&text, &len);
	if (!memory) {
		snapshot_free(snap);
		return why_set(why, errno, "out of memory for the report");
	}
	if (again && s->options->reporter == &report_text)
		putc('\n', memory);
	err = s->options->reporter->print(memory, snap, &s->report, why);
	if (fclose(memory) && !err)
		err = why_set(why, ENOMEM, "out of memory for the report");
	if (!err)
		err = outfile_write(s->out, text, len, why);
	free(text);
	snapshot_free(snap);
	return err;
}

/* The moment of the next report, or of the end. */
static int64_t next_deadline(const struct session *s, bool *last)
{
	const struct options *o = s->options;
	int64_t end = o->seconds_ns ? s->began_ns + o->seconds_ns : INT64_MAX;
	int64_t next = INT64_MAX;

	/* The next multiple of the delay: what was missed, while we were
	 * stopped, is in one long interval. */
	if (o->delay_ns)
		next = s->began_ns + o->delay_ns *
		       ((s->last_report_ns - s->began_ns) / o->delay_ns + 1);
	*last = end <= next || (o->count && s->reports + 1 >= o->count);
	return end < next ? end : next;
}

static int timeout_ms(int64_t deadline_ns)
{
	int64_t left = deadline_ns - clock_mono_ns();

	if (deadline_ns == INT64_MAX)
		return -1;
	if (left <= 0)
		return 0;
	left = (left + NS_PER_MS - 1) / NS_PER_MS;
	return left > 3600000 ? 3600000 : (int)left;
}

static void say(const struct session *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(const struct session *s, const char *fmt, ...)
{
	va_list ap;

	if (s->options->quiet)
		return;
	fputs("smbsysacct: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	putc('\n', stderr);
}

/* The command's end, with what the kernel says that it used. */
static void reap(struct session *s, bool wait)
{
	const struct collector_ops *ops = s->collector->ops;
	bool before = s->child.ended;

	target_reap(&s->child, wait);
	if (!before && s->child.ended && ops->reaped)
		ops->reaped(s->collector, &s->child.usage);
}

/* Whether the command has ended, and nothing that it started goes on. */
static bool child_ended(struct session *s)
{
	struct signalfd_siginfo info;
	bool before = s->child.ended;

	if (read(s->signals.child_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	reap(s, false);
	if (s->collector->ops->drain(s->collector, NULL) == 1)
		return true;
	if (before || !s->child.ended)
		return false;
	say(s, "%s has ended, and processes that it started go on; Ctrl-C "
	    "ends and reports", *s->options->command);
	return false;
}

/*
 * Whether the user wants the end. A launched command comes first: it is
 * told, unless its terminal told it already, and a second time says that it
 * would not.
 */
static bool signalled(struct session *s)
{
	struct signalfd_siginfo info;

	if (read(s->signals.end_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGINT || !s->child.pid || s->child.ended ||
	    s->interrupted)
		return true;
	s->interrupted = true;
	if (info.ssi_code != SI_KERNEL)
		kill(s->child.pid, SIGINT);
	return false;
}

/* Warnings are said as they come; a report has them all. */
static void say_warnings(struct session *s)
{
	static const char warning[] = "warning: ";
	char safe[512];

	for (; s->told_notes < s->ledger.n_notes; s->told_notes++) {
		const char *note = s->ledger.notes[s->told_notes];

		if (!strncmp(note, warning, sizeof(warning) - 1))
			say(s, "%s", text_untrusted(safe, sizeof(safe),
						    note));
	}
}

static int loop(struct session *s, struct why *why)
{
	const struct collector_ops *ops = s->collector->ops;
	struct pollfd fds[] = {
		{ .fd = s->signals.end_fd, .events = POLLIN },
		{ .fd = ops->fd ? ops->fd(s->collector) : -1,
		  .events = POLLIN },
		{ .fd = s->signals.child_fd, .events = POLLIN },
	};
	bool done = false, last;

	while (!done) {
		int64_t deadline = next_deadline(s, &last);
		int err = 0;

		if (poll(fds, 3, timeout_ms(deadline)) < 0 && errno != EINTR)
			return why_set(why, errno, "poll: %s",
				       strerror(errno));
		done = fds[0].revents && signalled(s);
		if (!done && fds[2].revents)
			done = child_ended(s);
		if (!done && fds[1].revents)
			err = ops->drain(s->collector, why);
		if (err < 0)
			return err;
		done |= err > 0;
		say_warnings(s);
		if (!done && clock_mono_ns() >= deadline) {
			done = last;
			if (!last)
				err = report(s, why);
			if (err < 0)
				return err;
		}
	}
	return 0;
}

/* The last report, and the status of the command if it has ended. */
static int finish(struct session *s, struct why *why)
{
	const struct collector_ops *ops = s->collector->ops;
	const struct command *command = ops->command ?
					ops->command(s->collector) : NULL;
	bool over = false;
	int err;

	if (ops->release)
		ops->release(s->collector);
	if (command) {
		over = ops->drain(s->collector, why) == 1;
		reap(s, over);
		err = target_fate(command->fate, s->path, &s->status, why);
		if (err)
			return err;
	}
	err = report(s, why);
	if (!err && s->child.ended)
		s->status = s->child.status;
	if (command && !over)
		say(s, "detached: what %s started goes on, and its calls are "
		    "still answered, by notify-keeper, until it ends",
		    *s->options->command);
	return err;
}

static void say_attached(const struct session *s)
{
	const struct gauges *now = &s->ledger.gauges;

	say(s, "attached to %llu process%s, %llu thread%s; Ctrl-C ends and "
	    "reports", (unsigned long long)now->processes,
	    now->processes == 1 ? "" : "es",
	    (unsigned long long)now->threads, now->threads == 1 ? "" : "s");
}

static void say_launched(const struct session *s,
			 const struct command *command)
{
	if (command->no_new_privs)
		say(s, "setuid programs that %s starts will not gain "
		    "privileges: without being root, seccomp is to be had "
		    "with no_new_privs only", *s->options->command);
	if (s->options->all_calls)
		say(s, "-A: any call can fail with EINTR where a signal's "
		    "handler lacks SA_RESTART; leave -A out where that "
		    "matters");
}

static int start(struct session *s, struct why *why)
{
	const struct collector_ops *ops = s->collector->ops;
	const struct command *command;
	int err;

	s->launch.child_signal_ignored = s->signals.child_ignored;
	s->began_ns = s->last_report_ns = clock_mono_ns();
	err = ops->start(s->collector, why);
	command = ops->command ? ops->command(s->collector) : NULL;
	if (command)
		s->child.pid = command->pid;
	if (err)
		return err;
	if (command)
		say_launched(s, command);
	else
		say_attached(s);
	return 0;
}

/* An error of ours is none of the command's. */
static void explain_rest(const struct session *s, struct why *why)
{
	char text[sizeof(why->text)];

	snprintf(text, sizeof(text), "%s", why->text);
	why_set(why, why->err, "%.300s; %s goes on, and is not accounted any "
		"more", text, *s->options->command);
}

static int run(struct session *s, struct why *why)
{
	int err;

	ledger_init(&s->ledger, LEDGER_MAX_RECORDS);
	s->sink = ledger_sink(&s->ledger);
	err = procfs_init(&s->procfs, "/proc", why);
	if (!err)
		err = open_collector(s, why);
	if (!err)
		err = signals_catch(&s->signals, launches(s->options), why);
	if (!err)
		outfile_give_up_on(s->out, s->signals.end_fd);
	if (!err)
		err = start(s, why);
	if (!err)
		err = loop(s, why);
	if (!err)
		err = finish(s, why);
	if (err && s->child.pid && !s->child.ended && !s->status)
		explain_rest(s, why);
	return err;
}

int session_run(const struct options *options, struct outcome *outcome,
		struct why *why)
{
	struct session s = { .options = options,
			     .signals = SIGNALS_NONE,
			     .procfs = { .root = -1 } };
	int err = run(&s, why);

	if (s.collector)
		s.collector->ops->close(s.collector);
	outfile_close(s.out);
	ledger_done(&s.ledger);
	procfs_done(&s.procfs);
	free(s.path);
	signals_done(&s.signals);
	*outcome = (struct outcome){ s.status, s.child.signal };
	if (err && !outcome->status)
		outcome->status = EXIT_OURS;
	return err;
}
