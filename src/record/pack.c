/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

void pack_done(struct pack *pack)
{
	free(pack->data);
	*pack = (struct pack){ .size = 0 };
}

void pack_bytes(struct pack *pack, const void *data, size_t size)
{
	void *all = pack->data;

	if (pack->err || !size)
		return;
	pack->err = grow(&all, &pack->room, pack->size, size, PACK_MAX);
	if (pack->err)
		return;
	pack->data = all;
	memcpy(pack->data + pack->size, data, size);
	pack->size += size;
}

void pack_byte(struct pack *pack, uint8_t byte)
{
	pack_bytes(pack, &byte, 1);
}

void pack_number(struct pack *pack, uint64_t number)
{
	uint8_t bytes[10];
	size_t n = 0;

	for (; number >= 0x80; number >>= 7)
		bytes[n++] = (uint8_t)(number | 0x80);
	bytes[n++] = (uint8_t)number;
	pack_bytes(pack, bytes, n);
}

void pack_signed(struct pack *pack, int64_t number)
{
	uint64_t twice = (uint64_t)number << 1;

	pack_number(pack, number < 0 ? ~twice : twice);
}

void pack_double(struct pack *pack, double number)
{
	uint8_t bytes[8];
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	pack_le64(bytes, bits);
	pack_bytes(pack, bytes, sizeof(bytes));
}

void pack_text(struct pack *pack, const char *text)
{
	size_t len = strnlen(text, PACK_TEXT_MAX);

	pack_number(pack, len);
	pack_bytes(pack, text, len);
}

static const uint8_t *take(struct unpack *from, size_t size)
{
	const uint8_t *at = from->at;

	if (from->bad || (size_t)(from->end - at) < size) {
		from->bad = true;
		return NULL;
	}
	from->at += size;
	return at;
}

uint8_t unpack_byte(struct unpack *from)
{
	const uint8_t *at = take(from, 1);

	return at ? *at : 0;
}

uint64_t unpack_number(struct unpack *from)
{
	uint64_t number = 0;

	for (int shift = 0; shift < 64; shift += 7) {
		uint8_t byte = unpack_byte(from);

		/* The tenth one has room for one bit. */
		if (shift == 63 && byte > 1)
			break;
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return number;
	}
	from->bad = true;
	return 0;
}

int64_t unpack_signed(struct unpack *from)
{
	uint64_t twice = unpack_number(from);

	return (int64_t)(twice & 1 ? ~(twice >> 1) : twice >> 1);
}

double unpack_double(struct unpack *from)
{
	const uint8_t *at = take(from, 8);
	double number = 0;
	uint64_t bits;

	if (at) {
		bits = unpack_le64(at);
		memcpy(&number, &bits, sizeof(number));
	}
	return number;
}

void unpack_text(struct unpack *from, char ret[PACK_TEXT_MAX + 1])
{
	uint64_t len = unpack_number(from);
	const uint8_t *at = NULL;

	*ret = '\0';
	if (len <= PACK_TEXT_MAX)
		at = take(from, (size_t)len);
	if (!at || memchr(at, '\0', (size_t)len)) {
		from->bad = true;
		return;
	}
	memcpy(ret, at, (size_t)len);
	ret[len] = '\0';
}

void pack_le32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

void pack_le64(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

uint32_t unpack_le32(const uint8_t *at)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value |= (uint32_t)at[i] << 8 * i;
	return value;
}

uint64_t unpack_le64(const uint8_t *at)
{
	return unpack_le32(at) | (uint64_t)unpack_le32(at + 4) << 32;
}

uint32_t pack_crc(uint32_t crc, const void *data, size_t size)
{
	/* Of each half of a byte: as fast as a disk, and sixteen numbers. */
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	crc = ~crc;
	for (const uint8_t *p = data; size; size--, p++) {
		crc = table[(crc ^ *p) & 15] ^ crc >> 4;
		crc = table[(crc ^ *p >> 4) & 15] ^ crc >> 4;
	}
	return ~crc;
}
