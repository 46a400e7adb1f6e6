/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/diff.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/waits.h"

/* Times are not known better; of calls there is a whole number. */
#define TIME_STEP_NS 1000.0

/* How much a time varies in half of the rows, by what it is and per. */
struct usual {
	double variances[OBSERVED_COUNT][PER_SECOND + 1][SIDES];
};

struct maker {
	const struct observations *o;
	struct usual usual;
	double *values, *divisors;	/* of one side */
	double *sides[SIDES];		/* quotients */
};

/* What observations are divided by. False: there is nothing. */
static bool get_divisors(struct maker *m, const struct observed_row *row,
			 enum side side, enum diff_unit per)
{
	const struct observed_side *of = &m->o->sides[side];

	switch (per) {
	case PER_CALL:
		return observe_values(m->o, row, side, OBSERVED_CALLS,
				      m->divisors);
	case PER_REQUEST:
		return row->requests &&
		       observe_values(m->o, row->requests, side,
				      OBSERVED_CALLS, m->divisors);
	case PER_RUN:
	case PER_SECOND:
		for (size_t i = 0; i < of->n; i++)
			m->divisors[i] = per == PER_RUN ? 1 :
					 of->length_ns[i] / 1e9;
		return true;
	}
	return false;
}

/* Observations without anything to divide by say nothing. */
static struct runs divide(struct maker *m, const struct observed_row *row,
			  enum side side, enum observed of,
			  enum diff_unit per)
{
	struct runs ret = { .values = m->sides[side],
			    .least = m->usual.variances[of][per][side] };
	size_t n = m->o->sides[side].n;
	double divisors = 0;

	if (!observe_values(m->o, row, side, of, m->values) ||
	    !get_divisors(m, row, side, per))
		return ret;
	for (size_t i = 0; i < n; i++) {
		if (m->divisors[i] <= 0)
			continue;
		divisors += m->divisors[i];
		m->sides[side][ret.n++] = m->values[i] / m->divisors[i];
	}
	if (ret.n)
		ret.step = (of == OBSERVED_CALLS ? 1 : TIME_STEP_NS) *
			   (double)ret.n / divisors;
	return ret;
}

static void compare(struct maker *m, struct diff_row *row, enum observed of,
		    enum diff_unit per)
{
	struct comparison *c = &row->list[row->n];
	struct runs runs[SIDES];

	for (int i = 0; i < SIDES; i++)
		runs[i] = divide(m, row->row, (enum side)i, of, per);
	row->only |= !runs[0].n != !runs[1].n && of == OBSERVED_CALLS;
	if (!runs[0].n || !runs[1].n)
		return;
	*c = (struct comparison){ .of = of, .per = per };
	c->change = stats_change(&runs[0], &runs[1]);
	c->estimated = observe_estimated(row->row, of);
	/* Nothing of both is nothing to tell. */
	if (c->change.before <= 0 && c->change.after <= 0)
		return;
	c->aside = per == PER_SECOND && (row->unit != PER_SECOND ||
					 row->row->of_requests);
	row->n++;
}

static enum diff_unit unit_of(struct maker *m, const struct observed_row *row)
{
	bool has = true;

	for (int i = 0; has && i < SIDES; i++) {
		has = get_divisors(m, row, (enum side)i, PER_REQUEST);
		for (size_t k = 0; has && k < m->o->sides[i].n; k++)
			has = m->divisors[k] > 0;
	}
	if (has)
		return PER_REQUEST;
	return m->o->sides[0].launched && m->o->sides[1].launched ?
	       PER_RUN : PER_SECOND;
}

/* What its nature is to wait for takes as long as there is nothing to do. */
static double cost_of(const struct observations *o, const struct diff_row *row)
{
	enum diff_unit per = o->sides[0].launched && o->sides[1].launched &&
			     row->unit == PER_RUN ? PER_RUN : PER_SECOND;
	const struct comparison *c;
	double cost = 0;

	if (!row->row->call || !waits_by_nature(row->row->call)) {
		c = diff_find(row, OBSERVED_WALL, per);
		if (!c)
			c = diff_find(row, OBSERVED_BLOCKED, per);
		return c ? c->change.after - c->change.before : 0;
	}
	for (int of = OBSERVED_CPU; of <= OBSERVED_RUNQ; of++) {
		c = diff_find(row, (enum observed)of, per);
		if (c && of != OBSERVED_BLOCKED)
			cost += c->change.after - c->change.before;
	}
	return cost;
}

static void fill_row(struct maker *m, struct diff_row *row)
{
	row->n = 0;
	row->unit = unit_of(m, row->row);
	for (int of = 0; of < OBSERVED_COUNT; of++) {
		compare(m, row, (enum observed)of, row->unit);
		if (of != OBSERVED_CALLS)
			compare(m, row, (enum observed)of, PER_CALL);
		if (row->unit != PER_SECOND)
			compare(m, row, (enum observed)of, PER_SECOND);
	}
	row->cost_ns = cost_of(m->o, row);
}

static bool is_large(const struct change *c)
{
	return !c->known || c->ratio >= DIFF_LEAST ||
	       c->ratio <= 1 / DIFF_LEAST;
}

