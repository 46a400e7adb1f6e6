/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One collector, opened for what the options ask, with the report that it
 * allows; or why it cannot serve.
 */
#ifndef SETUP_H
#define SETUP_H

#include "base/launch.h"
#include "base/procfs.h"
#include "base/why.h"
#include "collect/collector.h"
#include "options.h"
#include "report/report.h"

/* Lent until the collector is closed. */
struct setup_with {
	const struct options *options;
	const struct procfs *procfs;
	const struct sink *sink;
	const struct launch_cfg *launch;	/* in MODE_LAUNCH */
	bool shows;		/* on a dashboard, whose views want all */
	struct record_reader *record;	/* that is replayed, or NULL */
	bool records;		/* so that any report can be made later */
};

struct setup {
	struct collector *collector;	/* the caller closes it */
	unsigned measures;		/* that it has here */
	bool details;			/* calls are told by thread */
	struct report_cfg report;	/* the command is the caller's to add */
};

/* 0 or -errno; -EINVAL: it cannot do what was asked for. */
int setup_try(struct setup *ret, const struct setup_with *with,
	      const struct collector_ops *ops, struct why *why);

#endif
