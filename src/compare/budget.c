/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/budget.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/smb2.h"

int budget_add(struct budget *budget, const char *text, struct why *why)
{
	size_t before = budget->n;
	int err = 0;

	for (;;) {
		size_t len = strcspn(text, ";");
		struct rule *rules;

		if (budget->n == BUDGET_MAX_RULES)
			err = why_set(why, EINVAL, "--budget: more than %d "
				      "rules", BUDGET_MAX_RULES);
		rules = err ? NULL : realloc(budget->rules,
				(budget->n + 1) * sizeof(*rules));
		if (rules)
			budget->rules = rules;
		else if (!err)
			err = why_set(why, ENOMEM, "out of memory");
		if (!err)
			err = rule_parse(&rules[budget->n], text, len, why);
		if (err)
			break;
		budget->n++;
		text += len;
		if (!*text++)
			return 0;
	}
	while (budget->n > before)
		rule_done(&budget->rules[--budget->n]);
	return err;
}

void budget_done(struct budget *budget)
{
	while (budget->n)
		rule_done(&budget->rules[--budget->n]);
	free(budget->rules);
	budget->rules = NULL;
}

/* --- what a rule is about ------------------------------------------------- */

/* All rows that a rule is about, as one. */
struct merged {
	struct row row;
	struct hist hist;
	size_t n;
};

struct question {
	const struct rule *rule;
	const struct snapshot *snap;	/* the report */
	const struct snapshot *table;	/* of its tables the one */
	const struct callset *counted;
	struct merged merged;
	double value;
	bool estimated;
	char unknown[200];	/* why, where the value is */
};

static bool find_table(struct question *c)
{
	const struct snapshot *snap = c->snap;
	const struct rule *rule = c->rule;
	unsigned by = rule->has_calls ? dim_bit(DIM_SYSCALL) : 0;

	if (rule->request >= 0)
		by |= dim_bit(DIM_REQUEST);
	c->table = snap;
	if (rule->request >= 0 && snap->cfg.smb)
		c->table = snap->parts[rule->has_calls ? PART_BILL :
							 PART_REQUESTS];
	/* Requests that are told apart further are counted several times. */
	if (rule->request >= 0 && c->table->cfg.by != by)
		snprintf(c->unknown, sizeof(c->unknown), "SMB2 requests are "
			 "in reports of --smb, without --by");
	else if (by & ~c->table->cfg.by && !rule->every_call)
		snprintf(c->unknown, sizeof(c->unknown), "rows are not by "
			 "system call; add syscall to --by");
	return !*c->unknown;
}

static bool wants(const struct rule *rule, const struct row *row)
{
	if (rule->request >= 0 &&
	    (!row->request || strcmp(row->request,
				     smb2_command(rule->request))))
		return false;
	if (!rule->has_calls || rule->every_call)
		return true;
	return row->syscall && rule_has_call(rule, row->syscall);
}

static void merge_rows(struct question *c)
{
	struct merged *m = &c->merged;

	for (size_t i = 0; i < c->table->n_rows; i++) {
		const struct row *row = &c->table->rows[i];

		if (!wants(c->rule, row))
			continue;
		cell_merge(&m->row.cell, &row->cell);
		if (row->requests > m->row.requests)
			m->row.requests = row->requests;
		if (row->hist)
			hist_merge(&m->hist, row->hist);
		if (row->hist)
			m->row.hist = &m->hist;
		/* What was told is of one row, and cannot be merged. */
		if (m->n++)
			memset(m->row.told, 0, sizeof(m->row.told));
		else
			memcpy(m->row.told, row->told, sizeof(row->told));
	}
}

/* Requests of a command whose calls have no row. */
static void add_requests(struct question *c)
{
	const struct snapshot *part = c->snap->parts[PART_REQUESTS];

	for (size_t i = 0; c->rule->request >= 0 && part &&
			   i < part->n_rows; i++)
		if (part->rows[i].request &&
		    !strcmp(part->rows[i].request,
			    smb2_command(c->rule->request)))
			c->merged.row.requests =
				part->rows[i].cell.value[MEASURE_REQUESTS];
}

/* Whether what has no row was not there. */
static bool is_none(const struct question *c)
{
	const struct snapshot *snap = c->snap;
	struct callset both = c->rule->calls;

	if (snap->lost[LOSS_CALLS] || snap->lost[LOSS_REQUESTS])
		return false;
	if (snap->cfg.all_calls)
		return true;
	if (!c->counted)
		return false;
	callset_intersect(&both, c->counted);
	return callset_equal(&both, &c->rule->calls);
}

/* --- its value ------------------------------------------------------------ */

