/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A collector: a source of measurements. The contract:
 *
 * - probe() says what would be measured here and now, without side effects.
 *   It clears the bits of what would not, and answers -errno with one
 *   sentence where nothing would.
 * - open() takes what it needs; nothing is accounted yet. start() begins; if
 *   it fails before a command began, another collector is tried, unless the
 *   command was ended by a signal. -ENOENT: there is nothing that it could be
 *   used for, which is no failure; -EINVAL: it cannot do what was asked for.
 *   Everything is told to the sink from within start(), drain() and tick();
 *   a collector has no threads that call it.
 * - The session polls fd() and calls drain() when it is readable. drain()
 *   returns 1 once no target is left, 0 while there are some.
 * - tick() is called before every report: bring everything up to date.
 * - close() is safe on NULL and on what open() left half-done.
 *
 * All functions that can fail return -errno and fill the why. Optional hooks
 * are NULL: without fd() a collector is driven by tick() alone.
 */
#ifndef COLLECT_COLLECTOR_H
#define COLLECT_COLLECTOR_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/launch.h"
#include "base/procfs.h"
#include "base/why.h"
#include "model/callset.h"
#include "model/event.h"
#include "model/probe.h"

struct record_reader;

/* What a collector can account: what runs already, what it starts ... */
enum {
	COLLECT_ATTACH = 1,
	COLLECT_LAUNCH = 2,
	COLLECT_BOTH = 4,	/* at once */
	COLLECT_NAMES = 8,	/* what runs a program, new ones included */
	COLLECT_CGROUP = 16,
	COLLECT_EVERYONE = 32,
	COLLECT_HISTOGRAMS = 64,
	COLLECT_ERRORS = 128,	/* calls apart by how they end */
	COLLECT_SMB = 256,	/* requests that an smbd serves */
	COLLECT_DETAIL = 512,	/* code, reasons and objects of calls */
	COLLECT_SLOWEST = 1024,	/* single calls, with their arguments */
	COLLECT_PROBES = 2048,	/* functions of the targets */
};

/* How the functions that led to a call are found. */
enum unwind {
	UNWIND_AUTO,	/* by frame pointers where the code keeps them */
	UNWIND_FP,	/* by these, whatever the code keeps */
	UNWIND_DWARF,	/* by what .eh_frame says, of some calls */
};

/* Which calls are accounted, by how they end. */
enum ending { OUTCOME_ANY, OUTCOME_SUCCESS, OUTCOME_FAILURE };

/* Lent to the collector until close(). */
struct collector_cfg {
	const struct procfs *procfs;
	const pid_t *pids;	/* thread group leaders that exist */
	size_t n_pids;
	bool follow;		/* children too, from their fork on */
	bool details;		/* per thread what else is per process */
	unsigned rate_hz;	/* looks at each thread per second; 0: budget */
	const struct launch_cfg *launch;	/* NULL: attach */
	const struct callset *calls;	/* which to account; NULL: all */
	bool all_calls;		/* also those that it does harm to notify */
	const regex_t *name;	/* of executables, or NULL */
	const char *cgroup;	/* its directory, or NULL */
	bool everyone;		/* every process but ours */
	bool smb;		/* what smbds do for their clients, too */
	bool audit_enable;	/* audit may be enabled, for all the machine */
	bool histograms;	/* of each call's latencies */
	bool by_error;		/* calls apart by errno */
	enum ending outcome;
	unsigned detail;	/* of DIMS_OF_DETAIL, what rows are by */
	unsigned more_detail;	/* likewise, what they may be by later */
	enum unwind unwind;
	size_t slowest;		/* so many single calls; 0: none */
	const struct probe *probes;	/* functions of the targets */
	size_t n_probes;
	unsigned profile_hz;	/* looks at what runs; 0: none */
	struct record_reader *record;	/* to be replayed, or NULL */
};

/* A command that was launched; the session waits for its end. */
struct command {
	pid_t pid;
	const struct launch_fate *fate;
	bool no_new_privs;	/* it cannot gain privileges by setuid */
	int signal;		/* that ended it before it began, or 0 */
};

struct collector {
	const struct collector_ops *ops;
};

struct collector_ops {
	const char *name, *summary;
	unsigned modes;		/* COLLECT_* */
	unsigned measures;	/* best case, bits of enum measure */
	unsigned by_call;	/* which of them it has for single calls */
	unsigned estimated;	/* which of these are estimates */
	unsigned in_detail;	/* measures that take cfg.details */
	bool holds_up;		/* calls wait for its answers, to the end */
	bool only_by_name;	/* never chosen by itself */
	bool offered;		/* other sessions can join what it accounts */
	const char *missing;	/* why it is not built in, or NULL */
	int (*probe)(const struct procfs *fs, unsigned *measures,
		     struct why *why);
	int (*open)(struct collector **ret, const struct collector_cfg *cfg,
		    const struct sink *sink, struct why *why);
	int (*start)(struct collector *c, struct why *why);
	int (*fd)(const struct collector *c);
	int (*drain)(struct collector *c, struct why *why);
	int (*tick)(struct collector *c, int64_t now_ns, struct why *why);
	/* A process is to be accounted as well; default: cannot be done. */
	int (*target)(struct collector *c, pid_t pid, bool added,
		      struct why *why);
	/* Whether calls are told by thread from now on; default: as open()
	 * was told. */
	void (*details)(struct collector *c, bool wanted);
	/* What is to be known of calls from now on beside cfg.detail, if it
	 * has room for more; default: nothing. */
	void (*detail)(struct collector *c, unsigned dims);
	/* What a call under accounting takes longer, at least, by own trial;
	 * -1: not known. Default: that. */
	int64_t (*call_cost_ns)(const struct collector *c);
	/* The launched command, once start() was called. */
	const struct command *(*command)(const struct collector *c);
	/* The command was waited for: what it and its children used. */
	void (*reaped)(struct collector *c, const struct rusage *usage);
	/* CPU time of processes beside ours; default: there are none. */
	int64_t (*helpers_cpu_ns)(const struct collector *c);
	/* No more is to be accounted: the last tick() follows. */
	void (*release)(struct collector *c);
	void (*close)(struct collector *c);
};

#endif
