/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/term.h"

#include <dwarf.h>

#define DEPTH 8

struct term term_register(uint64_t reg, int64_t offset, uint64_t pc)
{
	struct term term = { RULE_UNKNOWN, false, offset };

	if (reg == (uint64_t)TERM_SP)
		term.base = RULE_SP;
	else if (reg == (uint64_t)TERM_FP)
		term.base = RULE_FP;
	else if (reg == (uint64_t)TERM_PC)
		term = (struct term){ RULE_NONE, false,
				      (int64_t)(pc + (uint64_t)offset) };
	return term;
}

static bool combine(uint8_t op, struct term *a, const struct term *b)
{
	uint64_t x = (uint64_t)a->number, y = (uint64_t)b->number;

	if (a->loaded || b->loaded)
		return false;
	if (op == DW_OP_plus && (a->base == RULE_NONE ||
				 b->base == RULE_NONE)) {
		a->base = a->base == RULE_NONE ? b->base : a->base;
		a->number = (int64_t)(x + y);
		return true;
	}
	if (b->base != RULE_NONE)
		return false;
	if (op == DW_OP_minus) {
		a->number = (int64_t)(x - y);
		return true;
	}
	if (a->base != RULE_NONE)
		return false;
	switch (op) {
	case DW_OP_and:
		a->number = (int64_t)(x & y);
		return true;
	case DW_OP_ge:
		a->number = a->number >= b->number;
		return true;
	case DW_OP_shl:
		a->number = y < 64 ? (int64_t)(x << y) : 0;
		return true;
	default:
		return false;
	}
}

static int64_t read_constant(struct reader *r, uint8_t op)
{
	static const uint8_t sizes[] = { 1, 1, 2, 2, 4, 4, 8, 8 };
	size_t i = op - DW_OP_const1u;

	if (op == DW_OP_constu)
		return (int64_t)reader_uleb(r);
	if (op == DW_OP_consts)
		return reader_sleb(r);
	return i % 2 ? reader_signed(r, sizes[i]) :
	       (int64_t)reader_fixed(r, sizes[i]);
}

/* What an operation puts on the stack; false: not one of those. */
static bool literal(struct reader *r, uint8_t op, uint64_t pc,
		    struct term *ret)
{
	uint64_t reg;

	if (op >= DW_OP_breg0 && op <= DW_OP_breg31) {
		*ret = term_register(op - DW_OP_breg0, reader_sleb(r), pc);
	} else if (op == DW_OP_bregx) {
		reg = reader_uleb(r);
		*ret = term_register(reg, reader_sleb(r), pc);
	} else if (op >= DW_OP_lit0 && op <= DW_OP_lit31) {
		*ret = (struct term){ RULE_NONE, false, op - DW_OP_lit0 };
	} else if (op >= DW_OP_const1u && op <= DW_OP_consts) {
		*ret = (struct term){ RULE_NONE, false,
				      read_constant(r, op) };
	} else {
		return false;
	}
	return true;
}

/*
 * The pc is known, so what a PLT makes of it (which of its two halves it is
 * in) is a number.
 */
bool term_evaluate(struct reader r, bool cfa, uint64_t pc, struct term *ret)
{
	struct term stack[DEPTH] = { { RULE_CFA, false, 0 } }, *last;
	size_t top = cfa;

	while (reader_left(&r) && !r.bad) {
		uint8_t op = (uint8_t)reader_fixed(&r, 1);

		if (top == DEPTH)
			return false;
		if (literal(&r, op, pc, &stack[top])) {
			top++;
			continue;
		}
		last = top ? &stack[top - 1] : NULL;
		if (!last || last->loaded)
			return false;
		if (op == DW_OP_plus_uconst)
			last->number = (int64_t)((uint64_t)last->number +
						 reader_uleb(&r));
		else if (op == DW_OP_deref)
			last->loaded = true;
		else if (top >= 2 && combine(op, last - 1, last))
			top--;
		else
			return false;
	}
	if (!top || r.bad)
		return false;
	*ret = stack[top - 1];
	return true;
}
