/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the session share: session.c, session_ends.c,
 * session_show.c for the dashboard, session_listen.c for metrics. Nobody else
 * includes it. */
#ifndef SESSION_PARTS_H
#define SESSION_PARTS_H

#include <poll.h>

#include "acct/eras.h"
#include "acct/sums.h"
#include "base/outfile.h"
#include "base/procfs.h"
#include "base/tail.h"
#include "export/listener.h"
#include "refusals.h"
#include "session.h"
#include "setup.h"
#include "share.h"
#include "show.h"
#include "signals.h"
#include "smb2/names.h"
#include "target.h"
#include "tell.h"

struct session {
	const struct options *options;
	struct procfs procfs;
	struct eras eras;
	struct share share;
	struct names *names;	/* of SMB clients' sessions, or NULL */
	struct sink sink;
	struct setup setup;
	struct collector *collector;	/* of the setup */
	struct refusals refusals;
	struct outfile *out;
	struct tell tell;
	struct show *show;	/* NULL: no dashboard */
	bool shows;		/* there is to be one */
	struct tail output;	/* the command's, for it */
	int nothing_fd;		/* what that reads */
	struct signals signals;
	struct launch_cfg launch;
	char *path;		/* of the command */
	struct target_child child;
	bool interrupted;	/* the command was told to end */
	bool ending;		/* a signal asked for the end */
	struct tracecost *cost;	/* until the dashboard has it */
	struct why cost_why;
	struct snapshot_cfg all;	/* of all, by the last interval's end */
	bool lingers;		/* and that was the end */
	bool released;		/* nothing is accounted any more */
	int status;		/* to exit with */
	struct listener *listener;	/* NULL: no metrics are served */
	struct sums *sums;		/* for it */
	int64_t turn_ns;	/* that the last values took to get */
	int listen_err;		/* of a scrape; why is in the next */
	struct why listen_why;
	int64_t began_ns, last_report_ns;
	int64_t began_cpu_ns, last_cpu_ns, start_cpu_ns;
	uint64_t reports;
	char command[256];	/* the target, for reports */
};

enum { FD_END, FD_COLLECTOR, FD_CHILD, FD_REPORT, FD_SHARE, FD_NAMES, FD_LISTEN,
       FD_SHOW, N_FDS = FD_SHOW + SHOW_FDS };

/* What to poll for: N_FDS places are filled. */
void session_fds(const struct session *s, struct pollfd *fds);
/* Own and helpers' CPU time. */
int64_t session_cost_ns(const struct session *s);
/* What is said of an interval that ends now, and of all. */
int session_end_interval(struct session *s, struct snapshot_cfg *interval,
			 struct snapshot_cfg *all, struct why *why);
/* The command's end, with what the kernel says that it used. */
void session_reap(struct session *s, bool wait);
/* Whether the command has ended, and nothing that it started goes on. */
bool session_child_ended(struct session *s);
/* Whether the user wants the end. */
bool session_signalled(struct session *s);
/* What came while the command was being started. */
void session_pass_on(struct session *s);
/* Whether a report is wanted now. */
bool session_asked(struct session *s);
/* Nothing is accounted any more, but for the last tick(). */
void session_release(struct session *s);

/* The trial of strace begins; it goes on beside what else is to be done. */
void session_try_strace(struct session *s);
/* @command: what was launched, or NULL. */
int session_open_show(struct session *s, const struct command *command,
		      struct why *why);
/* What the dashboard wants: SHOW_TURN, SHOW_QUIT. */
unsigned session_serve_show(struct session *s, const struct pollfd *fds);
/* An interval is over: it is shown. */
int session_turn(struct session *s, struct why *why);
/* All have ended, and what there was is still to be looked at. */
int session_linger(struct session *s, struct why *why);

/* Where the options say; first, as that is what may fail. */
int session_listen_open(struct session *s, struct why *why);
/* Accounting has begun: there is something to be served. */
int session_listen_begin(struct session *s, struct why *why);
/* Answers who has asked. */
int session_listen_serve(struct session *s, struct why *why);
/* What is measured until now is served from now on. */
int session_listen_turn(struct session *s, struct why *why);
/* That was the last time; and a report, if one was asked for. */
int session_listen_end(struct session *s, struct why *why);

#endif
