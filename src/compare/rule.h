/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule of a budget as --budget has it, parsed:
 *
 *	COLUMN(WHAT) OP LIMIT		p99(pread64)<2ms
 *	COLUMN(WHAT)/s OP LIMIT		calls(futex)/s<1000
 *	CALLS/REQUEST OP LIMIT		fstatat/CREATE<=6
 *	WHAT/s OP LIMIT			CREATE/s>=100
 *
 * WHAT is CALLS, REQUEST or CALLS/REQUEST; CALLS is what -e trace= takes but
 * regular expressions, or * or all; REQUEST an SMB2 command. OP is <, <=, >,
 * >= or =. A LIMIT of time has ns, us, ms or s, or is a share of wall in %;
 * one of bytes may have K, M, G or T.
 */
#ifndef COMPARE_RULE_H
#define COMPARE_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/why.h"
#include "model/callset.h"
#include "report/column.h"

enum rule_op { OP_LESS, OP_UP_TO, OP_MORE, OP_FROM, OP_EQUAL };

enum rule_share {
	SHARE_NONE,
	SHARE_WALL,		/* of the wall time of all threads */
	SHARE_CALLS,		/* of all calls */
	SHARE_FAILED,		/* of these calls */
};

struct rule {
	const char *text;	/* lent, up to the next rule or the end */
	int len;
	const struct column *column;
	bool has_calls;		/* of calls, not of requests themselves */
	bool every_call;	/* all of them */
	struct callset calls;
	char *names;		/* theirs, each between two bars */
	int request;		/* an SMB2 command, -1: none */
	bool per_second;
	enum rule_share share;
	enum rule_op op;
	double limit;		/* in ns, bytes, percent, or a number */
	const char *unit;	/* of the limit, and so of what is said */
	double scale;		/* how many of the former it has */
};

/* One rule from the beginning of @text, which stays lent, up to @len bytes;
 * -EINVAL: it is none, and at which of its characters. */
int rule_parse(struct rule *ret, const char *text, size_t len,
	       struct why *why);
void rule_done(struct rule *rule);

/* Whether a row's call is among its calls. */
bool rule_has_call(const struct rule *rule, const char *name);

#endif
