/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --record and --replay, and what goes with them. */
#ifndef RECORD_OPTIONS_H
#define RECORD_OPTIONS_H

#include "options.h"

int record_set_record(struct options *options, const char *arg,
		      struct why *why);
int record_set_replay(struct options *options, const char *arg,
		      struct why *why);

/* 0, or -EINVAL: something does not go with them. A replay's mode is set. */
int record_complete(struct options *options, struct why *why);

#endif
