/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/symbols.h"

#include <errno.h>
#include <string.h>

#include "symbols/space.h"

/* A frame on the way out. */
struct cursor {
	struct space *space;
	const char *stack;
	uint64_t low, high;	/* addresses of the copy */
	struct unwind_regs regs;
	bool fp_known, lr_known;
	bool exact;		/* pc is no return address */
};

enum step { STEP_ON, STEP_OUTERMOST, STEP_LOST };

/* What is known of the frame that is left. */
struct frame {
	bool by_fp, libc;
	bool exact;		/* as a signal's return is made up */
};

/* Of pointers that arm64 signs, the address. */
static uint64_t plain(uint64_t pc)
{
#ifdef __aarch64__
	return pc & ((1ull << 48) - 1);
#else
	return pc;
#endif
}

static bool load(const struct cursor *c, uint64_t addr, uint64_t *ret)
{
	if (addr < c->low || addr > c->high ||
	    c->high - addr < sizeof(*ret))
		return false;
	memcpy(ret, c->stack + (addr - c->low), sizeof(*ret));
	return true;
}

static bool base_of(const struct cursor *c, const struct rule_place *place,
		    uint64_t cfa, uint64_t *ret)
{
	switch (place->base) {
	case RULE_SP:
		*ret = c->regs.sp;
		break;
	case RULE_FP:
		*ret = c->regs.fp;
		if (!c->fp_known)
			return false;
		break;
	case RULE_CFA:
		*ret = cfa;
		break;
	default:
		return false;
	}
	*ret += (uint64_t)(int64_t)place->offset;
	return true;
}

static bool load_saved(const struct cursor *c, const struct rule_place *place,
		       uint64_t cfa, uint64_t *ret)
{
	uint64_t at;

	return base_of(c, place, cfa, &at) && load(c, at, ret);
}

/* A stack grows one way: this ends loops. A leaf of arm64 has nothing on
 * it. */
static bool moves_on(const struct cursor *c, uint64_t sp)
{
	return sp > c->regs.sp || (sp == c->regs.sp && c->exact && c->lr_known);
}

static enum step step_by_rule(struct cursor *c, const struct rule *rule)
{
	uint64_t cfa, ra, fp = c->regs.fp;
	bool fp_known = c->fp_known;

	if (!base_of(c, &rule->cfa, 0, &cfa) ||
	    (rule->cfa_loads && !load(c, cfa, &cfa)) || !moves_on(c, cfa))
		return STEP_LOST;
	if (rule->ra.base == RULE_SAME && c->lr_known)
		ra = c->regs.lr;
	else if (!load_saved(c, &rule->ra, cfa, &ra))
		return STEP_LOST;
	if (rule->fp.base != RULE_SAME)
		fp_known = load_saved(c, &rule->fp, cfa, &fp);
	c->regs = (struct unwind_regs){ .pc = plain(ra), .sp = cfa,
					.fp = fp };
	c->fp_known = fp_known;
	c->lr_known = false;
	c->exact = rule->signal;
	return STEP_ON;
}

static enum step step_by_fp(struct cursor *c)
{
	uint64_t at = c->regs.fp, fp, ra;

	if (c->fp_known && !at)
		return STEP_OUTERMOST;
	if (!c->fp_known || at < c->regs.sp || !load(c, at, &fp) ||
	    !load(c, at + 8, &ra))
		return STEP_LOST;
	c->regs = (struct unwind_regs){ .pc = plain(ra), .sp = at + 16,
					.fp = fp };
	c->lr_known = false;
	c->exact = false;
	return STEP_ON;
}

static enum step step(struct cursor *c, struct frame *frame)
{
	uint64_t pc = c->regs.pc - !c->exact, vaddr;
	const struct mapping *mapping = space_find(c->space, pc);
	struct image *image;
	const struct rule *rule;
	enum step way;

