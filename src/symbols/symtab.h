/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that the symbol tables of an ELF file name, by address. The
 * names are those of the Elf they came from, which has to live as long.
 */
#ifndef SYMBOLS_SYMTAB_H
#define SYMBOLS_SYMTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libelf.h>

struct symbol {
	uint64_t start;
	uint64_t size;		/* never 0 once sorted */
	const char *name;
	const char *shown;	/* the user's; NULL at first */
	uint16_t rank;		/* the better of two at one address */
	bool open_ended;	/* size is the rest of the section */
};

struct symtab {
	struct symbol *list;
	size_t n, room;
};

/* Add what the sections of a type (SHT_SYMTAB, SHT_DYNSYM) have; how many. */
size_t symtab_add(struct symtab *tab, Elf *elf, unsigned type);
/* Once, before the first look-up. */
void symtab_sort(struct symtab *tab);
/* The function an address lies in, or NULL. */
struct symbol *symtab_find(const struct symtab *tab, uint64_t addr);
void symtab_done(struct symtab *tab);

#endif
