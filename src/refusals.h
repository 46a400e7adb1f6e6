/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why collectors did not serve, in the order of choice: for the line that
 * says why the best one did not, and for the sentence that is left where
 * none does.
 */
#ifndef REFUSALS_H
#define REFUSALS_H

#include <stdbool.h>

#include "base/why.h"
#include "collect/collector.h"

struct refusals {
	/* The best that does what was asked for, and could not be had. */
	const struct collector_ops *best;	/* NULL: none was refused */
	struct why why;				/* its reason */
	unsigned n;
	bool unsuited;	/* one cannot do what was asked for */
	char text[480];	/* the reasons of all */
};

/* -EINVAL: it cannot do what was asked for. */
void refusals_add(struct refusals *refusals, const struct collector_ops *ops,
		  const struct why *why);

/* Where none is left, though there were some. Whose fault it is, as -errno:
 * -EINVAL the user's. @named: there was a choice of one. */
int refusals_explain(const struct refusals *refusals, bool named,
		     struct why *why);

#endif