	*frame = (struct frame){ .exact = c->exact };
	if (!mapping)
		return STEP_LOST;
	frame->libc = mapping->file && mapping->file->libc;
	image = space_image(c->space, mapping, pc, &vaddr);
	if (image && !image_is_native(image))
		return STEP_LOST;
	rule = image ? image_rule(image, vaddr) : NULL;
	if (rule && rule->ra.base == RULE_NONE)
		return STEP_OUTERMOST;
	frame->exact = c->exact || (rule && rule->signal);
	if (rule && rule->cfa.base != RULE_UNKNOWN) {
		frame->by_fp = rule_is_fp(rule);
		way = step_by_rule(c, rule);
	} else {
		frame->by_fp = true;
		way = step_by_fp(c);
	}
	return way == STEP_ON && !c->regs.pc ? STEP_OUTERMOST : way;
}

/* Whether a walk along frame pointers would have seen what we saw. */
static bool all_by_fp(const struct frame *frames, size_t n, bool complete)
{
	size_t first = 0;

	/* The outermost one, and what in the C library calls main() or the
	 * thread's function: no walk needs to come out of these. */
	if (complete)
		for (int i = 0; n > 2 && i < 3 &&
				(!i || frames[n - 1].libc); i++)
			n--;
	/* What of the library is called from there need not, either. */
	while (first < n && !frames[first].by_fp && frames[first].libc)
		first++;
	for (size_t i = first; i < n; i++)
		if (!frames[i].by_fp)
			return false;
	return true;
}

void space_unwind(struct space *space, const struct unwind_regs *regs,
		  const void *stack, size_t size, struct unwound *ret)
{
	struct cursor c = {
		.space = space, .stack = stack, .low = regs->sp,
		.high = regs->sp + size, .regs = *regs, .fp_known = true,
		.exact = true,
	};
	struct frame frames[UNWOUND_MAX];
	enum step way = STEP_ON;

#ifdef __aarch64__
	c.lr_known = true;
#endif
	if (c.high < c.low)
		c.high = c.low;
	ret->n = 0;
	while (way == STEP_ON && ret->n < UNWOUND_MAX) {
		ret->pcs[ret->n] = c.regs.pc;
		way = step(&c, &frames[ret->n]);
		ret->exact[ret->n] = frames[ret->n].exact;
		ret->n++;
		/* No code: not a return address, so the last step was bad. */
		if (way == STEP_ON &&
		    !space_find(space, c.regs.pc - !c.exact))
			way = STEP_LOST;
	}
	ret->complete = way == STEP_OUTERMOST;
	ret->by_fp = all_by_fp(frames, ret->n, ret->complete);
}

/* -1: too far away, or below. */
static int32_t above_sp(const struct rule *rule,
			const struct rule_place *place)
{
	int64_t at = place->offset;

	if (place->base == RULE_CFA)
		at += rule->cfa.offset;
	else if (place->base != RULE_SP)
		return -1;
	return at >= 0 && at < INT32_MAX ? (int32_t)at : -1;
}

int space_rule_at(struct space *space, uint64_t pc, bool is_return,
		  struct space_rule *ret)
{
	const struct mapping *mapping;
	const struct rule *rule;
	struct image *image;
	uint64_t vaddr;

	pc -= is_return;
	mapping = space_find(space, pc);
	image = mapping ? space_image(space, mapping, pc, &vaddr) : NULL;
	if (!image || !image_is_native(image))
		return -ENOENT;
	rule = image_rule(image, vaddr);
	if (!rule || rule->cfa_loads || rule->signal ||
	    rule->cfa.base != RULE_SP)
		return -ENOENT;
	ret->ra = above_sp(rule, &rule->ra);
	ret->fp = rule->fp.base == RULE_SAME ? -1 :
		  above_sp(rule, &rule->fp);
	return ret->ra < 0 || (ret->fp < 0 && rule->fp.base != RULE_SAME) ?
	       -ENOENT : 0;
}
