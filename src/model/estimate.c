/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/estimate.h"

#include <math.h>

#define Z95 1.959964	/* normal quantile of a two-sided 95% interval */

struct estimate estimate_share(const struct tally *part,
			       const struct tally *whole)
{
	struct estimate ret = { .lo = 0, .hi = 1 };
	double n, p, z2n, mid, half;

	if (whole->weight_ns <= 0 || whole->weight_sq <= 0)
		return ret;
	n = whole->weight_ns * whole->weight_ns / whole->weight_sq;
	p = part->weight_ns / whole->weight_ns;
	p = fmin(fmax(p, 0), 1);
	z2n = Z95 * Z95 / n;
	mid = (p + z2n / 2) / (1 + z2n);
	half = Z95 * sqrt(p * (1 - p) / n + z2n / (4 * n)) / (1 + z2n);
	ret.share = p;
	ret.lo = fmin(fmax(mid - half, 0), p);
	ret.hi = fmax(fmin(mid + half, 1), p);
	return ret;
}
