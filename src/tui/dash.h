/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dashboard: what is shown, and what keys do to it. It draws snapshots on
 * a canvas and knows neither a terminal nor a collector; what it cannot do
 * itself, it asks its owner for by reactions. Snapshots are lent until the
 * next dash_show().
 */
#ifndef TUI_DASH_H
#define TUI_DASH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "acct/snapshot.h"
#include "base/why.h"
#include "report/column.h"
#include "tui/canvas.h"
#include "tui/input.h"

struct dash;

/* What does not change; lent until dash_free(). */
struct dash_cfg {
	const char *collector;
	const char *target;	/* as the user named it: untrusted */
	const char *args;	/* its command line, likewise; may be empty */
	bool exact;		/* calls are counted and timed, all of them */
	bool all_calls;		/* each call of the target is counted */
	bool histograms, errors;	/* can be had */
	bool command;		/* one was launched: quitting leaves it alone */
	bool detail;		/* who makes calls, and for what, can be had */
	bool smb;		/* SMB2 requests are accounted for, too */
	bool replay;		/* it is a record: time can be moved in */
	unsigned by;		/* rows to begin with, dimensions as bits */
	const struct column *sort;	/* or NULL: by what a view has */
};

/* What strace would cost; see compare/tracecost.h. */
enum trace_state { TRACE_UNKNOWN, TRACE_KNOWN, TRACE_NONE };

/* What is to be shown. */
struct dash_frame {
	const struct snapshot *head;	/* of the last interval */
	const struct snapshot *rows;	/* by dash_by(), of that, or of all */
	bool fresh;		/* an interval has ended */
	int64_t age_ns;		/* of the target; 0: not known */
	enum trace_state trace;
	double trace_ns;	/* that strace adds to a call */
	const char *trace_why;	/* why it is not known */
	/* The launched command's output, its last so many bytes. */
	const char *output;
	size_t output_len;
	uint64_t output_before;	/* bytes that are not kept */
	bool ended;		/* nothing is under accounting any more */
	/* Of a record: where it is, how long it is, and what time that was,
	 * since 1970. */
	int64_t replay_ns, replay_total_ns, replay_wall_ns;
};

/* What the owner is to do; dash_request() has the particulars. */
enum reaction {
	REACT_DRAW = 1,
	REACT_ROWS = 2,		/* other rows: dash_by(), dash_cumulative() */
	REACT_RESET = 4,	/* begin to count anew */
	REACT_NOW = 8,		/* end the interval now */
	REACT_SUSPEND = 16,	/* the terminal is the shell's for a while */
	REACT_WRITE = 32,	/* the view, to a file */
	REACT_KILL = 64,	/* send a signal */
	REACT_QUIT = 128,
	REACT_REPAINT = 256,	/* all of the screen */
	REACT_SEEK = 512,	/* another moment of a record */
};

struct dash_request {
	char path[256];		/* REACT_WRITE */
	struct key process;	/* REACT_KILL: pid and start */
	int signal;
	int64_t seek_ns;	/* REACT_SEEK: so far on, or back */
};

int dash_new(struct dash **ret, const struct dash_cfg *cfg, struct why *why);
void dash_free(struct dash *dash);

/* What its rows are to be grouped by; and whether of all or the interval. */
unsigned dash_by(const struct dash *dash);
bool dash_cumulative(const struct dash *dash);
/* Whether calls are needed by thread. */
bool dash_details(const struct dash *dash);
bool dash_paused(const struct dash *dash);
int64_t dash_delay_ns(const struct dash *dash);
/* Of a record, how much of its time passes in one second. */
double dash_speed(const struct dash *dash);
void dash_set_delay(struct dash *dash, int64_t delay_ns);
const struct dash_request *dash_request(const struct dash *dash);

void dash_show(struct dash *dash, const struct dash_frame *frame);
/* enum reaction, as bits. */
unsigned dash_input(struct dash *dash, const struct input *input);
void dash_draw(struct dash *dash, struct canvas *canvas);
/* A line at the bottom, until the next key. */
void dash_say(struct dash *dash, const char *text);
/* All rows of the present view, as wide as they are. -ENOMEM. */
int dash_write(struct dash *dash, char **ret, size_t *ret_len);

/* Settings, as lines "name = value"; what is not known is left alone. */
void dash_load(struct dash *dash, const char *text);
int dash_save(const struct dash *dash, char **ret, size_t *ret_len);

#endif
