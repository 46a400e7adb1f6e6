/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --contrast has found, as tables, or as one JSON object on a line that
 * docs/contrast.schema.json describes. */
#ifndef CONTRAST_PRINT_H
#define CONTRAST_PRINT_H

#include <stdio.h>

#include "base/why.h"
#include "compare/contest.h"

/* 0 or -errno; what was printed until then is to be thrown away. */
int contrast_print_text(FILE *out, const struct contest *contest,
			char *const *command, struct why *why);
int contrast_print_json(FILE *out, const struct contest *contest,
			char *const *command, struct why *why);

#endif
