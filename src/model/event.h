/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a collector tells, and whom it tells it. There are two currencies:
 * events, one at a time, and cells that were summed before.
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/cell.h"
#include "model/hist.h"
#include "model/key.h"
#include "model/slow.h"

/* What could not be measured; every report shows these. */
enum loss {
	LOSS_TAIL_NS,		/* life of threads after the last look */
	LOSS_CHILDREN_CPU_NS,	/* CPU of children after the last look */
	LOSS_TASKS,		/* threads whose clocks made no sense */
	LOSS_CALLS,		/* let go on without being accounted */
	LOSS_UNTIMED,		/* counted, but refused before they began */
	LOSS_PARTIAL,		/* had begun before accounting */
	LOSS_SWITCHES,		/* context switches that were not seen */
	LOSS_THREADS,		/* for which there was no room */
	LOSS_HISTOGRAMS,	/* of calls, likewise */
	LOSS_STACKS,		/* of calls, likewise */
	LOSS_OBJECTS,		/* of calls, likewise */
	LOSS_WAKERS,		/* of threads, likewise */
	LOSS_URING,		/* operations that are no calls */
	LOSS_LATE,		/* processes whose first calls were missed */
	LOSS_AUDIT_DROPS,	/* records that found no room at our socket */
	LOSS_AUDIT_LOST,	/* and in the kernel, whoever's */
	LOSS_AUDIT_WAITS,	/* jiffies that tasks waited for room there */
	LOSS_ORPHANS,		/* processes of whom nobody knows whose */
	LOSS_REQUESTS,		/* of SMB2 for which there was no room */
	LOSS_UNMATCHED,		/* replies to what had not been seen */
	LOSS_UNANSWERED,	/* requests that went without a reply */
	LOSS_SLOWEST,		/* calls or requests, of the slowest perhaps */
	LOSS_FUNCTIONS,		/* calls of functions, for want of room */
	LOSS_RECORDS,		/* postings beyond the ledger's limit */
	LOSS_COUNT
};

struct loss_desc {
	const char *name;	/* JSON key; ends in _ns for times */
	const char *words;	/* "%s" is the amount */
	enum unit unit;
};

extern const struct loss_desc loss_table[LOSS_COUNT];

enum event_kind {
	EVENT_SAMPLE,	/* the thread of key was seen in (abi, nr) */
	EVENT_PARENT,	/* who started the process of key; comes first */
	EVENT_NAME,	/* the process or thread of key has this name */
	EVENT_EXIT,	/* the process or thread of key has ended */
	EVENT_LOST,
	EVENT_NOTE,	/* a measure is missing somewhere, and why */
	EVENT_GAUGES,	/* how many there are now */
	EVENT_MACHINE,	/* what the machine spent on no task */
	EVENT_SLOW,	/* one of the slowest of the interval */
	EVENT_PROGRAMS,	/* how long programs of ours ran in the kernel */
};

struct gauges {
	uint64_t processes, threads;	/* under accounting now */
	uint64_t in_flight;		/* calls in progress now */
};

/*
 * On all CPUs. Kernels that account for it keep it out of tasks' CPU time
 * (CONFIG_IRQ_TIME_ACCOUNTING, CONFIG_PARAVIRT_TIME_ACCOUNTING); an off-CPU
 * clock then takes it for being blocked.
 */
struct machine {
	int64_t interrupts_ns, stolen_ns;
};

struct event {
	enum event_kind kind;
	struct key key;
	union {
		double weight_ns;	/* SAMPLE: the time it stands for */
		const char *text;	/* NAME, NOTE; untrusted, copied */
		struct {
			int64_t pid;
			uint64_t start;	/* 0: not known */
		} parent;
		struct gauges gauges;
		struct machine machine;		/* since the last one */
		int64_t programs_ns;		/* likewise */
		const struct slow *slow;	/* copied; its key is that */
		struct {
			enum loss kind;
			int64_t amount;
		} lost;
	};
};

/* The receiver, lent to a collector for as long as it is open. */
struct sink {
	void *ctx;
	void (*event)(void *ctx, const struct event *event);
	/* Adds @delta to what is known of @key. */
	void (*cell)(void *ctx, const struct key *key,
		     const struct cell *delta);
	/* And to the histogram of its calls. */
	void (*hist)(void *ctx, const struct key *key,
		     const struct hist *delta);
	/* The number that stands for @text in a key with ABI_WCHAN. */
	int32_t (*label)(void *ctx, const char *text);
};

/* A measure is missing somewhere, and why; the text is copied. */
void sink_note(const struct sink *sink, const char *text);
/* So much was lost; 0 is not told. */
void sink_lost(const struct sink *sink, enum loss kind, int64_t amount);
/* What a counter has more than *told, which is brought up to date. */
void sink_lost_since(const struct sink *sink, enum loss kind, uint64_t now,
		     uint64_t *told);

#endif
