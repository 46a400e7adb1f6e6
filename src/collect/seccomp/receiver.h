/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The receiver: a process that takes notifications one by one, reads what
 * can only be read while the thread is parked, answers, and accounts
 * afterwards. It does nothing else: no terminal, no names, no locks, no
 * files but /proc, as whatever it waited for could wait for the command.
 */
#ifndef COLLECT_SECCOMP_RECEIVER_H
#define COLLECT_SECCOMP_RECEIVER_H

#include "base/procfs.h"
#include "collect/seccomp/board.h"

/* The child's life, from helper_await() on; ends the process. */
void receiver_run(struct board *board, const struct procfs *fs)
	__attribute__((noreturn));

#endif
