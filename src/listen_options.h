/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options about metrics: --format=openmetrics and --listen. */
#ifndef LISTEN_OPTIONS_H
#define LISTEN_OPTIONS_H

#include "options.h"

int listen_set(struct options *o, const char *arg, struct why *why);
/* What goes together, once all options are known; before that of others, as
 * it chooses the report. */
int listen_complete(struct options *o, struct why *why);

#endif
