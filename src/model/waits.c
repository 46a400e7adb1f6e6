/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/waits.h"

#include <stddef.h>
#include <string.h>

/* What the calls wait for is from their manual pages, section 2. */
static const struct {
	const char *syscall, *words;
} table[] = {
	{ "epoll_wait", "waiting for events" },
	{ "epoll_pwait", "waiting for events" },
	{ "epoll_pwait2", "waiting for events" },
	{ "poll", "waiting for events" },
	{ "ppoll", "waiting for events" },
	{ "select", "waiting for events" },
	{ "pselect6", "waiting for events" },
	{ "io_getevents", "waiting for asynchronous I/O" },
	{ "io_uring_enter", "waiting for io_uring" },
	{ "nanosleep", "sleeping" },
	{ "clock_nanosleep", "sleeping" },
	{ "pause", "waiting for a signal" },
	{ "rt_sigsuspend", "waiting for a signal" },
	{ "rt_sigtimedwait", "waiting for a signal" },
	{ "[outside calls]", "stopped or waiting for a page" },
	{ "restart_syscall", "sleeping on after a stop" },
	{ "wait4", "waiting for children" },
	{ "waitid", "waiting for children" },
	{ "futex", "waiting for a lock or another thread" },
	{ "futex_wait", "waiting for a lock or another thread" },
	{ "futex_waitv", "waiting for a lock or another thread" },
	{ "flock", "waiting for a file lock" },
	{ "accept", "waiting for connections" },
	{ "accept4", "waiting for connections" },
	{ "recvfrom", "waiting to receive" },
	{ "recvmsg", "waiting to receive" },
	{ "recvmmsg", "waiting to receive" },
	{ "sendto", "waiting to send" },
	{ "sendmsg", "waiting to send" },
	{ "connect", "waiting for a connection" },
	{ "fsync", "waiting for the disk in fsync" },
	{ "fdatasync", "waiting for the disk in fdatasync" },
};

const char *waits_words(const char *syscall)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(table[i].syscall, syscall))
			return table[i].words;
	return NULL;
}
