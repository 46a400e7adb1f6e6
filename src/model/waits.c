/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/waits.h"

#include <stddef.h>
#include <string.h>

/* What the calls wait for is from their manual pages, section 2. */
static const struct {
	const char *syscall;
	enum wait_kind kind;
	const char *words;	/* NULL: their name says it */
} table[] = {
	{ "epoll_wait", WAIT_EVENTS, "waiting for events" },
	{ "epoll_pwait", WAIT_EVENTS, "waiting for events" },
	{ "epoll_pwait2", WAIT_EVENTS, "waiting for events" },
	{ "poll", WAIT_EVENTS, "waiting for events" },
	{ "ppoll", WAIT_EVENTS, "waiting for events" },
	{ "select", WAIT_EVENTS, "waiting for events" },
	{ "pselect6", WAIT_EVENTS, "waiting for events" },
	{ "io_getevents", WAIT_FILES, "waiting for asynchronous I/O" },
	{ "io_uring_enter", WAIT_EVENTS, "waiting for io_uring" },
	{ "nanosleep", WAIT_SLEEP, "sleeping" },
	{ "clock_nanosleep", WAIT_SLEEP, "sleeping" },
	{ "pause", WAIT_SLEEP, "waiting for a signal" },
	{ "rt_sigsuspend", WAIT_SLEEP, "waiting for a signal" },
	{ "rt_sigtimedwait", WAIT_SLEEP, "waiting for a signal" },
	{ "[outside calls]", WAIT_OTHER, "stopped or waiting for a page" },
	{ "restart_syscall", WAIT_SLEEP, "sleeping on after a stop" },
	{ "wait4", WAIT_CHILD, "waiting for children" },
	{ "waitid", WAIT_CHILD, "waiting for children" },
	{ "futex", WAIT_LOCKS, "waiting for a lock or another thread" },
	{ "futex_wait", WAIT_LOCKS, "waiting for a lock or another thread" },
	{ "futex_waitv", WAIT_LOCKS, "waiting for a lock or another thread" },
	{ "flock", WAIT_LOCKS, "waiting for a file lock" },
	{ "accept", WAIT_NETWORK, "waiting for connections" },
	{ "accept4", WAIT_NETWORK, "waiting for connections" },
	{ "recvfrom", WAIT_NETWORK, "waiting to receive" },
	{ "recvmsg", WAIT_NETWORK, "waiting to receive" },
	{ "recvmmsg", WAIT_NETWORK, "waiting to receive" },
	{ "sendto", WAIT_NETWORK, "waiting to send" },
	{ "sendmsg", WAIT_NETWORK, "waiting to send" },
	{ "connect", WAIT_NETWORK, "waiting for a connection" },
	{ "fsync", WAIT_FILES, "waiting for the disk in fsync" },
	{ "fdatasync", WAIT_FILES, "waiting for the disk in fdatasync" },
	{ "_newselect", WAIT_EVENTS, NULL },
	{ "pselect6_time64", WAIT_EVENTS, NULL },
	{ "ppoll_time64", WAIT_EVENTS, NULL },
	{ "recvmmsg_time64", WAIT_NETWORK, NULL },
	{ "futex_time64", WAIT_LOCKS, NULL },
	{ "futex_requeue", WAIT_LOCKS, NULL },
	{ "semop", WAIT_LOCKS, NULL },
	{ "semtimedop", WAIT_LOCKS, NULL },
	{ "semtimedop_time64", WAIT_LOCKS, NULL },
	{ "clock_nanosleep_time64", WAIT_SLEEP, NULL },
	{ "rt_sigtimedwait_time64", WAIT_SLEEP, NULL },
	{ "waitpid", WAIT_CHILD, NULL },
	{ "vfork", WAIT_CHILD, NULL },
	{ "sendmmsg", WAIT_NETWORK, NULL },
	{ "shutdown", WAIT_NETWORK, NULL },
	{ "socketcall", WAIT_NETWORK, NULL },
	{ "mq_timedreceive", WAIT_NETWORK, NULL },
	{ "mq_timedsend", WAIT_NETWORK, NULL },
	{ "msgrcv", WAIT_NETWORK, NULL },
	{ "msgsnd", WAIT_NETWORK, NULL },
	{ "open", WAIT_FILES, NULL },
	{ "openat", WAIT_FILES, NULL },
	{ "openat2", WAIT_FILES, NULL },
	{ "creat", WAIT_FILES, NULL },
	{ "close", WAIT_FILES, NULL },
	{ "stat", WAIT_FILES, NULL },
	{ "lstat", WAIT_FILES, NULL },
	{ "fstat", WAIT_FILES, NULL },
	{ "newfstatat", WAIT_FILES, NULL },
	{ "statx", WAIT_FILES, NULL },
	{ "access", WAIT_FILES, NULL },
	{ "faccessat", WAIT_FILES, NULL },
	{ "faccessat2", WAIT_FILES, NULL },
	{ "readlink", WAIT_FILES, NULL },
	{ "readlinkat", WAIT_FILES, NULL },
	{ "getdents", WAIT_FILES, NULL },
	{ "getdents64", WAIT_FILES, NULL },
	{ "unlink", WAIT_FILES, NULL },
	{ "unlinkat", WAIT_FILES, NULL },
	{ "rename", WAIT_FILES, NULL },
	{ "renameat", WAIT_FILES, NULL },
	{ "renameat2", WAIT_FILES, NULL },
	{ "mkdir", WAIT_FILES, NULL },
	{ "mkdirat", WAIT_FILES, NULL },
	{ "rmdir", WAIT_FILES, NULL },
	{ "link", WAIT_FILES, NULL },
	{ "linkat", WAIT_FILES, NULL },
	{ "symlink", WAIT_FILES, NULL },
	{ "symlinkat", WAIT_FILES, NULL },
	{ "truncate", WAIT_FILES, NULL },
	{ "ftruncate", WAIT_FILES, NULL },
	{ "fallocate", WAIT_FILES, NULL },
	{ "sync", WAIT_FILES, NULL },
	{ "syncfs", WAIT_FILES, NULL },
	{ "sync_file_range", WAIT_FILES, NULL },
	{ "msync", WAIT_FILES, NULL },
	{ "pread64", WAIT_FILES, NULL },
	{ "preadv", WAIT_FILES, NULL },
	{ "preadv2", WAIT_FILES, NULL },
	{ "pwrite64", WAIT_FILES, NULL },
	{ "pwritev", WAIT_FILES, NULL },
	{ "pwritev2", WAIT_FILES, NULL },
	{ "copy_file_range", WAIT_FILES, NULL },
	{ "getxattr", WAIT_FILES, NULL },
	{ "fgetxattr", WAIT_FILES, NULL },
	{ "lgetxattr", WAIT_FILES, NULL },
	{ "listxattr", WAIT_FILES, NULL },
	{ "setxattr", WAIT_FILES, NULL },
	{ "fsetxattr", WAIT_FILES, NULL },
	{ "lsetxattr", WAIT_FILES, NULL },
	{ "chmod", WAIT_FILES, NULL },
	{ "fchmod", WAIT_FILES, NULL },
	{ "fchmodat", WAIT_FILES, NULL },
	{ "fchmodat2", WAIT_FILES, NULL },
	{ "chown", WAIT_FILES, NULL },
	{ "fchown", WAIT_FILES, NULL },
	{ "lchown", WAIT_FILES, NULL },
	{ "fchownat", WAIT_FILES, NULL },
	{ "utimensat", WAIT_FILES, NULL },
	{ "statfs", WAIT_FILES, NULL },
	{ "fstatfs", WAIT_FILES, NULL },
	{ "mount", WAIT_FILES, NULL },
	{ "execve", WAIT_FILES, NULL },
	{ "execveat", WAIT_FILES, NULL },
	{ "read", WAIT_IO, NULL },
	{ "readv", WAIT_IO, NULL },
	{ "write", WAIT_IO, NULL },
	{ "writev", WAIT_IO, NULL },
	{ "sendfile", WAIT_IO, NULL },
	{ "splice", WAIT_IO, NULL },
	{ "tee", WAIT_IO, NULL },
	{ "vmsplice", WAIT_IO, NULL },
};

