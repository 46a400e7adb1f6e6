/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/squeeze.h"

#include <errno.h>

#ifdef HAVE_LIBZSTD

#include <zstd.h>

/* The fastest of those that have a number. */
#define LEVEL 1

const bool squeeze_built_in = true;

size_t squeeze(void *to, size_t room, const void *from, size_t size)
{
	size_t n = ZSTD_compress(to, room, from, size, LEVEL);

	return ZSTD_isError(n) || n >= size ? 0 : n;
}

int squeeze_undo(void *to, size_t size, const void *from, size_t from_size)
{
	size_t n = ZSTD_decompress(to, size, from, from_size);

	return ZSTD_isError(n) || n != size ? -EPROTO : 0;
}

#else

const bool squeeze_built_in;

size_t squeeze(void *to, size_t room, const void *from, size_t size)
{
	(void)to;
	(void)room;
	(void)from;
	(void)size;
	return 0;
}

int squeeze_undo(void *to, size_t size, const void *from, size_t from_size)
{
	(void)to;
	(void)size;
	(void)from;
	(void)from_size;
	return -ENOTSUP;
}

#endif
