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

/* --- runs that are no pairs ---------------------------------------------- */

#define MAX_TERMS 300
#define MAX_DEGREES 1e6		/* as good as a normal distribution */
#define TINY 1e-300

/*
 * The continued fraction of the incomplete beta function, from the front by
 * Lentz's method: DLMF 8.17.22, whose coefficients d are.
 */
static double beta_fraction(double x, double a, double b)
{
	double c = 1, d = 0, value = 1;

	for (int i = 1; i <= MAX_TERMS; i++) {
		double m = floor(i / 2.0), k = a + 2 * m;
		double term = i % 2 ?
			-(a + m) * (a + b + m) * x / (k * (k + 1)) :
			m * (b - m) * x / ((k - 1) * k);

		d = 1 + term * d;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = 1 + term / c;
		c = fabs(c) < TINY ? TINY : c;
		value *= c * d;
		if (fabs(c * d - 1) < 1e-15)
			break;
	}
	return 1 / value;
}

/* The incomplete beta function, regularized. */
static double beta_part(double x, double a, double b)
{
	int sign;
	double scale;

	if (x <= 0 || x >= 1)
		return x >= 1;
	scale = exp(lgamma_r(a + b, &sign) - lgamma_r(a, &sign) -
		    lgamma_r(b, &sign) + a * log(x) + b * log1p(-x));
	/* It converges fast on one side of the middle only. */
	if (x > (a + 1) / (a + b + 2))
		return 1 - scale * beta_fraction(1 - x, b, a) / b;
	return scale * beta_fraction(x, a, b) / a;
}

double stats_t_beyond(double t, double degrees)
{
	return beta_part(degrees / (degrees + t * t), degrees / 2, 0.5);
}

/* What one in twenty is beyond. */
static double t_bound(double degrees)
{
	double low = 0, high = 1;

	while (stats_t_beyond(high, degrees) > 0.05)
		high *= 2;
	for (int i = 0; i < 100; i++) {
		double middle = (low + high) / 2;

		if (stats_t_beyond(middle, degrees) > 0.05)
			low = middle;
		else
			high = middle;
	}
	return high;
}

struct logs {
	size_t n;
	double mean, variance;
	double error;		/* of the mean, squared */
	double doubt;		/* how far that may be off, squared */
};

static struct logs take_logs(const struct runs *runs, double added)
{
	struct logs ret = { .n = runs->n };
	double n = (double)runs->n, varies, least;

	for (size_t i = 0; i < runs->n; i++)
		ret.mean += log(runs->values[i] + added) / n;
	for (size_t i = 0; i < runs->n && n > 1; i++) {
		double off = log(runs->values[i] + added) - ret.mean;

		ret.variance += off * off / (n - 1);
	}
	varies = ret.variance > runs->least ? ret.variance : runs->least;
	/* Of a step, carried over to logarithms. */
	least = runs->step / exp(ret.mean);
	least *= least / 2;
	ret.error = (varies > least ? varies : least) / n;
	if (varies > least)
		ret.doubt = ret.error * ret.error / (n - 1);
	return ret;
}

static void test_change(struct change *c, const struct logs *before,
			const struct logs *after)
{
	double difference = after->mean - before->mean;
	double error = before->error + after->error;
	double degrees, half;

	c->tested = true;
	c->low = c->high = c->ratio;
	c->p = error > 0 || difference == 0;
	if (error <= 0)
		return;
	/* Satterthwaite's; what is known has no end of them. */
	degrees = error * error / (before->doubt + after->doubt);
	if (!(degrees < MAX_DEGREES))
		degrees = MAX_DEGREES;
	half = t_bound(degrees) * sqrt(error);
	c->low = exp(difference - half);
	c->high = exp(difference + half);
	c->p = stats_t_beyond(difference / sqrt(error), degrees);
}

static bool has_zero(const struct runs *runs)
{
	for (size_t i = 0; i < runs->n; i++)
		if (runs->values[i] <= 0)
			return true;
	return false;
}

struct change stats_change(const struct runs *before,
			   const struct runs *after)
{
	struct change c = { .before = stats_mean(before->values, before->n),
			    .after = stats_mean(after->values, after->n),
			    .p = 1 };
	double step = before->step > after->step ? before->step : after->step;
	double added = has_zero(before) || has_zero(after) ? step / 2 : 0;
	struct logs logs[2];

	if (!before->n || !after->n)
		return c;
	c.tested = before->n >= STATS_LEAST_PAIRS &&
		   after->n >= STATS_LEAST_PAIRS;
	if (c.before <= 0 && c.after <= 0)
		return c;
	logs[0] = take_logs(before, added);
	logs[1] = take_logs(after, added);
	c.known = c.before > 0 && c.after > 0;
	c.ratio = exp(logs[1].mean - logs[0].mean);
	for (int i = 0; i < 2; i++)
		c.variances[i] = logs[i].variance;
	if (c.tested)
		test_change(&c, &logs[0], &logs[1]);
	return c;
}

struct place {
	double p;
	size_t at;
};

static int by_p(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->p > y->p) - (x->p < y->p);
}

bool stats_holm(double *p, size_t n)
{
	struct place *places = calloc(n + 1, sizeof(*places));
	double least = 0;
	size_t count = 0;

	if (!places)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isnan(p[i]))
			places[count++] = (struct place){ p[i], i };
	qsort(places, count, sizeof(*places), by_p);
	for (size_t i = 0; i < count; i++) {
		double corrected = (double)(count - i) * places[i].p;

		if (corrected > least)
			least = corrected;
		p[places[i].at] = least < 1 ? least : 1;
	}
	free(places);
	return true;
}
