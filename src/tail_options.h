/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options about single calls, and about functions of the targets. */
#ifndef TAIL_OPTIONS_H
#define TAIL_OPTIONS_H

#include "options.h"

int tail_set_slowest(struct options *o, const char *arg, struct why *why);
int tail_set_probe(struct options *o, const char *arg, struct why *why);
/* What goes together, once all options are known. */
int tail_complete(struct options *o, struct why *why);

#endif
