/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "refusals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void refusals_add(struct refusals *r, const struct collector_ops *ops,
		  const struct why *why)
{
	size_t used = strlen(r->text);

	snprintf(r->text + used, sizeof(r->text) - used, "%s%s: %s",
		 used ? "; " : "", ops->name, why->text);
	r->n++;
	if (why->err == EINVAL) {
		r->unsuited = true;
	} else if (!r->best) {
		r->best = ops;
		r->why = *why;
	}
}

int refusals_explain(const struct refusals *r, bool named, struct why *why)
{
	const char *grant = r->why.grant;
	struct why was = *why;

	if (!r->best && r->n == 1)
		return -was.err;
	if (!r->best)
		return why_set(why, EINVAL, "no collector can do that: %s",
			       r->text);
	if (named)
		return why_set(why, r->why.err, "%.300s; %s%s%swithout "
			       "--collector what can be had is used, and "
			       "--check tells", r->why.text, *grant ?
			       "this would do it: " : "", grant, *grant ?
			       "; " : "");
	return why_set(why, r->why.err, "%.*s%s%s", *grant ? 300 : 500,
		       r->n == 1 ? r->why.text : r->text, *grant ?
		       "; this would do it: " : "", grant);
}
