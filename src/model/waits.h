/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a thread that is blocked in a call waits for, in words, for the
 * verdict line: calls that users do not know by name say nothing to them.
 */
#ifndef MODEL_WAITS_H
#define MODEL_WAITS_H

#include <stdbool.h>

/* "waiting for events" for epoll_wait, NULL for a call without words. */
const char *waits_words(const char *syscall);

/* What a blocked thread waits for, coarsely. */
enum wait_kind {
	WAIT_EVENTS,
	WAIT_NETWORK,
	WAIT_FILES,
	WAIT_IO,	/* read and write, of whatever there is */
	WAIT_DISK,	/* these, where it was seen in the kernel ... */
	WAIT_FAULT,
	WAIT_PIPE,
	WAIT_STOPPED,	/* ... and not by the call alone */
	WAIT_LOCKS,
	WAIT_SLEEP,
	WAIT_CHILD,
	WAIT_OTHER,
	WAIT_KINDS
};

/* By the call alone; [outside calls] and what is not listed is other. */
enum wait_kind waits_kind(const char *syscall);

/*
 * Whether its nature is to wait for what others do at their leisure: events,
 * timers, children, connections. How long that takes says nothing of the
 * call, nor of who makes it.
 */
bool waits_by_nature(const char *syscall);

extern const char *const wait_kind_names[WAIT_KINDS];

#endif
