/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/cfi.h"

#include <dwarf.h>

#include "symbols/term.h"

/* Compilers nest them once or twice. */
#define MAX_REMEMBERED 8

enum saved_how {
	SAVED_NOT,		/* it is as it was */
	SAVED_GONE,
	SAVED_AT_CFA,		/* and an offset */
	SAVED_BY_EXPRESSION,
	SAVED_ODDLY,		/* in a way that is not followed */
};

struct saved {
	enum saved_how how;
	int64_t offset;
	struct reader expression;
};

/* What is true at one address. */
struct row {
	uint64_t cfa;		/* register, or */
	bool by_expression;
	int64_t offset;
	struct reader expression;
	struct saved ra, fp;
};

struct machine {
	const struct cfi_entry *entry;
	struct row row, first, remembered[MAX_REMEMBERED];
	size_t depth;
	uint64_t here;
	bool bad;
};

/* Others are not kept. */
static void set(struct machine *m, uint64_t reg, struct saved saved)
{
	if (reg == m->entry->ra)
		m->row.ra = saved;
	if (reg == (uint64_t)TERM_FP)
		m->row.fp = saved;
}

static void set_offset(struct machine *m, uint64_t reg, int64_t factored)
{
	uint64_t offset = (uint64_t)factored * (uint64_t)m->entry->data_align;

	set(m, reg, (struct saved){ .how = SAVED_AT_CFA,
				    .offset = (int64_t)offset });
}

static void restore(struct machine *m, uint64_t reg)
{
	if (reg == m->entry->ra)
		m->row.ra = m->first.ra;
	if (reg == (uint64_t)TERM_FP)
		m->row.fp = m->first.fp;
}

static struct reader read_block(struct reader *r)
{
	return reader_part(r, reader_uleb(r));
}

static void set_cfa(struct machine *m, uint64_t reg, int64_t offset)
{
	m->row.cfa = reg;
	m->row.by_expression = false;
	m->row.offset = offset;
}

static int64_t scaled(const struct machine *m, int64_t factored)
{
	return (int64_t)((uint64_t)factored *
			 (uint64_t)m->entry->data_align);
}

/* True: it was one of those about the CFA. */
static bool run_cfa(struct machine *m, struct reader *r, uint8_t op)
{
	uint64_t reg;

	switch (op) {
	case DW_CFA_def_cfa:
		reg = reader_uleb(r);
		set_cfa(m, reg, (int64_t)reader_uleb(r));
		return true;
	case DW_CFA_def_cfa_sf:
		reg = reader_uleb(r);
		set_cfa(m, reg, scaled(m, reader_sleb(r)));
		return true;
	case DW_CFA_def_cfa_register:
		m->row.cfa = reader_uleb(r);
		return true;
	case DW_CFA_def_cfa_offset:
		m->row.offset = (int64_t)reader_uleb(r);
		return true;
	case DW_CFA_def_cfa_offset_sf:
		m->row.offset = scaled(m, reader_sleb(r));
		return true;
	case DW_CFA_def_cfa_expression:
		m->row.by_expression = true;
		m->row.expression = read_block(r);
		return true;
	default:
		return false;
	}
}

/* True: it was one of those about a register. */
static bool run_register(struct machine *m, struct reader *r, uint8_t op)
{
	struct saved saved = { .how = SAVED_ODDLY };
	uint64_t reg;

	if (op < DW_CFA_offset_extended || op == DW_CFA_remember_state ||
	    op == DW_CFA_restore_state)
		return false;
	reg = reader_uleb(r);
	switch (op) {
	case DW_CFA_offset_extended:
		set_offset(m, reg, (int64_t)reader_uleb(r));
		return true;
	case DW_CFA_offset_extended_sf:
		set_offset(m, reg, reader_sleb(r));
		return true;
	case DW_CFA_GNU_negative_offset_extended:
		set_offset(m, reg, (int64_t)(0 - reader_uleb(r)));
		return true;
	case DW_CFA_restore_extended:
		restore(m, reg);
		return true;
	case DW_CFA_undefined:
		saved.how = SAVED_GONE;
		break;
	case DW_CFA_same_value:
		saved.how = SAVED_NOT;
		break;
	case DW_CFA_register:
	case DW_CFA_val_offset:
		reader_uleb(r);
		break;
	case DW_CFA_val_offset_sf:
		reader_sleb(r);
		break;
	case DW_CFA_expression:
		saved.how = SAVED_BY_EXPRESSION;
		saved.expression = read_block(r);
		break;
	case DW_CFA_val_expression:
		read_block(r);
		break;
	default:
		return false;
	}
	set(m, reg, saved);
	return true;
}

