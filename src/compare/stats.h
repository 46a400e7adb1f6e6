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

#endif
