/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this build has and knows: --version and --list. */
#ifndef ABOUT_H
#define ABOUT_H

#include <stdio.h>

#include "base/why.h"

void about_version(FILE *out);
/* --list=WHAT: the first word of a line is a name, the rest is said of it.
 * -EINVAL for an unknown WHAT. */
int about_list(FILE *out, const char *what, struct why *why);

#endif
