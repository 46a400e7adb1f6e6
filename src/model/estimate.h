/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A share estimated from looks at random moments, with its 95% confidence
 * interval: Wilson's score interval over the effective number of looks,
 * (sum of weights)^2 / sum of squared weights (Kish). Looks at one thread
 * are spread evenly over time with jitter, which makes the true error
 * smaller than this says; looks at several threads in one round are alike
 * where the threads work in step, which makes it larger. The interval is
 * never of width zero: one look in a hundred can have missed a state.
 */
#ifndef MODEL_ESTIMATE_H
#define MODEL_ESTIMATE_H

#include "model/cell.h"

struct estimate {
	double share;	/* 0..1 */
	double lo, hi;	/* 0 <= lo <= share <= hi <= 1 */
};

/* How large is @part of @whole? With no look at all: share 0, interval 0..1. */
struct estimate estimate_share(const struct tally *part,
			       const struct tally *whole);

#endif
