/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a record looks from outside: its first line, and before each block what
 * is in it, how long it is and its checksum.
 *
 *	 0	"SBLK"
 *	 4	kind
 *	 8	1: compressed by zstd, 0: not
 *	12	bytes that follow
 *	16	bytes that become of them
 *	20	CRC-32 of all of the block, this being 0
 *	24	end, since 1970; 32: on the monotonic clock; 40: how long the
 *		interval was; 48: our CPU time in it; 56: what a call takes
 *		longer, or -1; all in nanoseconds, and 0 in the head
 *
 * All numbers are little-endian.
 */
#ifndef RECORD_BLOCK_H
#define RECORD_BLOCK_H

#include <sys/types.h>

#include "record/pack.h"
#include "record/record.h"

/* And a number and a newline. */
#define RECORD_MAGIC "smbsysacct record "

#define BLOCK_SIZE 64	/* of what is before a block */

enum block_kind { BLOCK_HEAD = 1, BLOCK_INTERVAL };

struct block {
	enum block_kind kind;
	bool squeezed;
	uint32_t stored, raw;
	uint32_t crc;
	struct record_block interval;
};

/* Whether @data, so long, is a block's beginning that makes sense. */
bool block_read(const uint8_t data[BLOCK_SIZE], struct block *ret);

/* With the checksum of it and of the @data that follows. */
void block_write(uint8_t to[BLOCK_SIZE], struct block *block,
		 const void *data);

bool block_is_whole(const struct block *block, const void *data);

#endif
