/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/block.h"

#include <string.h>

#define MAGIC 0x4b4c4253u	/* "SBLK" */

/* Sums of all that a file can have do not overflow. */
#define MAX_NS (1ll << 56)

static bool in_range(int64_t ns)
{
	return ns >= 0 && ns <= MAX_NS;
}

/* A time since 1970 has 61 bits by now. */
static bool makes_sense(const struct block *block)
{
	const struct record_block *interval = &block->interval;

	return (block->kind == BLOCK_HEAD ||
		block->kind == BLOCK_INTERVAL) &&
	       block->stored <= PACK_MAX && block->raw <= PACK_MAX &&
	       (block->squeezed || block->stored == block->raw) &&
	       interval->end_ns >= 0 && interval->end_ns < 1ll << 62 &&
	       in_range(interval->end_mono_ns) &&
	       in_range(interval->interval_ns) &&
	       interval->own_cpu_ns >= -MAX_NS &&
	       interval->own_cpu_ns <= MAX_NS &&
	       interval->call_cost_ns >= -1 &&
	       interval->call_cost_ns <= MAX_NS;
}

bool block_read(const uint8_t data[BLOCK_SIZE], struct block *ret)
{
	uint32_t squeezed = unpack_le32(data + 8);

	*ret = (struct block){
		.kind = (enum block_kind)unpack_le32(data + 4),
		.squeezed = squeezed,
		.stored = unpack_le32(data + 12),
		.raw = unpack_le32(data + 16),
		.crc = unpack_le32(data + 20),
		.interval = {
			.end_ns = (int64_t)unpack_le64(data + 24),
			.end_mono_ns = (int64_t)unpack_le64(data + 32),
			.interval_ns = (int64_t)unpack_le64(data + 40),
			.own_cpu_ns = (int64_t)unpack_le64(data + 48),
			.call_cost_ns = (int64_t)unpack_le64(data + 56),
		},
	};
	return unpack_le32(data) == MAGIC && squeezed <= 1 &&
	       makes_sense(ret);
}

static void put(uint8_t to[BLOCK_SIZE], const struct block *block,
		uint32_t crc)
{
	const struct record_block *interval = &block->interval;

	pack_le32(to, MAGIC);
	pack_le32(to + 4, block->kind);
	pack_le32(to + 8, block->squeezed);
	pack_le32(to + 12, block->stored);
	pack_le32(to + 16, block->raw);
	pack_le32(to + 20, crc);
	pack_le64(to + 24, (uint64_t)interval->end_ns);
	pack_le64(to + 32, (uint64_t)interval->end_mono_ns);
	pack_le64(to + 40, (uint64_t)interval->interval_ns);
	pack_le64(to + 48, (uint64_t)interval->own_cpu_ns);
	pack_le64(to + 56, (uint64_t)interval->call_cost_ns);
}

static uint32_t sum(const struct block *block, const void *data)
{
	uint8_t before[BLOCK_SIZE];

	put(before, block, 0);
	return pack_crc(pack_crc(0, before, sizeof(before)), data,
			block->stored);
}

void block_write(uint8_t to[BLOCK_SIZE], struct block *block,
		 const void *data)
{
	block->crc = sum(block, data);
	put(to, block, block->crc);
}

bool block_is_whole(const struct block *block, const void *data)
{
	return sum(block, data) == block->crc;
}
