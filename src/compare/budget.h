/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --budget: rules that a report is judged by. Values are those of the
 * report's columns. What a call costs that was not made is 0; what is not
 * known keeps no rule and breaks none, and is told apart.
 */
#ifndef COMPARE_BUDGET_H
#define COMPARE_BUDGET_H

#include <stdio.h>

#include "acct/snapshot.h"
#include "compare/rule.h"

#define BUDGET_MAX_RULES 256

struct budget {
	struct rule *rules;
	size_t n;
};

/* Adds what @text has, one rule or several with ; in between. @text is lent
 * until budget_done(). 0, or -errno and nothing is added. */
int budget_add(struct budget *budget, const char *text, struct why *why);
void budget_done(struct budget *budget);

enum { BUDGET_KEPT, BUDGET_VIOLATED, BUDGET_UNKNOWN };

/*
 * Writes a line for each rule that is violated or cannot be judged.
 * @counted: calls that the report is sure to have counted, or NULL where the
 * report itself says whether it has all. Violated comes before unknown.
 */
int budget_judge(FILE *out, const struct budget *budget,
		 const struct snapshot *snap, const struct callset *counted);

#endif
