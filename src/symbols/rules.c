/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/rules.h"

#include <stdlib.h>
#include <string.h>

#include <dwarf.h>
#include <elfutils/libdw.h>

/* DWARF's numbers of the registers. */
#if defined(__x86_64__)
enum { REG_FP = 6, REG_SP = 7, REG_PC = 16 };
#elif defined(__aarch64__)
enum { REG_FP = 29, REG_SP = 31, REG_PC = 32 };
#else
enum { REG_FP = -1, REG_SP = -2, REG_PC = -3 };
#endif

#define FIRST_SLOTS	256
/* Of 32 bytes. Who calls from more places than half of that is asked anew. */
#define MAX_SLOTS	(1u << 17)

struct rules_entry {
	uint64_t key;		/* vaddr + 1, 0: free */
	struct rule rule;
};

/* A sum: a register or none, and a number. */
struct term {
	uint8_t base;		/* RULE_NONE: just the number */
	bool loaded;
	int64_t number;
};

#define DEPTH 8

static struct term of_register(uint64_t reg, int64_t offset, uint64_t pc)
{
	struct term term = { RULE_UNKNOWN, false, offset };

	if (reg == (uint64_t)REG_SP)
		term.base = RULE_SP;
	else if (reg == (uint64_t)REG_FP)
		term.base = RULE_FP;
	else if (reg == (uint64_t)REG_PC)
		term = (struct term){ RULE_NONE, false,
				      (int64_t)pc + offset };
	return term;
}

static bool combine(unsigned op, struct term *a, const struct term *b)
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
	case DW_OP_and:	a->number = (int64_t)(x & y); return true;
	case DW_OP_mul:	a->number = (int64_t)(x * y); return true;
	case DW_OP_ge:	a->number = a->number >= b->number; return true;
	case DW_OP_shl:
		a->number = y < 64 ? (int64_t)(x << y) : 0;
		return true;
	default:
		return false;
	}
}

/* What one operation alone says; false: not one of them. */
static bool literal(const Dwarf_Op *op, uint64_t pc, struct term *ret)
{
	int64_t number = (int64_t)op->number;

	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
		*ret = of_register(op->atom - DW_OP_breg0, number, pc);
	else if (op->atom == DW_OP_bregx)
		*ret = of_register(op->number, (int64_t)op->number2, pc);
	else if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
		*ret = (struct term){ RULE_NONE, false,
				      op->atom - DW_OP_lit0 };
	else if (op->atom >= DW_OP_const1u && op->atom <= DW_OP_consts)
		*ret = (struct term){ RULE_NONE, false, number };
	else if (op->atom == DW_OP_call_frame_cfa)
		*ret = (struct term){ RULE_CFA, false, 0 };
	else
		return false;
	return true;
}

/*
 * The value of an expression as a sum. The pc is known, so what a PLT makes
 * of it (which of its two halves it is in) is a number.
 */
static bool evaluate(const Dwarf_Op *ops, size_t n, uint64_t pc,
		     struct term *ret)
{
	struct term stack[DEPTH];
	size_t top = 0;

	for (size_t i = 0; i < n; i++) {
		struct term *last = top ? &stack[top - 1] : NULL;

		if (top < DEPTH && literal(&ops[i], pc, &stack[top])) {
			top++;
		} else if (ops[i].atom == DW_OP_plus_uconst && last &&
			   !last->loaded) {
			last->number = (int64_t)((uint64_t)last->number +
						 ops[i].number);
		} else if (ops[i].atom == DW_OP_deref && last &&
			   !last->loaded) {
			last->loaded = true;
		} else if (top >= 2 && combine(ops[i].atom, last - 1, last)) {
			top--;
		} else {
			return false;
		}
	}
	/* Below it may be the CFA, with which some expressions begin. */
	if (!top)
		return false;
	*ret = stack[top - 1];
	return true;
}

static bool put_place(const struct term *term, struct rule_place *ret)
{
	if (term->base == RULE_UNKNOWN || term->base == RULE_NONE ||
	    term->number != (int32_t)term->number)
		return false;
	ret->base = term->base;
	ret->offset = (int32_t)term->number;
	return true;
}

