/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions the compiler put into which, as the debug information of a
 * file says. Who built the file wrote that, so it is read with limits: what
 * is beyond them is not named. Cost: some 10 us for an address, after some
 * ms for the first in each unit of compilation.
 */
#ifndef SYMBOLS_INLINES_H
#define SYMBOLS_INLINES_H

#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdw.h>

struct inlines;

/* NULL without memory. @dwarf stays the caller's and lives as long. */
struct inlines *inlines_new(Dwarf *dwarf);
void inlines_free(struct inlines *inlines);

/*
 * The functions at an address, innermost first, the last one being that
 * which has the code; 0: not known. Names are mangled, and the Dwarf's.
 */
size_t inlines_at(struct inlines *inlines, uint64_t vaddr, const char **names,
		  size_t max);

#endif
