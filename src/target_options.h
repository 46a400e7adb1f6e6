/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that say which running processes are to be accounted. */
#ifndef TARGET_OPTIONS_H
#define TARGET_OPTIONS_H

#include "options.h"

#define MAX_PIDS 4096

int target_set_pid(struct options *o, const char *arg, struct why *why);
int target_set_name(struct options *o, const char *arg, struct why *why);
int target_set_cgroup(struct options *o, const char *arg, struct why *why);

#endif
