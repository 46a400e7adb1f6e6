/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/symtab.h"

#include <stdlib.h>
#include <string.h>

#include <gelf.h>

#define MAX_SYMBOLS (2u << 20)

/* The larger one is shown: read rather than __read or __GI___libc_read. */
static uint16_t rank_of(const GElf_Sym *sym, const char *name)
{
	size_t bars = strspn(name, "_");
	unsigned bind = GELF_ST_BIND(sym->st_info), rank = 0;

	if (sym->st_size)
		rank |= 0x100;
	if (GELF_ST_TYPE(sym->st_info) != STT_NOTYPE)
		rank |= 0x80;
	if (bind != STB_LOCAL)
		rank |= 0x40;
	rank |= (unsigned)(7 - (bars > 7 ? 7 : bars)) << 1;
	return (uint16_t)(rank | (bind == STB_GLOBAL));
}

static bool is_function(const GElf_Sym *sym, const GElf_Shdr *home)
{
	switch (GELF_ST_TYPE(sym->st_info)) {
	case STT_FUNC:
	case STT_GNU_IFUNC:
		return true;
	case STT_NOTYPE:	/* in assembly */
		return home->sh_flags & SHF_EXECINSTR;
	default:
		return false;
	}
}

static struct symbol *extend(struct symtab *tab)
{
	if (tab->n == tab->room) {
		size_t room = tab->room ? tab->room * 2 : 256;
		void *list = room > MAX_SYMBOLS ? NULL :
			     realloc(tab->list, room * sizeof(*tab->list));

		if (!list)
			return NULL;
		tab->list = list;
		tab->room = room;
	}
	return &tab->list[tab->n++];
}

/* False: no room for more. */
static bool add_symbol(struct symtab *tab, Elf *elf, size_t strings,
		       const GElf_Sym *sym)
{
	Elf_Scn *scn;
	GElf_Shdr home;
	const char *name;
	struct symbol *symbol;

	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= SHN_LORESERVE)
		return true;
	scn = elf_getscn(elf, sym->st_shndx);
	if (!scn || !gelf_getshdr(scn, &home) || !is_function(sym, &home) ||
	    sym->st_value < home.sh_addr ||
	    sym->st_value - home.sh_addr >= home.sh_size)
		return true;
	name = elf_strptr(elf, strings, sym->st_name);
	/* $x, $d and .L are marks of assemblers. */
	if (!name || !*name || *name == '$' || *name == '.')
		return true;
	symbol = extend(tab);
	if (!symbol)
		return false;
	*symbol = (struct symbol){
		.start = sym->st_value, .size = sym->st_size, .name = name,
		.rank = rank_of(sym, name),
	};
	if (!symbol->size || symbol->size > home.sh_size) {
		symbol->size = home.sh_addr + home.sh_size - symbol->start;
		symbol->open_ended = true;
	}
	return true;
}

size_t symtab_add(struct symtab *tab, Elf *elf, unsigned type)
{
	size_t before = tab->n;
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;
		Elf_Data *data;
		GElf_Sym sym;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != type)
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 1; data && gelf_getsym(data, i, &sym); i++)
			if (!add_symbol(tab, elf, shdr.sh_link, &sym))
				return tab->n - before;
	}
	return tab->n - before;
}

static int by_start(const void *p, const void *q)
{
	const struct symbol *a = p, *b = q;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	return strcmp(a->name, b->name);
}

void symtab_sort(struct symtab *tab)
{
	size_t n = 0;

	if (!tab->n)
		return;
	qsort(tab->list, tab->n, sizeof(*tab->list), by_start);
	for (size_t i = 0; i < tab->n; i++)
		if (!n || tab->list[n - 1].start != tab->list[i].start)
			tab->list[n++] = tab->list[i];
	tab->n = n;
	for (size_t i = 0; i + 1 < n; i++) {
		struct symbol *symbol = &tab->list[i];
		uint64_t room = symbol[1].start - symbol->start;

		if (symbol->open_ended && symbol->size > room)
			symbol->size = room;
	}
}

/* How many that begin later may lie within one, as entries in the middle of
 * a function do. */
#define NESTED 16

struct symbol *symtab_find(const struct symtab *tab, uint64_t addr)
{
	size_t low = 0, high = tab->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (tab->list[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t back = 0; low-- && back < NESTED; back++)
		if (addr - tab->list[low].start < tab->list[low].size)
			return &tab->list[low];
	return NULL;
}

void symtab_done(struct symtab *tab)
{
	free(tab->list);
	*tab = (struct symtab){ 0 };
}
