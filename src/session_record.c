/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the session adds to the record of it. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "session_parts.h"

/* So often without -d. */
#define PERIOD_NS NS_PER_SEC

/* As far as there is room. */
static void join(char *buf, size_t size, char **argv)
{
	size_t used = 0;

	*buf = '\0';
	for (; *argv && used < size; argv++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 used ? " " : "", *argv);
}

static void say_where(struct record_head *head)
{
	struct utsname name;

	if (uname(&name))
		return;
	snprintf(head->host, sizeof(head->host), "%s", name.nodename);
	snprintf(head->kernel, sizeof(head->kernel), "%s", name.release);
}

int64_t session_cost_ns(const struct session *s)
{
	const struct collector_ops *ops = s->collector->ops;

	return clock_own_cpu_ns() + names_cpu_ns(s->names) +
	       (ops->helpers_cpu_ns ? ops->helpers_cpu_ns(s->collector) : 0);
}

static struct record_head make_head(const struct session *s)
{
	const struct collector_ops *ops = s->collector->ops;
	const struct options *o = s->options;
	struct record_head head = {
		.version = PACKAGE_VERSION,
		.measures = s->setup.measures,
		.estimated = ops->estimated,
		.by_call = ops->by_call,
		.histograms = ops->modes & COLLECT_HISTOGRAMS,
		.errors = ops->modes & COLLECT_ERRORS,
		.threads = s->setup.details,
		.smb = o->smb,
		.some_calls = o->has_calls,
		.all_calls = options_count_all(o, ops),
		.has_by = o->has_by,
		.by = o->by,
		.detail = o->by & DIMS_OF_DETAIL,
		.slowest = o->slowest,
		.functions = o->n_probes,
		.start_cpu_ns = s->start_cpu_ns,
	};

	head.began_ns = clock_wall_ns() - (clock_mono_ns() - s->began_ns);
	snprintf(head.collector, sizeof(head.collector), "%s", ops->name);
	snprintf(head.target, sizeof(head.target), "%s", s->command);
	join(head.command_line, sizeof(head.command_line), o->argv);
	say_where(&head);
	return head;
}

void session_record_begin(struct session *s)
{
	struct record_head head = make_head(s);
	struct why why = { 0 };

	if (recording_begin(&s->recording, &head, s->began_ns,
			    s->began_cpu_ns, &why))
		tell(&s->tell, "nothing is recorded: %s", why.text);
}

int64_t session_record_due_ns(const struct session *s)
{
	const struct options *o = s->options;
	int64_t period_ns = o->delay_ns ? o->delay_ns : PERIOD_NS;

	if (!s->recording.writer)
		return INT64_MAX;
	/* The intervals of a dashboard are the record's, too, unless they are
	 * longer. */
	if (s->show)
		return s->recording.last_ns + period_ns + period_ns / 2;
	return o->delay_ns ? INT64_MAX : s->recording.last_ns + period_ns;
}

void session_record_cut(struct session *s, const struct snapshot_cfg *cfg,
			int64_t cpu_ns)
{
	const struct recording_end end = {
		.end_ns = cfg->end_ns,
		.end_mono_ns = cfg->end_mono_ns,
		.cpu_ns = cpu_ns,
		.call_cost_ns = cfg->call_cost_ns,
	};
	struct why why = { 0 };

	if (recording_cut(&s->recording, &end, &why))
		tell(&s->tell, "warning: %s", why.text);
}

int session_record(struct session *s, struct why *why)
{
	const struct collector_ops *ops = s->collector->ops;
	struct snapshot_cfg cfg = { .call_cost_ns = -1 };
	int err = 0;

	s->recording.alone = true;
	if (ops->tick)
		err = ops->tick(s->collector, clock_mono_ns(), why);
	s->recording.alone = false;
	if (err)
		return err;
	cfg.end_ns = clock_wall_ns();
	cfg.end_mono_ns = clock_mono_ns();
	if (ops->call_cost_ns)
		cfg.call_cost_ns = ops->call_cost_ns(s->collector);
	session_record_cut(s, &cfg, session_cost_ns(s));
	return 0;
}

void session_record_end(struct session *s)
{
	struct why why = { 0 };

	if (recording_close(&s->recording, &why))
		tell(&s->tell, "warning: %s", why.text);
}
