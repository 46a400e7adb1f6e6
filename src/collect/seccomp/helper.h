/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the receiver and the keeper have in common. Both are our children,
 * made before the command and sharing the table of descriptors with it until
 * the filter is installed: so the listener appears in all of them in the same
 * moment, and there is none in which the death of one leaves the command
 * without an answer. Then each takes a table of its own, with nothing in it
 * that the command could hold or wait for, and leaves the terminal's reach.
 */
#ifndef COLLECT_SECCOMP_HELPER_H
#define COLLECT_SECCOMP_HELPER_H

#include "base/procfs.h"
#include "collect/seccomp/board.h"

/* Wait until the command-to-be has a listener. -ESRCH: there will be none. */
int helper_await(const struct board *board);

/*
 * Become independent of the session: a name of its own (15 characters at
 * most), no signals but the one that is to interrupt calls, and no
 * descriptors but @fds, of which -1 is none.
 */
void helper_detach(const char *name, int interrupting, const int *fds, int n);

/*
 * Kernels before 6.6 wake us on another CPU, which takes five times as long
 * as on the same one. The target must not be moved; we can be, to where it
 * was put last. To be looked at every so many notifications.
 */
#define HELPER_FOLLOW_EVERY 32
void helper_follow(const struct procfs *fs, pid_t tid);

/* Wake whoever waits in helper_await(). */
void helper_wake(struct board *board);

#endif
