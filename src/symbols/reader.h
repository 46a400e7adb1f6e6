/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes of a file that may say anything: reads that never leave the memory
 * they were given. Behind the end everything is 0, and bad is set.
 */
#ifndef SYMBOLS_READER_H
#define SYMBOLS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *at, *end;
	bool bad;
};

static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

static inline void reader_skip(struct reader *r, uint64_t n)
{
	if (n > reader_left(r)) {
		r->bad = true;
		r->at = r->end;
	} else {
		r->at += n;
	}
}

/* A little-endian number of up to 8 bytes. */
static inline uint64_t reader_fixed(struct reader *r, size_t size)
{
	const uint8_t *from = r->at;
	uint64_t value = 0;

	reader_skip(r, size);
	if (r->bad)
		return 0;
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

static inline int64_t reader_signed(struct reader *r, size_t size)
{
	unsigned shift = (unsigned)(64 - 8 * size);

	return (int64_t)(reader_fixed(r, size) << shift) >> shift;
}

/* LEB128; what is beyond 64 bits is lost. @extend: the sign, which is the
 * highest bit that is there. */
static inline uint64_t reader_leb(struct reader *r, bool extend)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	do {
		byte = (uint8_t)reader_fixed(r, 1);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while ((byte & 0x80) && !r->bad);
	if (extend && shift < 64 && (byte & 0x40))
		value |= ~0ull << shift;
	return value;
}

static inline uint64_t reader_uleb(struct reader *r)
{
	return reader_leb(r, false);
}

static inline int64_t reader_sleb(struct reader *r)
{
	return (int64_t)reader_leb(r, true);
}

/* The next @n bytes on their own. */
static inline struct reader reader_part(struct reader *r, uint64_t n)
{
	struct reader part = { r->at, r->at, false };

	reader_skip(r, n);
	part.end = r->at;
	part.bad = r->bad;
	return part;
}

#endif