static bool unknown(struct question *c, const char *reason)
{
	snprintf(c->unknown, sizeof(c->unknown), "%s", reason);
	return false;
}

/* The row of what did not happen. */
static bool be_none(struct question *c)
{
	const struct column *column = c->rule->column;
	struct cell *cell = &c->merged.row.cell;

	if (!(column->needs & ~c->snap->cfg.measures) && !is_none(c))
		return unknown(c, "it has no row, and not every call was "
				  "counted");
	cell->have |= column->needs & c->snap->cfg.measures;
	return true;
}

static bool read_column(struct question *c)
{
	const struct column *column = c->rule->column;
	const struct row *row = &c->merged.row;
	struct value value = column->get(c->table, row, column);
	bool ratio = column->kind == KIND_RATIO ||
		     column->kind == KIND_PERCENT;

	c->value = ratio ? value.percent : (double)value.number;
	c->estimated = value.estimated && !column->needs_hist;
	if (value.known)
		return true;
	if (c->rule->request >= 0 && column->per && !row->requests)
		return unknown(c, "there was no such request");
	if (column->needs & ~row->cell.have) {
		char safe[64];

		snprintf(c->unknown, sizeof(c->unknown), "the %s collector "
			 "does not measure it here",
			 text_untrusted(safe, sizeof(safe),
					c->snap->cfg.collector));
		return false;
	}
	/* No call took long that was not made. */
	c->value = 0;
	return !c->merged.n || unknown(c, "it is not known of these calls");
}

/* Of another value, if the rule wants that. */
static bool relate(struct question *c)
{
	const struct snapshot *snap = c->snap;
	int64_t whole;

	if (c->rule->per_second)
		c->value /= (double)snap->cfg.interval_ns / 1e9;
	if (c->rule->share == SHARE_NONE)
		return true;
	whole = c->rule->share == SHARE_WALL ?
			snap->all.cell.value[MEASURE_WALL] :
		c->rule->share == SHARE_CALLS ?
			snap->total.cell.value[MEASURE_CALLS] :
		c->rule->has_calls ?
			c->merged.row.cell.value[MEASURE_CALLS] :
			c->merged.row.cell.value[MEASURE_REQUESTS];
	if (c->rule->share == SHARE_WALL && whole <= 0)
		return unknown(c, "wall time is not known");
	c->value = whole > 0 ? 100 * c->value / (double)whole : 0;
	return true;
}

static bool find_value(struct question *c)
{
	if (!find_table(c))
		return false;
	merge_rows(c);
	add_requests(c);
	if (!c->merged.n && !be_none(c))
		return false;
	return read_column(c) && relate(c);
}

/* A billionth is rounding's. */
static bool holds(const struct rule *rule, double value)
{
	double slack = 1e-9 * (rule->limit > 1 ? rule->limit : 1);
	bool equal = value <= rule->limit + slack &&
		     value >= rule->limit - slack;

	switch (rule->op) {
	case OP_LESS:
		return value < rule->limit && !equal;
	case OP_UP_TO:
		return value <= rule->limit || equal;
	case OP_MORE:
		return value > rule->limit && !equal;
	case OP_FROM:
		return value >= rule->limit || equal;
	case OP_EQUAL:
		return equal;
	}
	return false;
}

static int judge(FILE *out, struct question *c)
{
	const struct rule *rule = c->rule;
	char text[256], safe[1024];
	bool known = find_value(c);

	snprintf(text, sizeof(text), "%.*s", rule->len, rule->text);
	text_untrusted(safe, sizeof(safe), text);
	if (!known) {
		fprintf(out, "smbsysacct: budget '%s' cannot be judged: %s\n", safe,
			c->unknown);
		return BUDGET_UNKNOWN;
	}
	if (holds(rule, c->value))
		return BUDGET_KEPT;
	fprintf(out, "smbsysacct: budget '%s' is violated: it is %s%.6g%s\n", safe,
		c->estimated ? "~" : "", c->value / rule->scale, rule->unit);
	return BUDGET_VIOLATED;
}

int budget_judge(FILE *out, const struct budget *budget,
		 const struct snapshot *snap, const struct callset *counted)
{
	bool violated = false, unclear = false;

	for (size_t i = 0; i < budget->n; i++) {
		struct question c = { .rule = &budget->rules[i], .snap = snap,
				   .counted = counted };
		int verdict = judge(out, &c);

		violated |= verdict == BUDGET_VIOLATED;
		unclear |= verdict == BUDGET_UNKNOWN;
	}
	return violated ? BUDGET_VIOLATED : unclear ? BUDGET_UNKNOWN :
						      BUDGET_KEPT;
}
