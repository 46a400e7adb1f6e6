/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of --diff: what changed in words, and a table; or JSON, which
 * docs/diff.schema.json describes. */
#ifndef DIFF_PRINT_H
#define DIFF_PRINT_H

#include <stdio.h>

#include "compare/diff.h"
#include "options.h"

int diff_print_text(FILE *out, const struct observations *o,
		    const struct diff *diff, const struct options *options,
		    struct why *why);
int diff_print_json(FILE *out, const struct observations *o,
		    const struct diff *diff, const struct options *options,
		    struct why *why);

/* The one sentence that comes first, without a line's end. */
void diff_print_verdict(FILE *out, const struct observations *o,
			const struct diff *diff);

/* "calls per CREATE": what is compared; untrusted parts are made safe. */
char *diff_words(char *buf, size_t size, const struct diff_row *row,
		 const struct comparison *c);

#endif