/* Where a register was saved. */
static void put_saved(Dwarf_Frame *frame, int reg, uint64_t pc,
		      struct rule_place *ret)
{
	Dwarf_Op mem[3], *ops;
	struct term term;
	size_t n;

	if (dwarf_frame_register(frame, reg, mem, &ops, &n))
		return;
	if (!n)
		ret->base = ops ? RULE_NONE : RULE_SAME;
	else if (evaluate(ops, n, pc, &term) && !term.loaded)
		put_place(&term, ret);
}

static bool read_frame(void *cfi, uint64_t vaddr, struct rule *rule)
{
	Dwarf_Addr from, to;
	Dwarf_Frame *frame;
	struct term term;
	Dwarf_Op *ops;
	size_t n;
	int ra;

	if (!cfi || dwarf_cfi_addrframe(cfi, vaddr, &frame))
		return false;
	ra = dwarf_frame_info(frame, &from, &to, &rule->signal);
	if (ra >= 0 && !dwarf_frame_cfa(frame, &ops, &n) &&
	    evaluate(ops, n, vaddr, &term) && term.base != RULE_CFA &&
	    put_place(&term, &rule->cfa)) {
		rule->cfa_loads = term.loaded;
		put_saved(frame, ra, vaddr, &rule->ra);
		put_saved(frame, REG_FP, vaddr, &rule->fp);
	} else if (ra >= 0) {
		/* No way to the caller, unless there is none. */
		put_saved(frame, ra, vaddr, &rule->ra);
		if (rule->ra.base != RULE_NONE)
			rule->ra.base = RULE_UNKNOWN;
	}
	free(frame);
	return true;
}

bool rule_is_fp(const struct rule *rule)
{
	const struct rule_place *cfa = &rule->cfa;
	const struct rule_place *ra = &rule->ra, *fp = &rule->fp;

	return !rule->cfa_loads && cfa->base == RULE_FP &&
	       ra->base == RULE_CFA && fp->base == RULE_CFA &&
	       cfa->offset + ra->offset == 8 && cfa->offset + fp->offset == 0;
}

static struct rules_entry *find(const struct rules *rules, uint64_t key)
{
	size_t mask = rules->capacity - 1;
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 40) & mask;

	while (rules->slots[i].key && rules->slots[i].key != key)
		i = (i + 1) & mask;
	return &rules->slots[i];
}

/* Room for one more. */
static bool make_room(struct rules *rules)
{
	struct rules next = *rules;

	if ((rules->used + 1) * 2 <= rules->capacity)
		return true;
	if (rules->capacity == MAX_SLOTS) {
		memset(rules->slots, 0, MAX_SLOTS * sizeof(*rules->slots));
		rules->used = 0;
		return true;
	}
	next.capacity = next.capacity ? next.capacity * 2 : FIRST_SLOTS;
	next.slots = calloc(next.capacity, sizeof(*next.slots));
	if (!next.slots)
		return false;
	for (size_t i = 0; i < rules->capacity; i++)
		if (rules->slots[i].key)
			*find(&next, rules->slots[i].key) = rules->slots[i];
	free(rules->slots);
	*rules = next;
	return true;
}

const struct rule *rules_get(struct rules *rules, uint64_t vaddr)
{
	struct rules_entry *entry;
	uint64_t key = vaddr + 1;

	if (rules->capacity) {
		entry = find(rules, key);
		if (entry->key)
			return &entry->rule;
	}
	if (!key || !make_room(rules))
		return NULL;
	entry = find(rules, key);
	*entry = (struct rules_entry){ .key = key };
	rules->used++;
	if (!read_frame(rules->cfi[0], vaddr, &entry->rule))
		read_frame(rules->cfi[1], vaddr, &entry->rule);
	return &entry->rule;
}

void rules_done(struct rules *rules)
{
	free(rules->slots);
	*rules = (struct rules){ 0 };
}
