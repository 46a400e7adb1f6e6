/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session's dashboard: it brings together the terminal, the dashboard, the
 * ledgers that its rows come from and what it does to the world: files, signals,
 * settings. The session polls its descriptors and tells it of each interval.
 */
#ifndef SHOW_H
#define SHOW_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "acct/eras.h"
#include "acct/snapshot.h"
#include "base/procfs.h"
#include "base/tail.h"
#include "options.h"

struct show;
struct tracecost;

#define SHOW_FDS 4

/* Lent until show_close(). */
struct show_cfg {
	const struct options *options;
	const struct procfs *procfs;
	const struct eras *eras;
	const struct collector_ops *collector;
	unsigned measures;
	const char *target;
	pid_t pid;		/* whose age it is; 0: of nobody */
	struct tail *output;	/* of a launched command, or NULL */
	struct tracecost *cost;	/* its own from here on; NULL: no trial, */
	const struct why *cost_why;	/* and why */
	bool replay;		/* it is a record's, whose time can be moved in */
};

/* Whether the options, and the terminals, ask for a dashboard: 1, 0; -errno:
 * they do, and it cannot be had. */
int show_wanted(const struct options *options, struct why *why);

/* The terminal is its own from here on. */
int show_open(struct show **ret, const struct show_cfg *cfg, struct why *why);
/* The settings are kept if it was quit. Safe on NULL. */
void show_close(struct show *show);

/* What to poll for: SHOW_FDS places are filled. */
void show_poll(const struct show *show, struct pollfd *fds);
/* When the interval is to end, on the monotonic clock. */
int64_t show_due_ns(const struct show *show);

enum { SHOW_TURN = 1, SHOW_RESET = 2, SHOW_QUIT = 4, SHOW_SEEK = 8 };

/* What there is to do: SHOW_TURN and so on, as bits. */
unsigned show_serve(struct show *show, const struct pollfd *fds);

/* An interval is over: of it, and of all since the beginning. */
int show_interval(struct show *show, const struct snapshot_cfg *interval,
		  const struct snapshot_cfg *all, struct why *why);
/* Nothing is under accounting any more. */
void show_ended(struct show *show);
/* Of a record: where it is, how long it is, since 1970 and whether that is all
 * of it. It is drawn with the next interval, or now if there is none: then it
 * begins anew. */
void show_moment(struct show *show, int64_t at_ns, int64_t total_ns,
		 int64_t wall_ns, bool ended, bool now);
/* So fast it is to go on, and with SHOW_SEEK, so far at once. */
double show_speed(const struct show *show);
int64_t show_seek_ns(const struct show *show);
/* Whether calls are wanted by thread. */
bool show_details(const struct show *show);
/* What is to be known of single calls: dimensions as bits. */
unsigned show_detail(const struct show *show);
/* Instead of standard error. */
void show_say(struct show *show, const char *text);

#endif
