/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --budget says of the last report, to be told when all is over. */
#ifndef JUDGED_H
#define JUDGED_H

#include "compare/budget.h"

struct judged {
	int verdict;		/* BUDGET_KEPT and so on */
	char *text;		/* a line for each rule that is not kept */
};

/* A report: what was said of the one before is forgotten. @counted as
 * budget_judge() has it. */
void judged_take(struct judged *judged, const struct budget *budget,
		 const struct snapshot *snap, const struct callset *counted);

/* Tells it on standard error; the exit status that it asks for, 0 if none. */
int judged_say(const struct judged *judged);

void judged_done(struct judged *judged);

#endif
