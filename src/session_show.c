/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session's half with a dashboard. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "compare/tracecost.h"
#include "session_parts.h"

/* The trial has a limit of its own, which is shorter. */
#define TRIAL_MS 5000

int session_open_show(struct session *s, const struct command *command,
		      struct why *why)
{
	const struct options *o = s->options;
	const struct show_cfg cfg = {
		.options = o,
		.procfs = &s->procfs,
		.eras = &s->eras,
		.collector = s->collector->ops,
		.measures = s->setup.measures,
		.target = s->command,
		.pid = s->child.pid ? s->child.pid : o->n_pids ? *o->pids : 0,
		.output = s->output.fd >= 0 ? &s->output : NULL,
		.cost = s->cost,
		.cost_why = &s->cost_why,
	};
	int err;

	s->cost = NULL;
	err = show_open(&s->show, &cfg, why);
	if (err) {
		/* Another collector would not help. */
		s->status = EXIT_OURS;
		return err;
	}
	s->tell.show = s->show;
	tell_refused(&s->tell, &s->refusals, s->collector->ops);
	if (command)
		tell_launched(&s->tell, command, s->collector->ops);
	return 0;
}

/* Of the trial a whole machine's accounting would have a part. */
void session_try_strace(struct session *s)
{
	const struct options *o = s->options;
	struct pollfd fd = { .events = POLLIN };

	if (tracecost_start(&s->cost, &s->cost_why))
		return;
	fd.fd = tracecost_fd(s->cost);
	if (o->everyone || o->has_name || o->cgroup)
		poll(&fd, 1, TRIAL_MS);
}

unsigned session_serve_show(struct session *s, const struct pollfd *fds)
{
	const struct collector_ops *ops = s->collector->ops;
	unsigned wants = show_serve(s->show, fds + FD_SHOW);

	if (ops->details)
		ops->details(s->collector, show_details(s->show));
	if (ops->detail)
		ops->detail(s->collector, show_detail(s->show));
	if (wants & SHOW_RESET) {
		struct snapshot_cfg interval, all;

		/* What has come until now is forgotten, too. */
		if (session_end_interval(s, &interval, &all, NULL))
			return wants;
		eras_reset(&s->eras);
		s->began_ns = s->last_report_ns = clock_mono_ns();
		s->began_cpu_ns = s->last_cpu_ns = session_cost_ns(s);
	}
	return wants;
}

int session_turn(struct session *s, struct why *why)
{
	struct snapshot_cfg interval;
	int err = session_end_interval(s, &interval, &s->all, why);

	return err ? err : show_interval(s->show, &interval, &s->all, why);
}

int session_linger(struct session *s, struct why *why)
{
	unsigned wants = 0;
	int err;

	if (s->child.pid && !s->child.ended)
		session_reap(s, true);
	session_release(s);
	err = session_turn(s, why);
	/* The report is of this moment, however long it is looked at. */
	s->lingers = !err;
	share_close(&s->share);
	if (!err)
		show_ended(s->show);
	while (!err && !(wants & SHOW_QUIT)) {
		struct pollfd fds[N_FDS];

		session_fds(s, fds);
		fds[FD_COLLECTOR].fd = fds[FD_SHARE].fd = -1;
		fds[FD_CHILD].fd = fds[FD_REPORT].fd = -1;
		fds[FD_NAMES].fd = -1;
		if (poll(fds, N_FDS, -1) < 0 && errno != EINTR)
			return why_set(why, errno, "poll: %s",
				       strerror(errno));
		if (fds[FD_END].revents)
			return 0;
		wants = show_serve(s->show, fds + FD_SHOW);
	}
	return err;
}
