/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which options make sense together with --contrast. */
#ifndef CONTRAST_OPTIONS_H
#define CONTRAST_OPTIONS_H

#include "base/why.h"
#include "options.h"

/* 0, or -EINVAL with the user's mistake in @why. */
int contrast_check(const struct options *options, struct why *why);

#endif
