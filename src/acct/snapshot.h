/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interval as reporters see it: immutable, self-contained, all that
 * reports and views may know. Built from a ledger in time proportional to
 * its records. Times in nanoseconds. Texts are owned by the snapshot; names
 * of processes, threads and kernel functions are untrusted.
 */
#ifndef ACCT_SNAPSHOT_H
#define ACCT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/why.h"
#include "model/cell.h"
#include "model/event.h"
#include "model/hist.h"
#include "model/key.h"
#include "model/waits.h"

/* A line of the table: a key, grouped, and what is known of it. */
struct row {
	struct key key;		/* erased where not grouped by; stays first */
	struct cell cell;
	int64_t blocked_lo_ns;	/* 95% interval of an estimated blocked */
	int64_t blocked_hi_ns;
	struct hist *hist;	/* of its calls, or NULL */
	const char *process;	/* name, NULL where not grouped by */
	const char *thread;
	const char *error;	/* "ENOENT", "" of what did not fail */
	const char *syscall;	/* or "[running]", "[asleep in ep_poll]" */
	const char *request;	/* "CREATE", "(event loop)" */
	const char *status;	/* how it ended: "OK" */
	const char *client, *user, *share;	/* NULL: also not known */
	const char *phase;
	const char *stack;	/* "main;run;read_all", outermost first */
	const char *chain;	/* "read_all < run < main" */
	const char *caller, *reason, *waker, *file, *peer;
	const char *function;	/* of the targets, by the name it was given */
	const struct slow *slow;	/* the single call that it is */
	int64_t requests;	/* that its calls were made for; 0: none */
};

/* What is told of SMB beside the table, as tables of their own. */
enum smb_part {
	PART_PHASES,		/* by phase */
	PART_REQUESTS,		/* by command */
	PART_STATUSES,		/* and how it ended */
	PART_BILL,		/* calls by the command that they are for */
	PART_WHO,		/* requests by process, client, user, share */
	PART_WORKERS,		/* phases by process */
	PART_COUNT
};

#define SNAPSHOT_WAITS 3

/* A call and the time that threads were blocked in it. */
struct wait {
	const char *call;
	int64_t ns;
	bool estimated;
};

/*
 * The ledger of one process or of all: wall = user + system + blocked +
 * runq + stolen + parked + residual. wall is thread lifetimes by the monotonic clock,
 * user and system come from the process's stat, runq from its threads'
 * schedstat, blocked from their off-CPU clocks, stolen from looks; the
 * residual is what these sources disagree about.
 */
struct account {
	struct key key;		/* stays first */
	const char *name;
	struct cell cell;
	bool ended;
	bool has_residual;
	int64_t residual_ns;
	struct wait waits[SNAPSHOT_WAITS];	/* the dearest calls */
	int n_waits;
	int64_t kind_ns[WAIT_KINDS];	/* blocked, by what for; of all only */
	/* Where calls are timed: their CPU time, and whose is the most. */
	bool has_calls;
	int64_t calls_cpu_ns, dearest_ns;
	const char *dearest;
	/*
	 * An independent witness for blocked: what it would be by the share
	 * of looks that found a thread asleep, with a 95% interval. In the
	 * account of all it speaks of the processes that were looked at,
	 * whose wall and blocked time are the last two.
	 */
	bool has_seen, by_clocks;	/* looks; blocked by clocks, too */
	int64_t seen_ns, seen_lo_ns, seen_hi_ns;
	int64_t looked_wall_ns, looked_blocked_ns;
	/* 95% interval of blocked where time was stolen; else both 0 */
	int64_t blocked_lo_ns, blocked_hi_ns;
};

struct snapshot_cfg {
	const char *collector;
	unsigned measures, estimated;
	unsigned by_call;	/* measures that rows of calls can have; 0: all */
	unsigned by;
	int64_t end_ns;		/* since 1970 */
	int64_t interval_ns;
	int64_t own_cpu_ns;	/* what accounting cost */
	int64_t start_cpu_ns;	/* and what it took to begin */
	int64_t call_cost_ns;	/* what a call takes longer; -1: not known */
	bool smb;		/* with parts */
	size_t slowest;		/* so many single calls; 0: none */
	bool left_out;		/* without those whose nature is to wait */
	bool functions;		/* of the targets, too */
	int64_t end_mono_ns;	/* as end_ns, on the monotonic clock */
};

/* Of a sum of snapshots: so many rows, and one for all others. */
#define SNAPSHOT_MAX_SERIES 200
#define SNAPSHOT_OTHERS "(other)"

struct snapshot {
	struct snapshot_cfg cfg;
	struct row *rows;	/* in no order */
	size_t n_rows;
	size_t beyond;		/* that are in that one; of a sum only */
	struct row total;	/* all rows merged */
	struct account *processes;	/* by wall, the largest first */
	size_t n_processes;
	struct account all;
	struct account busiest;	/* the thread with the most CPU time, if any */
	size_t n_threads;	/* that lived in the interval */
	int64_t lost[LOSS_COUNT];
	struct gauges now;	/* at the end of the interval */
	struct machine machine;
	int64_t programs_ns;	/* of ours, in the kernel; 0: not known */
	/* Without smb all NULL. Of these only cfg, rows, total and all. */
	struct snapshot *parts[PART_COUNT];
	/* Single calls and requests, in order, and functions in none; NULL
	 * where they were not asked for. Of these cfg, rows and all. */
	struct snapshot *slow_calls, *slow_requests, *functions;
	struct slow *slow;	/* storage of the former */
	size_t n_slow;
	char **notes;
	size_t n_notes;
	char **texts;		/* storage of the names */
	size_t n_texts, max_texts;
};

struct ledger;

int snapshot_take(struct snapshot **ret, const struct ledger *ledger,
		  const struct snapshot_cfg *cfg, struct why *why);
void snapshot_free(struct snapshot *snap);

/*
 * The time that @share of a row's calls did not exceed, read off its
 * histogram and within what is known exactly; -1: not known.
 */
int64_t row_percentile(const struct row *row, double share);

/* Whether any row has this measure. */
bool snapshot_has(const struct snapshot *snap, enum measure m);

#endif
