/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record looked at: reports or the dashboard, of the time that is in it.
 * Nothing of the machine is needed, no privileges and no target.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "options.h"

/* 0 or -errno; the status to exit with for either. */
int replay_run(const struct options *options, int *status, struct why *why);

/* A report of a record, which is the caller's to free; @target is whose it
 * is. It has names that live as long as the call. */
typedef int (*replay_take)(void *arg, struct snapshot *snap,
			   const char *target, struct why *why);

/* The record @path, in about @most intervals at most, one after the other. */
int replay_each(const struct options *options, const char *path, size_t most,
		replay_take take, void *arg, struct why *why);

#endif
