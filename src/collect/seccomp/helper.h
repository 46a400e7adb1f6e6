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

#include "collect/seccomp/board.h"

/* Wait until the command-to-be has a listener. -ESRCH: there will be none. */
int helper_await(const struct board *board);

/*
 * Have a table of descriptors of one's own, with nothing else done to it.
 * 0 or -errno: some containers refuse it.
 */
int helper_own_table(void);

/*
 * Become independent of the session: a name of its own (15 characters at
 * most), no signals but the one that is to interrupt calls, and no
 * descriptors but @fds, of which -1 is none.
 */
void helper_detach(const char *name, int interrupting, const int *fds, int n);

/* Wake whoever waits in helper_await(). */
void helper_wake(struct board *board);

#endif
