/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "acct/ledger.h"
#include "base/clock.h"
#include "base/outfile.h"
#include "base/procfs.h"
#include "collect/registry.h"
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
	int signal_fd;
	sigset_t old_mask;
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

static const struct collector_ops *choose(const struct options *o)
{
	if (o->collector)
		return registry_find(o->collector);
	for (int i = 0; collector_registry[i]; i++)
		if (!collector_registry[i]->missing)
			return collector_registry[i];
	return NULL;
}

static int plan_report(struct session *s, const struct collector_ops *ops,
		       struct why *why)
{
	const struct options *o = s->options;
	struct report_cfg *report = &s->report;
	struct snapshot none = { .cfg = { .collector = ops->name,
					  .measures = s->measures,
					  .by = o->by } };

	if (o->by & dim_bit(DIM_SYSCALL))
		none.cfg.measures &= ops->by_call;

	if (o->columns)
		column_parse(o->columns, &report->columns, NULL);
	else
		column_defaults(o->by, &report->columns);
	report->sort = column_find(o->sort, strlen(o->sort));
	report->max_rows = o->max_rows;
	report->command = s->command;
	for (size_t i = 0, n = 0; i < o->n_pids && n < sizeof(s->command);
	     i++)
		n += (size_t)snprintf(s->command + n, sizeof(s->command) - n,
				      "%s%d", i ? "," : "-p ", o->pids[i]);
	return column_check(&none, report->sort, why);
}

static int catch_signals(struct session *s, struct why *why)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	sigset_t mask;

	/* What was ignored at our start stays so: nohup means it. */
	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		if (!sigaction(ending[i], NULL, &action) &&
		    action.sa_handler != SIG_IGN)
			sigaddset(&mask, ending[i]);
	sigprocmask(SIG_BLOCK, &mask, &s->old_mask);
	s->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return why_set(why, errno, "cannot catch signals: %s",
			       strerror(errno));
	return 0;
}

static int open_collector(struct session *s, struct why *why)
{
	const struct options *o = s->options;
	const struct collector_ops *ops = choose(o);
	struct collector_cfg cfg = {
		.procfs = &s->procfs,
		.pids = o->pids,
		.n_pids = o->n_pids,
		.follow = o->follow,
		.rate_hz = o->rate_hz,
	};
	int err = ops->probe(&s->procfs, &s->measures, why);

	if (!err)
		err = plan_report(s, ops, why);
	for (size_t i = 0; !err && i < o->n_pids; i++)
		err = target_check(&s->procfs, o->pids[i], why);
	cfg.details = needs_details(o, &s->report.columns);
	if (!cfg.details)
		s->measures &= ~(measure_bit(MEASURE_VCSW) |
				 measure_bit(MEASURE_ICSW));
	if (!err)
		err = outfile_open(&s->out, o->output, why);
	if (!err)
		err = ops->open(&s->collector, &cfg, &s->sink, why);
	return err;
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
		.by = s->options->by,
	};

	if (err)
		return err;
	now_ns = clock_mono_ns();
	cpu_ns = clock_own_cpu_ns();
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

/* 1: the user wants the end. */
static int signalled(const struct session *s)
{
	struct signalfd_siginfo info;

	return read(s->signal_fd, &info, sizeof(info)) == sizeof(info);
}

static int loop(struct session *s, struct why *why)
{
	const struct collector_ops *ops = s->collector->ops;
	struct pollfd fds[] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = ops->fd ? ops->fd(s->collector) : -1,
		  .events = POLLIN },
	};
	bool done = false, last;

	while (!done) {
		int64_t deadline = next_deadline(s, &last);
		int err = 0;

		if (poll(fds, 2, timeout_ms(deadline)) < 0 && errno != EINTR)
			return why_set(why, errno, "poll: %s",
				       strerror(errno));
		done = fds[0].revents && signalled(s);
		if (!done && fds[1].revents)
			err = ops->drain(s->collector, why);
		if (err < 0)
			return err;
		done |= err > 0;
		if (!done && clock_mono_ns() >= deadline) {
			done = last;
			if (!last)
				err = report(s, why);
			if (err < 0)
				return err;
		}
	}
	return report(s, why);
}

static void say_attached(const struct session *s)
{
	const struct gauges *now = &s->ledger.gauges;

	if (s->options->quiet)
		return;
	fprintf(stderr, "smbsysacct: attached to %llu process%s, %llu "
		"thread%s; Ctrl-C ends and reports\n",
		(unsigned long long)now->processes,
		now->processes == 1 ? "" : "es",
		(unsigned long long)now->threads,
		now->threads == 1 ? "" : "s");
}

static int start(struct session *s, struct why *why)
{
	int err;

	s->began_ns = s->last_report_ns = clock_mono_ns();
	err = s->collector->ops->start(s->collector, why);
	if (!err)
		say_attached(s);
	return err;
}

int session_run(const struct options *options, struct why *why)
{
	struct session s = { .options = options, .signal_fd = -1,
			     .procfs = { .root = -1 } };
	int err;

	ledger_init(&s.ledger, LEDGER_MAX_RECORDS);
	s.sink = ledger_sink(&s.ledger);
	err = procfs_init(&s.procfs, "/proc", why);
	if (!err)
		err = open_collector(&s, why);
	if (!err)
		err = catch_signals(&s, why);
	if (!err)
		outfile_give_up_on(s.out, s.signal_fd);
	if (!err)
		err = start(&s, why);
	if (!err)
		err = loop(&s, why);
	if (s.collector)
		s.collector->ops->close(s.collector);
	outfile_close(s.out);
	ledger_done(&s.ledger);
	procfs_done(&s.procfs);
	if (s.signal_fd >= 0) {
		close(s.signal_fd);
		sigprocmask(SIG_SETMASK, &s.old_mask, NULL);
	}
	return err;
}
