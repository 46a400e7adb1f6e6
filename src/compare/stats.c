/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

double stats_mean(const double *values, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += values[i];
	return n ? sum / (double)n : (double)NAN;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double stats_median(const double *values, size_t n)
{
	_cleanup_(free_ptr) double *sorted = NULL;

	if (n)
		sorted = malloc(n * sizeof(*sorted));
	if (!sorted)
		return (double)NAN;
	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double stats_t(size_t degrees)
{
	static const double table[] = {
		12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646,
		2.3060, 2.2622, 2.2281, 2.2010, 2.1788, 2.1604, 2.1448,
		2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
	};
	const double z = 1.959964;
	double n = (double)degrees;

	if (degrees <= sizeof(table) / sizeof(*table))
		return table[degrees ? degrees - 1 : 0];
	/* Cornish and Fisher's first terms: from 20 on good to 0.0001. */
	return z + (pow(z, 3) + z) / (4 * n) +
	       (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * n * n) +
	       (3 * pow(z, 7) + 19 * pow(z, 5) + 17 * pow(z, 3) - 15 * z) /
	       (384 * n * n * n);
}

double stats_half_width(const double *values, size_t n)
{
	double mean = stats_mean(values, n), squares = 0;

	if (n < STATS_LEAST_PAIRS)
		return (double)NAN;
	for (size_t i = 0; i < n; i++)
		squares += (values[i] - mean) * (values[i] - mean);
	return stats_t(n - 1) * sqrt(squares / (double)(n - 1) / (double)n);
}

/* Of logarithms, as which 2 and 1/2 are equally far from 1. */
static void find_factor(struct factor *f, const double *logs, size_t n)
{
	double mean = stats_mean(logs, n), half = stats_half_width(logs, n);

	f->ratio = exp(mean);
	f->bounded = !isnan(half);
	if (f->bounded) {
		f->low = exp(mean - half);
		f->high = exp(mean + half);
	}
}

struct factor stats_factor(const double *part, const double *whole, size_t n)
{
	_cleanup_(free_ptr) double *logs = NULL;
	struct factor f = { .known = n > 0 };

	for (size_t i = 0; i < n; i++)
		f.known &= part[i] > 0 && whole[i] > 0;
	if (f.known)
		logs = malloc(n * sizeof(*logs));
	f.known = logs;
	for (size_t i = 0; f.known && i < n; i++)
		logs[i] = log(part[i] / whole[i]);
	if (f.known)
		find_factor(&f, logs, n);
	return f;
}
