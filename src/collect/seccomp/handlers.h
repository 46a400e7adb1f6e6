/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds processes that install a signal handler without SA_RESTART, where
 * rt_sigaction is notified: such a handler makes a parked call fail with
 * EINTR. The flags are in the caller's memory, which is read while it is
 * parked, and only for these rare calls: memory that its owner serves by
 * userfaultfd could hold up the receiver, until the keeper answers.
 */
#ifndef COLLECT_SECCOMP_HANDLERS_H
#define COLLECT_SECCOMP_HANDLERS_H

#include "collect/seccomp/board.h"

/* A call of a parked thread. Warns on the board, once for each thread. */
void handlers_look(struct board *board, struct board_task *task,
		   const struct seccomp_data *data);

#endif