const char *const wait_kind_names[WAIT_KINDS] = {
	[WAIT_EVENTS] = "events",
	[WAIT_NETWORK] = "network",
	[WAIT_FILES] = "files",
	[WAIT_IO] = "read/write",
	[WAIT_DISK] = "disk",
	[WAIT_FAULT] = "page fault",
	[WAIT_PIPE] = "pipe",
	[WAIT_STOPPED] = "stopped",
	[WAIT_LOCKS] = "locks",
	[WAIT_SLEEP] = "sleep",
	[WAIT_CHILD] = "child",
	[WAIT_OTHER] = "other",
};

static int find(const char *syscall)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(table[i].syscall, syscall))
			return (int)i;
	return -1;
}

const char *waits_words(const char *syscall)
{
	int i = find(syscall);

	return i < 0 ? NULL : table[i].words;
}

enum wait_kind waits_kind(const char *syscall)
{
	int i = find(syscall);

	return i < 0 ? WAIT_OTHER : table[i].kind;
}

bool waits_by_nature(const char *syscall)
{
	enum wait_kind kind = waits_kind(syscall);

	return kind == WAIT_EVENTS || kind == WAIT_SLEEP ||
	       kind == WAIT_CHILD || !strcmp(syscall, "accept") ||
	       !strcmp(syscall, "accept4");
}
