/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the functions of an ELF file begin, as the table that speeds up
 * unwinding has it: of functions that have no name, all that there is.
 */
#ifndef SYMBOLS_STARTS_H
#define SYMBOLS_STARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libelf.h>

struct starts {
	const unsigned char *table;	/* the Elf's; NULL: none */
	size_t n;
	uint64_t base;
};

void starts_read(struct starts *starts, Elf *elf);

/* The last one at @vaddr or below it, or @vaddr itself. */
uint64_t starts_find(const struct starts *starts, uint64_t vaddr);

#endif
