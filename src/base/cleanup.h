/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope cleanup for leaf functions: `_cleanup_(close_fd) int fd = -1;`.
 * Objects with a life of their own use _open/_close pairs instead.
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

static inline void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void free_ptr(void *p)
{
	free(*(void **)p);
}

#endif
