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

#endif