static bool is_tested(const struct comparison *c)
{
	return c->change.tested && !c->aside;
}

/* By the number of all comparisons that are tested. */
static int correct(struct diff *diff, struct why *why)
{
	double *p = calloc(diff->n * DIFF_MAX_COMPARED + 1, sizeof(*p));
	size_t n = 0;

	if (!p)
		return why_set(why, ENOMEM, "out of memory");
	for (size_t i = 0; i < diff->n; i++)
		for (size_t k = 0; k < diff->rows[i].n; k++)
			if (is_tested(&diff->rows[i].list[k]))
				p[n++] = diff->rows[i].list[k].change.p;
	if (!stats_holm(p, n)) {
		free(p);
		return why_set(why, ENOMEM, "out of memory");
	}
	diff->compared = n;
	n = 0;
	for (size_t i = 0; i < diff->n; i++) {
		struct diff_row *row = &diff->rows[i];

		for (size_t k = 0; k < row->n; k++) {
			struct comparison *c = &row->list[k];

			if (!is_tested(c))
				continue;
			c->change.p = p[n++];
			c->differs = c->change.p < DIFF_LEVEL &&
				     is_large(&c->change);
			row->differs |= c->differs;
		}
		diff->differing += row->differs;
	}
	free(p);
	return 0;
}

static int by_cost(const void *left, const void *right)
{
	const struct diff_row *a = left, *b = right;
	double x = fabs(a->cost_ns), y = fabs(b->cost_ns);

	if (a->differs != b->differs)
		return b->differs - a->differs;
	if (x < y || x > y)
		return (x < y) - (x > y);
	return strcmp(a->row->name, b->row->name);
}

static int make_rows(struct diff *diff, const struct observations *o,
		     struct maker *m)
{
	const struct observed_row *from;
	size_t pos = 0;

	diff->rows = calloc(o->rows.used + 1, sizeof(*diff->rows));
	if (!diff->rows)
		return -ENOMEM;
	while ((from = map_next(&o->rows, &pos))) {
		struct diff_row *row = &diff->rows[diff->n];

		if (from->hidden)
			continue;
		row->row = from;
		fill_row(m, row);
		/* Nothing but zeros, or nothing that is known. */
		if (row->n || row->only)
			diff->n++;
		else
			memset(row, 0, sizeof(*row));
	}
	return 0;
}

static double median_variance(const struct diff *diff, double *room,
			      enum observed of, enum diff_unit per, int side)
{
	size_t n = 0;

	for (size_t i = 0; i < diff->n; i++) {
		const struct comparison *c = diff_find(&diff->rows[i], of,
						       per);

		if (c && c->change.tested && c->change.known)
			room[n++] = c->change.variances[side];
	}
	return n ? stats_median(room, n) : 0;
}

/*
 * What five runs took can be much the same by chance, all of the times that a
 * machine under load has for it: no row's time is taken to vary less than those
 * of half of the rows do.
 */
static int test_again(struct diff *diff, struct maker *m)
{
	double *room = calloc(diff->n + 1, sizeof(*room));
	struct usual usual = { 0 };

	if (!room)
		return -ENOMEM;
	for (int of = OBSERVED_WALL; of < OBSERVED_COUNT; of++)
		for (int per = 0; per <= PER_SECOND; per++)
			for (int side = 0; side < SIDES; side++)
				usual.variances[of][per][side] =
					median_variance(diff, room,
							(enum observed)of,
							(enum diff_unit)per,
							side);
	free(room);
	m->usual = usual;
	for (size_t i = 0; i < diff->n; i++)
		fill_row(m, &diff->rows[i]);
	return 0;
}

int diff_compute(struct diff *diff, const struct observations *o,
		 struct why *why)
{
	struct maker m = { .o = o };
	size_t n = 1;
	double *room;
	int err;

	*diff = (struct diff){ 0 };
	for (int i = 0; i < SIDES; i++)
		n = o->sides[i].n > n ? o->sides[i].n : n;
	room = calloc(4 * n, sizeof(*room));
	if (!room)
		return why_set(why, ENOMEM, "out of memory");
	m.values = room;
	m.divisors = room + n;
	m.sides[0] = room + 2 * n;
	m.sides[1] = room + 3 * n;
	err = make_rows(diff, o, &m);
	if (!err)
		err = test_again(diff, &m);
	free(room);
	if (err)
		return why_set(why, ENOMEM, "out of memory");
	diff->tested = o->sides[0].n >= STATS_LEAST_PAIRS &&
		       o->sides[1].n >= STATS_LEAST_PAIRS;
	err = correct(diff, why);
	if (!err)
		qsort(diff->rows, diff->n, sizeof(*diff->rows), by_cost);
	return err;
}

void diff_done(struct diff *diff)
{
	free(diff->rows);
	diff->rows = NULL;
}

const struct comparison *diff_find(const struct diff_row *row,
				   enum observed of, enum diff_unit per)
{
	for (size_t i = 0; i < row->n; i++)
		if (row->list[i].of == of && row->list[i].per == per)
			return &row->list[i];
	return NULL;
}
