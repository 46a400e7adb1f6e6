/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads below a /proc that need not be /proc: tests point the root at a
 * recorded tree. All functions return -errno on failure and never block on
 * the task that is read. Descriptors are the caller's.
 */
#ifndef BASE_PROCFS_H
#define BASE_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/why.h"

struct procfs {
	int root;	/* directory descriptor, -1 when closed */
};

int procfs_init(struct procfs *fs, const char *path, struct why *why);
void procfs_done(struct procfs *fs);

/* Open a file below the root; O_CLOEXEC. A descriptor, or -errno. */
int procfs_open(const struct procfs *fs, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Read an open /proc file anew from its start, NUL-terminated. The number
 * of bytes, or -errno: -ESRCH says that the task is gone. One call reads
 * one kernel-made record: what does not fit is cut.
 */
ssize_t procfs_reread(int fd, char *buf, size_t size);

/* Read on behind the first @done bytes, as far as there is more and room;
 * for files of many records. The number of bytes in all, or -errno. */
ssize_t procfs_reread_on(int fd, char *buf, size_t size, ssize_t done);

/* Open, read from the start, close. */
ssize_t procfs_read(const struct procfs *fs, char *buf, size_t size,
		    const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Call @each for every entry of a directory that is a number (a pid or a
 * thread id) until it returns non-zero; returns what it returned last.
 */
int procfs_each_id(const struct procfs *fs, const char *path,
		   int (*each)(pid_t id, void *arg), void *arg);

/* Which PID namespace we are in: ids of another one mean nothing here. 0:
 * not known. */
uint64_t procfs_pid_ns(const struct procfs *fs);

#endif
