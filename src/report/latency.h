/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Latency histograms for eyes: a line per octave, value, count and bar. */
#ifndef REPORT_LATENCY_H
#define REPORT_LATENCY_H

#include <stdio.h>

#include "acct/snapshot.h"

/* Of each of the @n rows of @order that has calls. */
void latency_print(FILE *out, const struct snapshot *snap, const int *order,
		   size_t n);

#endif
