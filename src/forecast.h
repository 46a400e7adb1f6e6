/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --contrast of what runs already: what accounting for it costs, measured,
 * beside what strace -cf would cost it, projected from the calls that it
 * makes and from what strace adds to one on this machine. strace never comes
 * near the target.
 */
#ifndef FORECAST_H
#define FORECAST_H

#include <stdio.h>

#include "base/why.h"
#include "compare/tracecost.h"
#include "options.h"
#include "report/totals.h"

/* 0 or -errno; *status has the exit status for either. */
int forecast_run(const struct options *options, int *status,
		 struct why *why);

/* What is known of it. */
struct forecast {
	const char *target;	/* in words, untrusted */
	struct totals totals;
	bool projected;		/* strace has figures; @reason if not */
	struct tracecost_figures strace;
	const char *reason;
};

/* Figures that follow; NaN: not known. */
double forecast_calls_per_s(const struct forecast *forecast);
double forecast_own_ns(const struct forecast *forecast);	/* a call */
double forecast_own_percent(const struct forecast *forecast);	/* of a core */
double forecast_added_ns(const struct forecast *forecast);	/* a call */
double forecast_wall_percent(const struct forecast *forecast);
/* strace serves one call at a time: its time comes on top of all others. */
double forecast_factor(const struct forecast *forecast);

int forecast_print_text(FILE *out, const struct forecast *forecast,
			struct why *why);
int forecast_print_json(FILE *out, const struct forecast *forecast,
			struct why *why);

#endif
