/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session's part that serves metrics. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "session_parts.h"

/* A scrape waits for new values where they take no longer than this, and
 * where those that there are have this age ... */
#define SHORT_NS (20 * NS_PER_MS)
#define FRESH_NS (100 * NS_PER_MS)
/* ... and not so often that it takes more than one part in so many. */
#define PARTS 20

static int print_open(FILE *to, const void *ctx, struct why *why)
{
	const struct session *s = ctx;

	return report_openmetrics.print(to, sums_snapshot(s->sums),
					&s->setup.report, why);
}

static int print_plain(FILE *to, const void *ctx, struct why *why)
{
	const struct session *s = ctx;

	return report_prometheus.print(to, sums_snapshot(s->sums),
				       &s->setup.report, why);
}

static int renew(struct session *s, struct why *why)
{
	size_t open_len, plain_len;
	char *open, *plain;
	int err = outfile_text(&open, &open_len, print_open, s, why);

	if (err)
		return err;
	err = outfile_text(&plain, &plain_len, print_plain, s, why);
	if (err) {
		free(open);
		return err;
	}
	if (!listener_set(s->listener, open, open_len, plain, plain_len))
		return 0;
	return why_set(why, ENOMEM, "out of memory for the report");
}

int session_listen_turn(struct session *s, struct why *why)
{
	int64_t began_ns = clock_mono_ns();
	struct snapshot_cfg interval, all;
	struct snapshot *snap = NULL;
	int err = session_end_interval(s, &interval, &all, why);

	if (!err)
		err = snapshot_take(&snap, eras_last(&s->eras), &interval,
				    why);
	eras_read(&s->eras);
	if (!err)
		err = sums_add(s->sums, snap, &all, why);
	snapshot_free(snap);
	if (!err)
		err = renew(s, why);
	s->turn_ns = clock_mono_ns() - began_ns;
	return err;
}

static void asked(void *ctx)
{
	struct session *s = ctx;
	int64_t age_ns = clock_mono_ns() - s->last_report_ns;

	if (!s->listen_err && s->turn_ns <= SHORT_NS &&
	    age_ns >= FRESH_NS && age_ns >= PARTS * s->turn_ns)
		s->listen_err = session_listen_turn(s, &s->listen_why);
}

int session_listen_open(struct session *s, struct why *why)
{
	const struct listener_owner owner = { .ctx = s, .asked = asked };
	int err = sums_new(&s->sums, why);

	return err ? err : listener_open(&s->listener, &s->options->endpoint,
					 &owner, why);
}

int session_listen_begin(struct session *s, struct why *why)
{
	int err = session_listen_turn(s, why);

	if (!err)
		tell(&s->tell, "metrics are at http://%s/metrics",
		     listener_address(s->listener));
	return err;
}

int session_listen_serve(struct session *s, struct why *why)
{
	listener_serve(s->listener);
	if (s->listen_err && why)
		*why = s->listen_why;
	return s->listen_err;
}

int session_listen_end(struct session *s, struct why *why)
{
	const struct options *o = s->options;
	int err = session_listen_turn(s, why);

	if (err || !(o->output || o->has_format))
		return err;
	return outfile_print(s->out, print_open, s, why);
}
