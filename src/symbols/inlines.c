/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/inlines.h"

#include <stdbool.h>
#include <stdlib.h>

#include <dwarf.h>

#define MAX_RANGES	(1u << 20)
#define MAX_ENTRIES	(1u << 20)	/* looked at in one unit */
#define MAX_DEPTH	64

/* What code from start to end is of: a unit, or a function. */
struct range {
	uint64_t start, end;
	Dwarf_Off die;
};

struct ranges {
	struct range *list;
	size_t n, room;
};

/* The functions of a unit that was asked for. */
struct unit {
	struct unit *next;
	Dwarf_Off die;
	struct ranges functions;
};

struct inlines {
	Dwarf *dwarf;
	bool listed;
	struct ranges units;
	struct unit *known;
};

static bool add_range(struct ranges *ranges, uint64_t start, uint64_t end,
		      Dwarf_Off die)
{
	if (start >= end)
		return true;
	if (ranges->n == ranges->room) {
		size_t room = ranges->room ? ranges->room * 2 : 64;
		void *list = room > MAX_RANGES ? NULL :
			     realloc(ranges->list,
				     room * sizeof(*ranges->list));

		if (!list)
			return false;
		ranges->list = list;
		ranges->room = room;
	}
	ranges->list[ranges->n++] = (struct range){ start, end, die };
	return true;
}

static bool add_ranges(struct ranges *ranges, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0)
		if (!add_range(ranges, start, end, dwarf_dieoffset(die)))
			return false;
	return true;
}

static int by_start(const void *p, const void *q)
{
	const struct range *a = p, *b = q;

	return a->start < b->start ? -1 : a->start > b->start;
}

static void sort(struct ranges *ranges)
{
	if (ranges->n)
		qsort(ranges->list, ranges->n, sizeof(*ranges->list),
		      by_start);
}

static const struct range *find(const struct ranges *ranges, uint64_t addr)
{
	size_t low = 0, high = ranges->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ranges->list[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || addr >= ranges->list[low - 1].end)
		return NULL;
	return &ranges->list[low - 1];
}

/*
 * Ordinary units only: of others the library would open a second file whose
 * path is in the first one.
 */
static bool is_whole(Dwarf_Die *die)
{
	uint8_t type;

	return dwarf_tag(die) == DW_TAG_compile_unit &&
	       !dwarf_hasattr(die, DW_AT_GNU_dwo_name) &&
	       !dwarf_hasattr(die, DW_AT_dwo_name) &&
	       !dwarf_cu_info(die->cu, NULL, &type, NULL, NULL, NULL, NULL,
			      NULL) && type == DW_UT_compile;
}

static void list_units(struct inlines *inlines)
{
	Dwarf_Off at = 0, next;
	size_t header;

	inlines->listed = true;
	while (!dwarf_nextcu(inlines->dwarf, at, &next, &header, NULL, NULL,
			     NULL)) {
		Dwarf_Die die;

		if (dwarf_offdie(inlines->dwarf, at + header, &die) &&
		    is_whole(&die) && !add_ranges(&inlines->units, &die))
			break;
		if (next <= at)
			break;
		at = next;
	}
	sort(&inlines->units);
}

static bool has_functions(int tag)
{
	switch (tag) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		return true;
	default:
		return false;
	}
}

/* A loop rather than a recursion, as the depth is the file's choice. */
static void list_functions(Dwarf_Die *top, struct ranges *functions)
{
	Dwarf_Die path[MAX_DEPTH];
	size_t depth = 0;

	if (dwarf_child(top, &path[0]))
		return;
	for (size_t n = 0; n < MAX_ENTRIES; n++) {
		Dwarf_Die *die = &path[depth];
		int tag = dwarf_tag(die);

		if (tag == DW_TAG_subprogram && !add_ranges(functions, die))
			break;
		if (has_functions(tag) && depth + 1 < MAX_DEPTH &&
		    !dwarf_child(die, &path[depth + 1])) {
			depth++;
			continue;
		}
		while (dwarf_siblingof(&path[depth], &path[depth])) {
			if (!depth)
				goto out;
			depth--;
		}
	}
out:
	sort(functions);
}

static const struct ranges *functions_of(struct inlines *inlines,
					 Dwarf_Off off)
{
	struct unit *unit;
	Dwarf_Die die;

	for (unit = inlines->known; unit; unit = unit->next)
		if (unit->die == off)
			return &unit->functions;
	unit = calloc(1, sizeof(*unit));
	if (!unit)
		return NULL;
	unit->die = off;
	unit->next = inlines->known;
	inlines->known = unit;
	if (dwarf_offdie(inlines->dwarf, off, &die))
		list_functions(&die, &unit->functions);
	return &unit->functions;
}

/* The one of @die's children that has the code of an address. */
static bool child_with(Dwarf_Die *die, uint64_t addr, Dwarf_Die *ret)
{
	size_t n = 0;

	if (dwarf_child(die, ret))
		return false;
	do {
		int tag = dwarf_tag(ret);

		if ((tag == DW_TAG_inlined_subroutine ||
		     tag == DW_TAG_lexical_block) &&
		    dwarf_haspc(ret, addr) > 0)
			return true;
	} while (++n < MAX_ENTRIES && !dwarf_siblingof(ret, ret));
	return false;
}

static const char *name_of(Dwarf_Die *die)
{
	Dwarf_Attribute mem, *attr;
	const char *name;

	attr = dwarf_attr_integrate(die, DW_AT_linkage_name, &mem);
	if (!attr)
		attr = dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name,
					    &mem);
	name = attr ? dwarf_formstring(attr) : NULL;
	return name ? name : dwarf_diename(die);
}

size_t inlines_at(struct inlines *inlines, uint64_t vaddr, const char **names,
		  size_t max)
{
	const char *path[MAX_DEPTH];
	const struct ranges *functions;
	const struct range *range;
	size_t depth = 0, n = 0;
	Dwarf_Die die, child;

	if (!inlines->listed)
		list_units(inlines);
	range = find(&inlines->units, vaddr);
	functions = range ? functions_of(inlines, range->die) : NULL;
	range = functions ? find(functions, vaddr) : NULL;
	if (!range || !dwarf_offdie(inlines->dwarf, range->die, &die))
		return 0;
	path[depth++] = name_of(&die);
	for (int i = 0; i < MAX_DEPTH && child_with(&die, vaddr, &child);
	     i++) {
		if (dwarf_tag(&child) == DW_TAG_inlined_subroutine &&
		    depth < MAX_DEPTH)
			path[depth++] = name_of(&child);
		die = child;
	}
	while (depth && n < max)
		if (path[--depth])
			names[n++] = path[depth];
	return n;
}

struct inlines *inlines_new(Dwarf *dwarf)
{
	struct inlines *inlines = calloc(1, sizeof(*inlines));

	if (inlines)
		inlines->dwarf = dwarf;
	return inlines;
}

void inlines_free(struct inlines *inlines)
{
	struct unit *unit;

	if (!inlines)
		return;
	while ((unit = inlines->known)) {
		inlines->known = unit->next;
		free(unit->functions.list);
		free(unit);
	}
	free(inlines->units.list);
	free(inlines);
}
