/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What repeated measurements say: pure functions of them, in no unit. What
 * there are too few measurements for is not known, and never made up.
 */
#ifndef COMPARE_STATS_H
#define COMPARE_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* Without measurements, NaN. */
double stats_mean(const double *values, size_t n);
double stats_median(const double *values, size_t n);

/* Fewer pairs say nothing about how far their mean may be off. */
#define STATS_LEAST_PAIRS 3

struct factor {
	bool known;
	bool bounded;		/* there are low and high */
	double ratio;
	double low, high;	/* a 95% interval around it */
};

/*
 * How many times @whole @part is, where the two were measured in turns, so
 * that part[i] and whole[i] have seen the same machine. The geometric mean
 * of the pairs' ratios, with the interval that Student's t gives their
 * logarithms: a factor of 2 and one of 1/2 are equally far from 1. Values
 * are above 0; a pair with one that is not makes it unknown.
 */
struct factor stats_factor(const double *part, const double *whole, size_t n);

/* How far the mean may be off, half its 95% interval; of fewer than three
 * values NaN. */
double stats_half_width(const double *values, size_t n);

/* The 97.5% quantile of Student's t, for 1 degree of freedom or more. */
double stats_t(size_t degrees);

/*
 * How probable it is that Student's t is at least so far from 0, to either
 * side. Degrees of freedom need not be whole, but above 0.
 */
double stats_t_beyond(double t, double degrees);

/* How @after changed from @before, measured by runs that are no pairs. */
struct change {
	bool known;		/* there is a ratio */
	bool tested;		/* low, high and p are known as well */
	double before, after;	/* means */
	double ratio;		/* of the geometric means; @after by @before */
	double low, high;	/* a 95% interval around it */
	double variances[2];	/* of the logarithms: before, after */
	double p;		/* of a difference like this, were there none */
};

/* Of one side. */
struct runs {
	const double *values;
	size_t n;
	double step;
	double least;	/* variance of their logarithms, 0: not known */
};

/*
 * Welch's t test of the logarithms: it takes neither the two variances nor
 * the numbers of runs to be the same, and is tested from three runs each on.
 * Values are 0 or more, and were counted in steps, one more or less of which
 * is never news: their variance is at least half a step squared, which is
 * then no estimate, but known. Nor are they taken to vary less than is known
 * from elsewhere: few runs can be close to each other by chance. So what is
 * equal in all runs can differ. Where there is a 0, half a step is added to
 * all, and there is no ratio where all of @before, or all of @after, are 0.
 * What is 0 everywhere is equal: p is 1.
 */
struct change stats_change(const struct runs *before,
			   const struct runs *after);

/*
 * Corrects @n values of p for their number by Holm's method: the chance that
 * any is below a level is at most that level, were there no differences, however
 * they depend on each other. NaN is no value, and stays. False: out of memory.
 */
bool stats_holm(double *p, size_t n);

#endif
