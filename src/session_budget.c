/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session's budget: each report is judged, and the last one counts. */
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
	struct callset set;

	if (s->options->budget.n)
		judged_take(&s->judged, &s->options->budget, snap,
			    counted(s, &set));
}

void session_end_budget(struct session *s)
{
	int status = judged_say(&s->judged);

	/* A command that failed has failed first. */
	if (!s->status && !s->child.signal)
		s->status = status;
}
