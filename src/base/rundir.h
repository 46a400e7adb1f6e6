/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder in which our processes of one user find each other: smbsysacct
 * in $XDG_RUNTIME_DIR, in /run/user/UID, or for root in /run. It is ours
 * alone, mode 0700, and so is what it is in: nobody else can put a socket
 * there or rename it.
 */
#ifndef BASE_RUNDIR_H
#define BASE_RUNDIR_H

#include <stdbool.h>

#include "base/why.h"

/* So many places there may be: what is offered is in the first that will
 * do, so who looks for it looks in all. */
#define RUNDIR_PLACES 3

/*
 * Opens the folder in place @nth, which is made if @make; the descriptor is
 * the caller's. -ENOENT: there is none; -EPERM: one that is not private.
 */
int rundir_open(int *ret, int nth, bool make, struct why *why);

#endif
