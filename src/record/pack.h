/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers and texts to bytes and back, the same on all machines. Numbers
 * take seven bits a byte, the lowest first, as most are small; those that
 * may be below zero alternate (0, -1, 1, -2 ...).
 */
#ifndef RECORD_PACK_H
#define RECORD_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of one block. */
#define PACK_MAX (1u << 28)
#define PACK_TEXT_MAX 4096

/* Being written; all-zero at first, memory is freed by pack_done(). */
struct pack {
	uint8_t *data;
	size_t size, room;
	int err;	/* -errno of what did not fit; nothing is written then */
};

void pack_done(struct pack *pack);
void pack_bytes(struct pack *pack, const void *data, size_t size);
void pack_byte(struct pack *pack, uint8_t byte);
void pack_number(struct pack *pack, uint64_t number);
void pack_signed(struct pack *pack, int64_t number);
void pack_double(struct pack *pack, double number);
/* Cut at PACK_TEXT_MAX. */
void pack_text(struct pack *pack, const char *text);

/* Being read. */
struct unpack {
	const uint8_t *at, *end;
	bool bad;	/* it ended too early, or makes no sense */
};

/* 0 where it is bad, and so is all that follows. */
uint8_t unpack_byte(struct unpack *from);
uint64_t unpack_number(struct unpack *from);
int64_t unpack_signed(struct unpack *from);
double unpack_double(struct unpack *from);
/* No NUL within; *ret is empty where it is bad. */
void unpack_text(struct unpack *from, char ret[PACK_TEXT_MAX + 1]);

/* Little-endian, at a place. */
void pack_le32(uint8_t *at, uint32_t value);
void pack_le64(uint8_t *at, uint64_t value);
uint32_t unpack_le32(const uint8_t *at);
uint64_t unpack_le64(const uint8_t *at);

/* CRC-32 as of Ethernet and zlib, goes on from @crc; 0 at first. */
uint32_t pack_crc(uint32_t crc, const void *data, size_t size);

#endif
