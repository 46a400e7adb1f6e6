/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "choose.h"
#include "compare/tracecost.h"
#include "session_parts.h"

/* So long a report waits for what smbstatus says. */
#define NAMES_MS 2000

static bool launches(const struct options *o)
{
	return o->mode == MODE_LAUNCH;
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
		.redirects = s->output.fd >= 0,
		.input_fd = s->nothing_fd,
		.output_fd = s->output.fd,
	};
	return err;
}

static int check_targets(struct session *s, struct why *why)
{
	const struct options *o = s->options;
	int err = launches(o) ? find_command(s, why) : 0;

	return err ? err : target_check_all(&s->procfs, o, why);
}

/* Reports of a command go where strace's do. */
static const char *output_of(const struct options *o)
{
	return o->output || !launches(o) ? o->output : "/dev/stderr";
}

int64_t session_cost_ns(const struct session *s)
{
	const struct collector_ops *ops = s->collector->ops;

	return clock_own_cpu_ns() + names_cpu_ns(s->names) +
	       (ops->helpers_cpu_ns ? ops->helpers_cpu_ns(s->collector) : 0);
}

int session_end_interval(struct session *s, struct snapshot_cfg *interval,
			 struct snapshot_cfg *all, struct why *why)
{
	const struct collector_ops *ops = s->collector->ops;
	int64_t now_ns = clock_mono_ns(), cpu_ns;
	int err = ops->tick ? ops->tick(s->collector, now_ns, why) : 0;
	struct snapshot_cfg cfg = {
		.collector = ops->name,
		.measures = s->setup.measures,
		.estimated = ops->estimated,
		.by_call = ops->by_call,
		.by = s->options->by,
		.smb = s->options->smb && (!s->options->has_by ||
			s->options->reporter == &report_openmetrics),
		.slowest = s->options->slowest,
		.left_out = !s->options->has_calls,
		.functions = s->options->n_probes,
	};

	if (err)
		return err;
	now_ns = clock_mono_ns();
	cpu_ns = session_cost_ns(s);
	cfg.end_ns = clock_wall_ns();
	cfg.end_mono_ns = now_ns;
	cfg.interval_ns = now_ns - s->last_report_ns;
	cfg.own_cpu_ns = cpu_ns - s->last_cpu_ns;
	cfg.start_cpu_ns = s->start_cpu_ns;
	cfg.call_cost_ns = ops->call_cost_ns ?
			   ops->call_cost_ns(s->collector) : -1;
	*interval = *all = cfg;
	all->interval_ns = now_ns - s->began_ns;
	all->own_cpu_ns = cpu_ns - s->began_cpu_ns;
	s->last_report_ns = now_ns;
	s->last_cpu_ns = cpu_ns;
	eras_turn(&s->eras);
	s->reports++;
	return 0;
}

/* The report after a dashboard is of all that it has shown. */
static int take_report(struct session *s, struct snapshot **ret,
		       struct why *why)
{
	struct snapshot_cfg interval;
	int err = s->lingers ? 0 : session_end_interval(s, &interval,
							&s->all, why);

	if (err)
		return err;
	names_wait(s->names, NAMES_MS);
	err = snapshot_take(ret, s->shows ? &s->eras.all :
			    eras_last(&s->eras),
			    s->shows ? &s->all : &interval, why);
	eras_read(&s->eras);
	return err;
}

static int report(struct session *s, struct why *why)
{
	struct snapshot *snap = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *memory;
	int err;

	s->setup.report.again = s->reports > 0 && !s->shows;
	err = take_report(s, &snap, why);
	if (err)
		return err;
	memory = open_memstream(&text, &len);
	if (!memory) {
		snapshot_free(snap);
		return why_set(why, errno, "out of memory for the report");
	}
	err = s->options->reporter->print(memory, snap, &s->setup.report, why);
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
	if (s->show)
		next = show_due_ns(s->show);
	else if (s->listener)
		next = s->last_report_ns + o->listen_ns;
	else if (o->delay_ns)
		next = s->began_ns + o->delay_ns *
		       ((s->last_report_ns - s->began_ns) / o->delay_ns + 1);
	*last = end <= next || (o->count && s->reports + 1 >= o->count);
	return end < next ? end : next;
}

static int timeout_ms(const struct session *s, int64_t deadline_ns)
{
	int64_t left = deadline_ns - clock_mono_ns();
	int most = listener_timeout_ms(s->listener);

	if (most >= 0 && left > most * NS_PER_MS)
		return most;
	if (deadline_ns == INT64_MAX)
		return -1;
	if (left <= 0)
		return 0;
	left = (left + NS_PER_MS - 1) / NS_PER_MS;
	return left > 3600000 ? 3600000 : (int)left;
}

