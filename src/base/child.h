/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Right after fork(), in the child: forgetting what it has of us. What ends
 * or waits for us must not depend on it, nor it on us, and nothing of it may
 * show on our terminal. All of them keep to system calls.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <sys/types.h>

/* It dies with @parent, which forked it. */
void child_tie(pid_t parent);

/* The same, and of what kills others: no signal is blocked, ignored or
 * handled. */
void child_reset(pid_t parent);

/* In @group, or with 0 in one that it leads. Both sides call it, as neither
 * knows who comes first. */
void child_join(pid_t pid, pid_t group);

/* Standard input, output and error are @in, @out and @err; where that is -1,
 * /dev/null. 0 or -errno. */
int child_streams(int in, int out, int err);

/* Descriptors from @first to @last are closed; none if that is less. */
void child_close_range(unsigned first, unsigned last);

/* Nothing but the standard streams and @fd stays open. */
void child_close_others(int fd);

#endif
