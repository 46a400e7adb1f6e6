/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session's budget: each report is judged, and the last one counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session_parts.h"

/* What has no row, and yet was counted: the answer is lent from @set. */
static const struct callset *counted(const struct session *s,
				     struct callset *set)
{
	const struct collector_ops *ops = s->collector->ops;
	const struct options *o = s->options;
	struct callset wait;

	if (!(ops->by_call & measure_bit(MEASURE_CALLS)))
		return NULL;
	if (o->has_calls)
		*set = o->calls;
	else
		callset_fill(set);
	if (ops->holds_up && !o->all_calls) {
		callset_parse(&wait, "%wait", NULL);
		callset_intersect(set, &wait);
	}
	return set;
}

void session_judge(struct session *s, const struct snapshot *snap)
{
	const struct options *o = s->options;
	struct callset set;
	size_t len = 0;
	FILE *out;

	free(s->budget_text);
	s->budget_text = NULL;
	if (!o->budget.n)
		return;
	out = open_memstream(&s->budget_text, &len);
	s->budget = out ? budget_judge(out, &o->budget, snap, counted(s, &set)) :
		    BUDGET_UNKNOWN;
	if (out)
		fclose(out);
}

void session_end_budget(struct session *s)
{
	char *rest = s->budget_text, *line;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			fprintf(stderr, "smbsysacct: %s\n", line);
	/* A command that failed has failed first. */
	if (!s->status && !s->child.signal)
		s->status = s->budget == BUDGET_VIOLATED ? EXIT_VIOLATED :
			    s->budget == BUDGET_UNKNOWN ? EXIT_OURS : 0;
}
