/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked for of calls beyond which they are: code, reasons, objects. */
#ifndef DETAIL_OPTIONS_H
#define DETAIL_OPTIONS_H

#include "options.h"

int detail_set_unwind(struct options *o, const char *arg, struct why *why);
int detail_set_profile(struct options *o, const char *arg, struct why *why);

/* 0, or -EINVAL where options do not go together; completes --by. */
int detail_complete(struct options *o, struct why *why);

#endif
