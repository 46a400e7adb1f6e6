/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory that grows by doubling, for what is written bit by bit. */
#ifndef BASE_GROW_H
#define BASE_GROW_H

#include <stddef.h>

/*
 * Room for @more bytes behind the @used of *data, which has *room of them, 0
 * at first with NULL; never more than @max, a power of two of 4,096 or more.
 * 0, -EFBIG, or -ENOMEM: then all is as it was.
 */
int grow(void **data, size_t *room, size_t used, size_t more, size_t max);

#endif
