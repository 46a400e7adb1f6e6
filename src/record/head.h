/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record's head: a line per fact, its name first. What keys, measures and
 * losses are numbered by in the blocks is there by name, so that a reader
 * that knows other ones as well finds its own; one that does not know all of
 * them refuses the record, as it would leave something out. Lines that are
 * not known are passed over.
 */
#ifndef RECORD_HEAD_H
#define RECORD_HEAD_H

#include "record/pack.h"
#include "record/record.h"

#define HEAD_NAMES 64

/* What is said by number in a record, by our own numbers. */
struct head_names {
	int n;
	uint8_t ours[HEAD_NAMES];
};

struct head_dialect {
	struct head_names measures, losses;
	struct head_names fields;	/* of keys, see fields.h */
};

void head_write(struct pack *pack, const struct record_head *head);

/* 0, or -errno with a sentence about the record. */
int head_read(const char *text, size_t size, struct record_head *ret,
	      struct head_dialect *dialect, struct why *why);

#endif
