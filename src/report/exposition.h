/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two texts that Prometheus and its kin read: OpenMetrics 1.0, and the
 * older text format 0.0.4 of Prometheus. A family is begun, and then has all
 * its samples; names are ours, values of labels anybody's.
 */
#ifndef REPORT_EXPOSITION_H
#define REPORT_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum family_kind { FAMILY_COUNTER, FAMILY_GAUGE, FAMILY_INFO,
		   FAMILY_HISTOGRAM };

struct exposition {
	FILE *out;
	bool plain;		/* of Prometheus, not OpenMetrics */
	enum family_kind kind;	/* of the family that was begun */
	char name[128];
};

/* Enough for any set of labels here; what is longer is cut. */
#define LABELS_MAX 512
#define LABEL_VALUE_MAX 128

/* Without the suffix that goes with the kind; @unit may be NULL. */
void exposition_begin(struct exposition *e, enum family_kind kind,
		      const char *name, const char *unit, const char *help);

/* Of the family that was begun; @labels without braces, "" for none. */
void exposition_count(const struct exposition *e, const char *labels,
		      int64_t value);
/* In seconds, to the nanosecond. */
void exposition_seconds(const struct exposition *e, const char *labels,
			int64_t ns);

/* A bucket of a histogram, cumulative; @ns is the longest time in it, below
 * 0 the last one. */
void exposition_bucket(const struct exposition *e, const char *labels,
		       int64_t ns, uint64_t count);
/* What ends one histogram; @sum_ns below 0: not known. */
void exposition_sum(const struct exposition *e, const char *labels,
		    uint64_t count, int64_t sum_ns);

/* Appends a label to @labels, of LABELS_MAX bytes; the value is made safe. */
void exposition_label(char *labels, const char *name, const char *value);

/* No more follows. */
void exposition_end(const struct exposition *e);

#endif
