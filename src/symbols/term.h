/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DWARF's expressions, as far as those of call frame information need: the
 * sum of a register and a number, and what is in memory there.
 */
#ifndef SYMBOLS_TERM_H
#define SYMBOLS_TERM_H

#include <stdbool.h>
#include <stdint.h>

#include "symbols/reader.h"
#include "symbols/rules.h"

/* DWARF's numbers of the registers that are known in each frame. */
#if defined(__x86_64__)
enum { TERM_FP = 6, TERM_SP = 7, TERM_PC = 16 };
#elif defined(__aarch64__)
enum { TERM_FP = 29, TERM_SP = 31, TERM_PC = 32 };
#else
enum { TERM_FP = -1, TERM_SP = -2, TERM_PC = -3 };
#endif

struct term {
	uint8_t base;		/* enum rule_base; RULE_NONE: just a number */
	bool loaded;		/* it is what is in memory there */
	int64_t number;
};

struct term term_register(uint64_t reg, int64_t offset, uint64_t pc);

/* False: it is something else. @cfa: which the expression begins with. */
bool term_evaluate(struct reader expression, bool cfa, uint64_t pc,
		   struct term *ret);

#endif
