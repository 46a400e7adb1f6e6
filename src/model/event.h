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
#include "model/key.h"

/* What could not be measured; every report shows these. */
enum loss {
	LOSS_TAIL_NS,		/* life of threads after the last look */
	LOSS_CHILDREN_CPU_NS,	/* CPU of children after the last look */
	LOSS_TASKS,		/* threads whose clocks made no sense */
	LOSS_CALLS,		/* let go on without being accounted */
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
	EVENT_NAME,	/* the process or thread of key has this name */
	EVENT_EXIT,	/* the process or thread of key has ended */
	EVENT_LOST,
	EVENT_NOTE,	/* a measure is missing somewhere, and why */
	EVENT_GAUGES,	/* how many there are now */
	EVENT_MACHINE,	/* what the machine spent on no task */
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
		struct gauges gauges;
		struct machine machine;		/* since the last one */
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
	/* The number that stands for @text in a key with ABI_WCHAN. */
	int32_t (*label)(void *ctx, const char *text);
};

#endif
