/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper: a tiny process that sees to it that the command goes on,
 * whatever becomes of us. A listener that nobody holds makes every notified
 * call fail for ever; one that nobody reads stops the command. The keeper
 * holds a copy, and answers when the receiver has ended, by a kill or
 * because the session gave up, and when a notification is left unanswered
 * for 100 ms, as the receiver was stopped or hangs. What it answers is not
 * accounted. It has a name of its own, so that a killall by ours does not
 * take both.
 */
#ifndef COLLECT_SECCOMP_KEEPER_H
#define COLLECT_SECCOMP_KEEPER_H

#include "collect/seccomp/board.h"

/* The child's life, from helper_await() on, until the last thread under the
 * filter has ended; ends the process. @argv: our own, blanked. */
void keeper_run(struct board *board, char **argv) __attribute__((noreturn));

#endif
