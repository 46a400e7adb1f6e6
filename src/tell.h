/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session's messages: one line each, on standard error or, while it has
 * the terminal, on the dashboard; none with -q.
 */
#ifndef TELL_H
#define TELL_H

#include <stdbool.h>
#include <stddef.h>

#include "acct/ledger.h"
#include "collect/collector.h"
#include "options.h"
#include "refusals.h"
#include "show.h"

struct tell {
	const struct options *options;
	struct show *show;	/* NULL: standard error */
	size_t told_notes;
};

void tell(const struct tell *to, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Warnings are told as they come; a report has them all. */
void tell_warnings(struct tell *to, const struct ledger *ledger);
void tell_attached(const struct tell *to, const struct gauges *now,
		   const struct collector_ops *ops);
void tell_launched(const struct tell *to, const struct command *command,
		   const struct collector_ops *ops);
/* Why a better one does not serve, and what would make it. */
void tell_refused(const struct tell *to, const struct refusals *refusals,
		  const struct collector_ops *ops);

#endif
