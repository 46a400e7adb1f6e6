/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The call frame information of an ELF file, .eh_frame or .debug_frame: which
 * functions there are, and what it says at an address of one. Read here
 * rather than by libdw, which lets a file of a few bytes have an array of 4
 * GB (of the registers it claims to have), and takes ten times as long.
 */
#ifndef SYMBOLS_CFI_H
#define SYMBOLS_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols/reader.h"
#include "symbols/rules.h"

/* The code of a function, or a part of it. */
struct cfi_function {
	uint64_t start;
	uint32_t size;
	uint32_t at;		/* its entry in the section */
};

struct cfi {
	const uint8_t *data;	/* the section; the caller's */
	size_t size;
	uint64_t vaddr;
	bool eh;		/* .eh_frame, which is written differently */
	struct cfi_function *list;
	size_t n, room;
};

/* What functions have in common, and what is said about one of them. */
struct cfi_entry {
	uint64_t code_align;
	int64_t data_align;
	uint64_t ra;		/* the register it is in */
	uint8_t encoding;	/* of addresses */
	bool augmented, signal;
	struct reader first;	/* instructions of all, */
	struct reader own;	/* and of this function */
	uint64_t start, size;
};

/* Lists the functions of a section, which is kept; some ms for the largest. */
void cfi_index(struct cfi *cfi, const void *data, size_t size, uint64_t vaddr,
	       bool eh);
void cfi_done(struct cfi *cfi);

/* The one an address is in, or NULL. */
const struct cfi_function *cfi_find(const struct cfi *cfi, uint64_t vaddr);

/* False: it makes no sense. */
bool cfi_read(const struct cfi *cfi, const struct cfi_function *function,
	      struct cfi_entry *ret);

/* Runs the instructions up to an address. */
void cfi_run(const struct cfi_entry *entry, uint64_t vaddr,
	     struct rule *rule);

#endif
