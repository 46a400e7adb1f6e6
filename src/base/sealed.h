/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is handed to another process by a descriptor, and that nobody
 * can change any more: however much it is, handing it over is one small
 * message, and whoever gets it reads it when it likes.
 */
#ifndef BASE_SEALED_H
#define BASE_SEALED_H

#include <stddef.h>

/* A copy of @data; a descriptor, or -errno. */
int sealed_new(const void *data, size_t size);

/*
 * What is in it, which the caller frees. -EPROTO: it is something else, that
 * could change or keep a reader waiting; -EFBIG: more than @max.
 */
int sealed_read(int fd, size_t max, void **ret, size_t *size);

#endif