void session_fds(const struct session *s, struct pollfd *fds)
{
	const struct collector_ops *ops = s->collector->ops;

	for (int i = 0; i < N_FDS; i++)
		fds[i] = (struct pollfd){ -1, POLLIN, 0 };
	fds[FD_END].fd = s->signals.end_fd;
	fds[FD_COLLECTOR].fd = ops->fd ? ops->fd(s->collector) : -1;
	fds[FD_CHILD].fd = s->signals.child_fd;
	fds[FD_REPORT].fd = s->signals.report_fd;
	fds[FD_SHARE].fd = share_fd(&s->share);
	fds[FD_NAMES].fd = names_fd(s->names);
	fds[FD_LISTEN].fd = listener_fd(s->listener);
	if (s->show)
		show_poll(s->show, fds + FD_SHOW);
}

/* 1: it is over; 0, or -errno. */
static int handle(struct session *s, const struct pollfd *fds,
		  struct why *why)
{
	const struct collector_ops *ops = s->collector->ops;
	bool done = fds[FD_END].revents && session_signalled(s);
	int err = 0;

	s->ending |= done;
	if (!done && fds[FD_CHILD].revents)
		done = session_child_ended(s);
	if (!done && fds[FD_COLLECTOR].revents)
		err = ops->drain(s->collector, why);
	if (fds[FD_SHARE].revents)
		share_serve(&s->share);
	if (fds[FD_NAMES].revents)
		names_read(s->names);
	names_ask(s->names);
	if (s->listener && !err)
		err = session_listen_serve(s, why);
	tell_warnings(&s->tell, eras_last(&s->eras));
	return err < 0 ? err : done || err > 0;
}

void session_release(struct session *s)
{
	if (s->collector->ops->release && !s->released)
		s->collector->ops->release(s->collector);
	s->released = true;
}

static int turn(struct session *s, struct why *why)
{
	return s->show ? session_turn(s, why) :
	       s->listener ? session_listen_turn(s, why) : report(s, why);
}

static int loop(struct session *s, struct why *why)
{
	bool done = s->ending, last;

	while (!done) {
		int64_t deadline = next_deadline(s, &last);
		struct pollfd fds[N_FDS];
		unsigned wants = 0;
		bool now;
		int err;

		session_fds(s, fds);
		if (poll(fds, N_FDS, timeout_ms(s, deadline)) < 0 &&
		    errno != EINTR)
			return why_set(why, errno, "poll: %s",
				       strerror(errno));
		err = handle(s, fds, why);
		if (err < 0)
			return err;
		done = err;
		if (s->show)
			wants = session_serve_show(s, fds);
		if (wants & SHOW_QUIT)
			return 0;
		now = wants & SHOW_TURN ||
		      (fds[FD_REPORT].revents && session_asked(s));
		if (done || (!now && clock_mono_ns() < deadline))
			continue;
		done = last && !now;
		if (!done)
			err = turn(s, why);
		if (err < 0)
			return err;
	}
	return s->show && !s->ending ? session_linger(s, why) : 0;
}

/* The last report, and the status of the command if it has ended. */
static int finish(struct session *s, struct why *why)
{
	const struct collector_ops *ops = s->collector->ops;
	const struct command *command = ops->command ?
					ops->command(s->collector) : NULL;
	bool over = false;
	int err;

	/* The terminal is for the report from here on. */
	show_close(s->show);
	s->show = s->tell.show = NULL;
	session_release(s);
	if (command) {
		over = ops->drain(s->collector, why) == 1;
		session_reap(s, over);
		err = target_fate(command->fate, s->path, &s->status, why);
		if (err)
			return err;
	}
	err = s->listener ? session_listen_end(s, why) : report(s, why);
	if (!err && s->child.ended)
		s->status = s->child.status;
	if (command && !over)
		tell(&s->tell, "detached: what %s started goes on%s",
		    *s->options->command, ops->holds_up ? ", and its calls "
		    "are still answered, by notify-keeper, until it ends" :
		    "");
	return err;
}

/* It ended before it began: that is how it is to be told. */
static void end_early(struct session *s, const struct command *command,
		      struct why *why)
{
	s->child.ended = true;
	s->child.signal = command->signal;
	s->child.status = s->status = 128 + command->signal;
	why_set(why, EINTR, "%s was ended by signal %d before it began",
		*s->options->command, command->signal);
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
	if (err && command && command->signal)
		end_early(s, command, why);
	if (err)
		return err;
	if (command)
		session_pass_on(s);
	if (ops->offered)
		share_open(&s->share, s->collector, &s->procfs, NULL);
	s->start_cpu_ns = s->last_cpu_ns = s->began_cpu_ns = session_cost_ns(s);
	if (s->shows)
		return session_open_show(s, command, why);
	tell_refused(&s->tell, &s->refusals, ops);
	if (command)
		tell_launched(&s->tell, command, ops);
	else
		tell_attached(&s->tell, &eras_last(&s->eras)->gauges, ops);
	if (s->listener)
		return session_listen_begin(s, why);
	return 0;
}

/* A report has all of them. */
static void refuse(struct session *s, const struct collector_ops *ops,
		   const struct why *why)
{
	char text[sizeof(why->text) + 64];

	snprintf(text, sizeof(text), "%s was not used: %s", ops->name,
		 why->text);
	sink_note(&s->sink, text);
	refusals_add(&s->refusals, ops, why);
}

