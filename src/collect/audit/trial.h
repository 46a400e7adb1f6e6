/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child of ours that makes one call, so that a record of it has to come:
 * at the beginning it shows that records come at all, at the end that all
 * before it have come, as the kernel sends them in order and later.
 */
#ifndef COLLECT_AUDIT_TRIAL_H
#define COLLECT_AUDIT_TRIAL_H

#include "collect/audit/link.h"
#include "collect/audit/record.h"

/*
 * 0: its record came; -ETIME: it did not within some seconds. Records before
 * it are handed to @each, if there is one.
 */
int trial_run(struct audit_link *link, const struct rule_owner *owner,
	      void (*each)(void *ctx, const struct audit_record *record),
	      void *ctx, struct why *why);

#endif
