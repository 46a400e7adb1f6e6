/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a thread that is blocked in a call waits for, in words, for the
 * verdict line: calls that users do not know by name say nothing to them.
 */
#ifndef MODEL_WAITS_H
#define MODEL_WAITS_H

/* "waiting for events" for epoll_wait, NULL for a call without words. */
const char *waits_words(const char *syscall);

#endif