static void refuse_passed(struct session *s, struct choice *choice)
{
	struct why missing;

	if (!choice->passed)
		return;
	why_set(&missing, ENOTSUP, "%s", choice->passed->missing);
	refuse(s, choice->passed, &missing);
	choice->passed = NULL;
}

/* Whether the end was wanted before the command was there to be told. */
static int interrupted(struct session *s, struct why *why)
{
	struct signalfd_siginfo info;

	if (!launches(s->options) ||
	    read(s->signals.end_fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	s->status = 128 + (int)info.ssi_signo;
	return why_set(why, EINTR, "interrupted before %s was run",
		       *s->options->command);
}

/* One that may serve, running. */
static int try_collector(struct session *s, const struct collector_ops *ops,
			 struct why *why)
{
	const struct setup_with with = {
		.options = s->options,
		.procfs = &s->procfs,
		.sink = &s->sink,
		.launch = &s->launch,
		.shows = s->shows,
	};
	int err = setup_try(&s->setup, &with, ops, why);

	s->setup.report.command = s->command;
	s->collector = s->setup.collector;
	if (!err)
		err = interrupted(s, why);
	if (!err)
		err = start(s, why);
	/* What has begun is not begun again. */
	if (err && s->collector && !s->child.pid) {
		ops->close(s->collector);
		s->collector = NULL;
	}
	return err;
}

static int pick_collector(struct session *s, struct why *why)
{
	const struct options *o = s->options;
	struct choice choice = { .options = o };
	const struct collector_ops *ops;
	int err;

	target_words(s->command, sizeof(s->command), o);
	while ((ops = choose_next(&choice, why))) {
		refuse_passed(s, &choice);
		err = try_collector(s, ops, why);
		if (!err || s->status || s->child.pid)
			return err;
		/* Nothing there that it could be used for is no refusal. */
		if (err != -ENOENT || o->collector)
			refuse(s, ops, why);
	}
	err = s->refusals.n ? refusals_explain(&s->refusals, o->collector,
					       why) : -EINVAL;
	s->status = err == -EINVAL ? EXIT_USAGE : EXIT_OURS;
	return err;
}

/* An error of ours is none of the command's. */
static void explain_rest(const struct session *s, struct why *why)
{
	char text[sizeof(why->text)];

	snprintf(text, sizeof(text), "%s", why->text);
	why_set(why, why->err, "%.300s; %s goes on, and is not accounted any "
		"more", text, *s->options->command);
}

/* The terminal is the dashboard's: the command has a file instead. */
static int take_output(struct session *s, struct why *why)
{
	int err = tail_open(&s->output, s->options->command_output, why);

	if (err)
		return err;
	s->nothing_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return s->nothing_fd >= 0 ? 0 : why_set(why, errno, "/dev/null: %s",
						strerror(errno));
}

static int name_sessions(struct session *s, struct why *why)
{
	s->names = names_new(&s->procfs, &s->sink);
	if (!s->names)
		return why_set(why, ENOMEM, "out of memory");
	s->sink = names_sink(s->names);
	return 0;
}

static int run(struct session *s, struct why *why)
{
	int err;

	err = show_wanted(s->options, why);
	if (err < 0)
		return err;
	s->shows = err;
	if (s->shows)
		session_try_strace(s);
	eras_init(&s->eras, s->shows, LEDGER_MAX_RECORDS);
	if (s->options->reporter == &report_openmetrics)
		eras_merge_threads(&s->eras);
	s->sink = share_sink(&s->share, &s->eras.interval[0],
			     eras_sink(&s->eras));
	err = procfs_init(&s->procfs, "/proc", why);
	/* Of clients metrics say nothing. */
	if (!err && s->options->smb &&
	    s->options->reporter != &report_openmetrics)
		err = name_sessions(s, why);
	/* First, as to load and attach takes a while. */
	if (!err)
		err = signals_catch(&s->signals, launches(s->options), why);
	if (!err && s->shows && launches(s->options))
		err = take_output(s, why);
	if (!err)
		err = check_targets(s, why);
	if (!err)
		err = outfile_open(&s->out, output_of(s->options), why);
	if (!err)
		outfile_give_up_on(s->out, s->signals.end_fd);
	if (!err && s->options->listen)
		err = session_listen_open(s, why);
	if (!err)
		err = pick_collector(s, why);
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
			     .tell = { .options = options },
			     .output = { .fd = -1 },
			     .nothing_fd = -1,
			     .procfs = { .root = -1 } };
	int err = run(&s, why);

	show_close(s.show);
	tracecost_stop(s.cost);
	share_close(&s.share);
	if (s.collector)
		s.collector->ops->close(s.collector);
	listener_close(s.listener);
	sums_free(s.sums);
	outfile_close(s.out);
	names_free(s.names);
	eras_done(&s.eras);
	tail_close(&s.output);
	if (s.nothing_fd >= 0)
		close(s.nothing_fd);
	procfs_done(&s.procfs);
	free(s.path);
	signals_done(&s.signals);
	*outcome = (struct outcome){ s.status, s.child.signal };
	if (err && !outcome->status)
		outcome->status = EXIT_OURS;
	return err;
}
