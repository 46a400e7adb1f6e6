/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door to libzstd: bytes made fewer, and back. */
#ifndef RECORD_SQUEEZE_H
#define RECORD_SQUEEZE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it is built in; without it blocks are stored as they are. */
extern const bool squeeze_built_in;

/* To @to, which has room for @room bytes; how many there are, or 0: it would
 * not become less, or cannot be done. */
size_t squeeze(void *to, size_t room, const void *from, size_t size);

/* Back again: 0 where that makes just @size bytes; -EPROTO: it does not,
 * -ENOTSUP: not built in. */
int squeeze_undo(void *to, size_t size, const void *from, size_t from_size);

#endif
