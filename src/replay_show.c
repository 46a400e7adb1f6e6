/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record on the dashboard. Its time goes on as ours does, or faster; what
 * is shown is the last whole interval before that moment. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "replay_parts.h"
#include "show.h"
#include "signals.h"

struct player {
	struct replay *replay;
	struct show *show;
	struct signals signals;
	int64_t at_ns;		/* in the record */
	int64_t then_ns;	/* when that was so, on our clock */
	bool was_paused;
	struct replay_span interval;
};

static size_t count(const struct player *p)
{
	return record_count(p->replay->record);
}

static size_t position(const struct player *p)
{
	return record_position(p->replay->record);
}

static int64_t end_of(const struct player *p, size_t i)
{
	return record_end_ns(p->replay->record, i);
}

static int64_t total_ns(const struct player *p)
{
	return count(p) ? end_of(p, count(p) - 1) : 0;
}

/* Blocks that have ended by then. */
static size_t ended_by(const struct player *p, int64_t at_ns)
{
	size_t from = 0, to = count(p);

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (end_of(p, mid) <= at_ns)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static void add(struct replay_span *to, const struct replay_span *span)
{
	to->blocks += span->blocks;
	to->interval_ns += span->interval_ns;
	to->own_cpu_ns += span->own_cpu_ns;
	if (span->interval_ns)
		to->last = span->last;
}

/* On to the block before @end, as one interval. */
static int feed(struct player *p, size_t end, struct why *why)
{
	struct replay *r = p->replay;
	int err;

	p->interval = (struct replay_span){ .blocks = 0 };
	if (end > count(p))
		end = count(p);
	if (end <= position(p))
		return 0;
	err = replay_next(r, end_of(p, end - 1), &p->interval, why);
	if (err)
		return err;
	add(&r->all, &p->interval);
	eras_turn(&r->eras);
	return 0;
}

/* What was told last. */
static int draw(struct player *p, struct why *why)
{
	struct replay *r = p->replay;
	struct snapshot_cfg interval, all;
	bool ended = position(p) == count(p);
	bool some = p->interval.interval_ns;

	show_moment(p->show, p->at_ns, total_ns(p), r->all.last.end_ns, ended,
		    !some);
	if (!some)
		return 0;
	interval = replay_cfg(r, &p->interval);
	all = replay_cfg(r, &r->all);
	return show_interval(p->show, &interval, &all, why);
}

/* As far as our time has gone on. */
static int advance(struct player *p, struct why *why)
{
	int64_t now_ns = clock_mono_ns();
	int err;

	p->at_ns += (int64_t)((double)(now_ns - p->then_ns) *
			      show_speed(p->show));
	if (p->at_ns > total_ns(p))
		p->at_ns = total_ns(p);
	p->then_ns = now_ns;
	err = feed(p, ended_by(p, p->at_ns), why);
	return err ? err : draw(p, why);
}

/* The next interval, however long that is. */
static int step(struct player *p, struct why *why)
{
	int err = feed(p, position(p) + 1, why);

	if (!err && position(p))
		p->at_ns = end_of(p, position(p) - 1);
	p->then_ns = clock_mono_ns();
	return err ? err : draw(p, why);
}

static void begin_anew(struct player *p)
{
	eras_reset(&p->replay->eras);
	p->replay->all = (struct replay_span){ .blocks = 0 };
}

/* To another moment: all before it is told again, and the interval that ended
 * last is shown. */
static int seek(struct player *p, int64_t by_ns, struct why *why)
{
	int64_t to_ns = p->at_ns + by_ns;
	size_t end;
	int err;

	if (to_ns > total_ns(p))
		to_ns = total_ns(p);
	end = ended_by(p, to_ns < 0 ? 0 : to_ns);
	if (!end) {
		end = 1;
		to_ns = end_of(p, 0);
	}
	if (end <= position(p)) {
		begin_anew(p);
		record_rewind(p->replay->record);
	}
	/* Late names belong to the block before them. */
	while (end > 1 &&
	       !record_block(p->replay->record, end - 1)->interval_ns)
		end--;
	err = feed(p, end - 1, why);
	if (!err)
		err = feed(p, end, why);
	p->at_ns = to_ns;
	p->then_ns = clock_mono_ns();
	return err ? err : draw(p, why);
}

static int timeout_ms(const struct player *p)
{
	int64_t due_ns = show_due_ns(p->show), left_ns;

	if (due_ns == INT64_MAX || position(p) == count(p))
		return -1;
	left_ns = due_ns - clock_mono_ns();
	return left_ns <= 0 ? 0 : (int)(left_ns / NS_PER_MS) + 1;
}

/* 1: it is to be left; 0 or -errno. */
static int turn(struct player *p, const struct pollfd *fds, struct why *why)
{
	unsigned wants = show_serve(p->show, fds);
	bool paused = show_due_ns(p->show) == INT64_MAX;

	if (wants & SHOW_QUIT)
		return 1;
	if (wants & SHOW_RESET)
		begin_anew(p);
	if (wants & SHOW_SEEK)
		return seek(p, show_seek_ns(p->show), why);
	if (wants & SHOW_TURN)
		return step(p, why);
	/* While it is paused time stands still. */
	if (paused || p->was_paused)
		p->then_ns = clock_mono_ns();
	p->was_paused = paused;
	if (!paused && position(p) < count(p) &&
		 clock_mono_ns() >= show_due_ns(p->show))
		return advance(p, why);
	return 0;
}

static int play(struct player *p, struct why *why)
{
	int err = step(p, why);

	while (!err) {
		struct pollfd fds[SHOW_FDS + 1];

		show_poll(p->show, fds);
		fds[SHOW_FDS] = (struct pollfd){ p->signals.end_fd, POLLIN, 0 };
		if (poll(fds, SHOW_FDS + 1, timeout_ms(p)) < 0 &&
		    errno != EINTR)
			return why_set(why, errno, "poll: %s",
				       strerror(errno));
		if (fds[SHOW_FDS].revents)
			return 0;
		err = turn(p, fds, why);
	}
	return err > 0 ? 0 : err;
}

int replay_show(struct replay *r, struct why *why)
{
	struct player p = { .replay = r, .signals = SIGNALS_NONE };
	struct why none = { .err = 0 };
	const struct show_cfg cfg = {
		.options = &r->options,
		.procfs = &r->procfs,
		.eras = &r->eras,
		.collector = &r->ops,
		.measures = r->setup.measures,
		.target = r->head->target,
		.cost_why = &none,
		.replay = true,
	};
	int err;

	why_set(&none, ENOTSUP, "it is a record: strace cannot be tried on "
		"what was");
	err = signals_catch(&p.signals, false, why);
	if (!err)
		err = show_open(&p.show, &cfg, why);
	r->tell.show = p.show;
	if (!err)
		err = play(&p, why);
	r->tell.show = NULL;
	show_close(p.show);
	signals_done(&p.signals);
	return err;
}