/* How far it moves on, or false: none of those. */
static bool run_advance(struct reader *r, uint8_t op, uint64_t *delta)
{
	switch (op) {
	case DW_CFA_advance_loc1:
		*delta = reader_fixed(r, 1);
		return true;
	case DW_CFA_advance_loc2:
		*delta = reader_fixed(r, 2);
		return true;
	case DW_CFA_advance_loc4:
		*delta = reader_fixed(r, 4);
		return true;
	default:
		*delta = op & 0x3f;
		return (op & 0xc0) == DW_CFA_advance_loc;
	}
}

static void run_other(struct machine *m, struct reader *r, uint8_t op)
{
	switch (op) {
	case DW_CFA_nop:
	/* Of arm64, the same number: return addresses are signed from here
	 * on. They are made plain in any case. */
	case DW_CFA_GNU_window_save:
		break;
	case DW_CFA_remember_state:
		m->bad |= m->depth == MAX_REMEMBERED;
		if (!m->bad)
			m->remembered[m->depth++] = m->row;
		break;
	case DW_CFA_restore_state:
		m->bad |= !m->depth;
		if (!m->bad)
			m->row = m->remembered[--m->depth];
		break;
	case DW_CFA_GNU_args_size:
		reader_uleb(r);
		break;
	default:
		m->bad = true;
	}
}

static void run(struct machine *m, struct reader r, uint64_t until)
{
	while (reader_left(&r) && !r.bad && !m->bad) {
		uint8_t op = (uint8_t)reader_fixed(&r, 1);
		uint64_t delta;

		if ((op & 0xc0) == DW_CFA_offset) {
			set_offset(m, op & 0x3f, (int64_t)reader_uleb(&r));
		} else if ((op & 0xc0) == DW_CFA_restore) {
			restore(m, op & 0x3f);
		} else if ((op & 0xc0) == DW_CFA_advance_loc ||
			   (op >= DW_CFA_advance_loc1 &&
			    op <= DW_CFA_advance_loc4)) {
			run_advance(&r, op, &delta);
			m->here += delta * m->entry->code_align;
			if (m->here > until)
				return;
		} else if (op == DW_CFA_GNU_args_size ||
			   op == DW_CFA_GNU_window_save ||
			   !(run_cfa(m, &r, op) || run_register(m, &r, op))) {
			run_other(m, &r, op);
		}
	}
	m->bad |= r.bad;
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

static void put_saved(const struct saved *saved, uint64_t pc,
		      struct rule_place *ret)
{
	struct term term = { RULE_CFA, false, saved->offset };

	switch (saved->how) {
	case SAVED_NOT:
		ret->base = RULE_SAME;
		break;
	case SAVED_GONE:
		ret->base = RULE_NONE;
		break;
	case SAVED_BY_EXPRESSION:
		if (!term_evaluate(saved->expression, true, pc, &term) ||
		    term.loaded)
			break;
		/* fall through */
	case SAVED_AT_CFA:
		put_place(&term, ret);
		break;
	case SAVED_ODDLY:
		break;
	}
}

void cfi_run(const struct cfi_entry *entry, uint64_t vaddr, struct rule *rule)
{
	struct machine m = { .entry = entry, .here = entry->start };
	struct term cfa;

	run(&m, entry->first, UINT64_MAX);
	m.first = m.row;
	m.here = entry->start;
	run(&m, entry->own, vaddr);
	if (m.bad)
		return;
	rule->signal = entry->signal;
	put_saved(&m.row.ra, vaddr, &rule->ra);
	put_saved(&m.row.fp, vaddr, &rule->fp);
	cfa = term_register(m.row.cfa, m.row.offset, vaddr);
	if (m.row.by_expression &&
	    !term_evaluate(m.row.expression, false, vaddr, &cfa))
		return;
	if (cfa.base != RULE_CFA && put_place(&cfa, &rule->cfa))
		rule->cfa_loads = cfa.loaded;
}
