/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How to get from a frame to its caller's: what the call frame information
 * of a file says for one pc, made small enough to be kept for each pc that
 * was asked for. Reading it takes up to a microsecond, a kept one some ten
 * nanoseconds.
 */
#ifndef SYMBOLS_RULES_H
#define SYMBOLS_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rule_base {
	RULE_UNKNOWN,	/* said in a way that is not understood, or not */
	RULE_SP,
	RULE_FP,
	RULE_CFA,	/* the caller's stack pointer */
	RULE_SAME,	/* in the register it was in when called */
	RULE_NONE,	/* there is no caller */
};

/* In memory at base + offset. */
struct rule_place {
	int32_t offset;
	uint8_t base;
};

struct rule {
	struct rule_place cfa;	/* the address itself */
	struct rule_place ra, fp;	/* where they are saved */
	bool cfa_loads;		/* the CFA is what is there */
	bool signal;		/* a signal handler's frame: the caller was
				 * interrupted, it did not call */
};

/* Keeps a frame pointer, in the way the kernel follows. */
bool rule_is_fp(const struct rule *rule);

struct cfi;
struct rules_entry;

/* The table of a file. */
struct rules {
	const struct cfi *cfi[2];	/* .eh_frame, .debug_frame; or NULL */
	struct rules_entry *slots;
	size_t used, capacity;
};

/* For an address as the file counts them; all unknown where there is none.
 * Valid until the next call. NULL without memory. */
const struct rule *rules_get(struct rules *rules, uint64_t vaddr);
void rules_done(struct rules *rules);

#endif
