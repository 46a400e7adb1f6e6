/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/observe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/column.h"

/* Two clocks are read for a report, one after the other. */
#define GAP_NS 1000000
#define MAX_NAME 4096

void observe_init(struct observations *o, bool smb)
{
	*o = (struct observations){ .smb = smb };
	map_init(&o->rows, sizeof(((struct observed_row *)0)->key));
}

void observe_done(struct observations *o)
{
	struct observed_row *row;
	size_t pos = 0;

	while ((row = map_next(&o->rows, &pos))) {
		free(row->samples);
		free(row->name);
		free(row->call);
	}
	map_free_all(&o->rows);
	map_done(&o->rows);
	free(o->intervals);
	for (int i = 0; i < SIDES; i++)
		free(o->sides[i].length_ns);
}

static int no_memory(struct why *why)
{
	return why_set(why, ENOMEM, "out of memory for what is compared");
}

/* --- rows ---------------------------------------------------------------- */

/* FNV-1a, twice from different beginnings. */
static void hash_name(uint64_t key[2], const char *name)
{
	key[0] = 0xcbf29ce484222325u;
	key[1] = 0x84222325cbf29ce4u;
	for (; *name; name++)
		for (int i = 0; i < 2; i++)
			key[i] = (key[i] ^ (unsigned char)*name) *
				 0x100000001b3u;
}

/* The call first, as in a rule of a budget; ABIs are not told apart. */
static void name_row(char *buf, const struct snapshot *table,
		     const struct row *row)
{
	size_t len = (size_t)snprintf(buf, MAX_NAME, "%.1000s", row->syscall ?
				      row->syscall : "");

	for (int i = 0; i < column_count; i++) {
		const struct column *column = &column_table[i];
		struct value value;

		if (column->kind != KIND_TEXT || !column->in_json ||
		    column->dim == 1u << DIM_SYSCALL ||
		    !(column->dim & table->cfg.by))
			continue;
		value = column->get(table, row, column);
		if (value.known && len < MAX_NAME)
			len += (size_t)snprintf(buf + len, MAX_NAME - len,
						"%s%s", len ? "/" : "",
						value.text);
	}
}

static struct observed_row *get_row(struct observations *o, const char *name)
{
	struct observed_row *row;
	uint64_t key[2];

	hash_name(key, name);
	row = map_get(&o->rows, key);
	if (row)
		return row;
	row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	memcpy(row->key, key, sizeof(key));
	row->name = strdup(name);
	if (!row->name || map_add(&o->rows, row)) {
		free(row->name);
		free(row);
		return NULL;
	}
	return row;
}

/* Of the interval that was begun last. */
static struct sample *get_sample(struct observations *o,
				 struct observed_row *row)
{
	struct sample *samples;

	if (row->n && row->samples[row->n - 1].interval == o->n - 1)
		return &row->samples[row->n - 1];
	if (row->n == row->capacity) {
		size_t capacity = row->capacity ? 2 * row->capacity : 8;

		samples = realloc(row->samples, capacity * sizeof(*samples));
		if (!samples)
			return NULL;
		row->samples = samples;
		row->capacity = capacity;
	}
	row->samples[row->n] = (struct sample){ .interval = o->n - 1 };
	return &row->samples[row->n++];
}

static void add_values(struct sample *sample, const struct row *row,
		       bool of_requests)
{
	const enum measure measures[OBSERVED_COUNT] = {
		[OBSERVED_CALLS] = of_requests ? MEASURE_REQUESTS :
						 MEASURE_CALLS,
		[OBSERVED_WALL] = MEASURE_WALL,
		[OBSERVED_CPU] = MEASURE_CPU,
		[OBSERVED_BLOCKED] = MEASURE_BLOCKED,
		[OBSERVED_RUNQ] = MEASURE_RUNQ,
	};

	for (int i = 0; i < OBSERVED_COUNT; i++) {
		if (!cell_has(&row->cell, measures[i]))
			continue;
		/* A difference of two clocks can be a little below. */
		if (row->cell.value[measures[i]] > 0)
			sample->value[i] +=
				(double)row->cell.value[measures[i]];
		sample->have |= 1u << i;
		if (cell_is_estimate(&row->cell, measures[i]))
			sample->estimated |= 1u << i;
	}
}

/* What the row's calls were made for. */
static int find_requests(struct observations *o, struct observed_row *row,
			 const struct row *from, struct why *why)
{
	char name[64];
	struct sample *sample;

	if (!from->request || !from->syscall)
		return 0;
	snprintf(name, sizeof(name), "%s", from->request);
	row->requests = get_row(o, name);
	if (!row->requests)
		return no_memory(why);
	if (row->requests->of_requests)
		return 0;
	/* The table has them with their calls alone. */
	row->requests->hidden = true;
	sample = get_sample(o, row->requests);
	if (!sample)
		return no_memory(why);
	if (from->requests > 0)
		sample->have |= 1u << OBSERVED_CALLS;
	if ((double)from->requests > sample->value[OBSERVED_CALLS])
		sample->value[OBSERVED_CALLS] = (double)from->requests;
	return 0;
}

static int add_row(struct observations *o, const struct snapshot *table,
		   const struct row *from, struct why *why)
{
	bool of_requests = cell_has(&from->cell, MEASURE_REQUESTS);
	struct observed_row *row;
	struct sample *sample;
	char name[MAX_NAME];

	name_row(name, table, from);
	row = get_row(o, name);
	if (!row)
		return no_memory(why);
	if (o->rows.used > OBSERVE_MAX_ROWS)
		return why_set(why, E2BIG, "more than %d different rows; "
			       "make reports of fewer by another --by",
			       OBSERVE_MAX_ROWS);
	row->of_requests |= of_requests;
	row->hidden &= !of_requests;
	if (from->syscall && !row->call) {
		row->call = strdup(from->syscall);
		if (!row->call)
			return no_memory(why);
	}
	if (!of_requests && find_requests(o, row, from, why))
		return -ENOMEM;
	sample = get_sample(o, row);
	if (!sample)
		return no_memory(why);
	add_values(sample, from, of_requests);
	return 0;
}

static int add_table(struct observations *o, const struct snapshot *table,
		     struct why *why)
{
	int err = 0;

	for (size_t i = 0; !err && i < table->n_rows; i++)
		err = add_row(o, table, &table->rows[i], why);
	return err;
}

/* --- intervals ------------------------------------------------------------- */

static int add_interval(struct observations *o, enum side side, size_t file,
			const struct snapshot *snap, struct why *why)
{
	struct interval *list = realloc(o->intervals, (o->n + 1) *
						      sizeof(*list));

	if (!list)
		return no_memory(why);
	o->intervals = list;
	list[o->n++] = (struct interval){
		.side = side,
		.file = file,
		.end_ns = snap->cfg.end_ns,
		.length_ns = snap->cfg.interval_ns,
		.all_calls = snap->cfg.all_calls,
	};
	return 0;
}

static void add_side(struct observed_side *side, const struct snapshot *snap,
		     bool launched, bool first)
{
	side->launched = (first || side->launched) && launched;
	side->all_calls = (first || side->all_calls) && snap->cfg.all_calls;
	side->calls_lost += snap->lost[LOSS_CALLS] > 0;
	if (first)
		side->collector = snap->cfg.collector;
	else if (side->collector && strcmp(side->collector,
					   snap->cfg.collector))
		side->collector = NULL;
}

int observe_add(struct observations *o, enum side side, size_t file,
		const struct snapshot *snap, bool launched, struct why *why)
{
	bool first = !o->n || o->intervals[o->n - 1].side != side;
	int err = add_interval(o, side, file, snap, why);

	if (err)
		return err;
	add_side(&o->sides[side], snap, launched, first);
	o->sides[side].files = file + 1;
	if (!o->smb)
		return add_table(o, snap, why);
	/* In this order, so that these are there to divide by. */
	err = add_table(o, snap->parts[PART_REQUESTS], why);
	return err ? err : add_table(o, snap->parts[PART_BILL], why);
}

static bool follows(const struct interval *i, const struct interval *last)
{
	int64_t gap = i->end_ns - i->length_ns - last->end_ns;

	return i->side == last->side && i->file == last->file &&
	       gap < GAP_NS && gap > -GAP_NS;
}

/* Which interval is of which run, as if runs were observations. */
static void find_runs(struct observations *o)
{
	for (size_t i = 0; i < o->n; i++) {
		struct interval *interval = &o->intervals[i];
		struct observed_side *side = &o->sides[interval->side];

		side->runs += !i || !follows(interval, interval - 1);
		interval->observation = side->runs - 1;
		side->n = side->runs;
	}
}

/* The first and the last may be of a moment only. */
static void split_run(struct observations *o, enum side which)
{
	struct observed_side *side = &o->sides[which];
	int64_t longest = 0;

	for (size_t i = 0; i < o->n; i++)
		if (o->intervals[i].side == which &&
		    o->intervals[i].length_ns > longest)
			longest = o->intervals[i].length_ns;
	side->n = 0;
	for (size_t i = 0; i < o->n; i++) {
		struct interval *interval = &o->intervals[i];

		if (interval->side != which)
			continue;
		interval->left_out = interval->length_ns < longest / 2;
		if (!interval->left_out)
			interval->observation = side->n++;
	}
	side->of_intervals = side->n > 1;
	/* An interval is no whole command. */
	side->launched = side->launched && side->n == 1;
}

int observe_finish(struct observations *o, struct why *why)
{
	find_runs(o);
	for (int i = 0; i < SIDES; i++) {
		struct observed_side *side = &o->sides[i];

		if (side->runs == 1)
			split_run(o, (enum side)i);
		side->length_ns = calloc(side->n + 1,
					 sizeof(*side->length_ns));
		if (!side->length_ns)
			return no_memory(why);
	}
	for (size_t i = 0; i < o->n; i++) {
		const struct interval *interval = &o->intervals[i];

		if (!interval->left_out)
			o->sides[interval->side]
				.length_ns[interval->observation] +=
				(double)interval->length_ns;
	}
	return 0;
}

bool observe_values(const struct observations *o,
		    const struct observed_row *row, enum side side,
		    enum observed which, double *ret)
{
	const struct observed_side *of = &o->sides[side];
	bool there = false, elsewhere = false;

	for (size_t i = 0; i < of->n; i++)
		ret[i] = 0;
	for (size_t i = 0; i < row->n; i++) {
		const struct sample *sample = &row->samples[i];
		const struct interval *interval =
			&o->intervals[sample->interval];
		bool has = sample->have & 1u << which;

		if (interval->side != side) {
			elsewhere |= has;
			continue;
		}
		if (!has)
			return false;
		there = true;
		if (!interval->left_out)
			ret[interval->observation] += sample->value[which];
	}
	return there || (elsewhere && of->all_calls);
}

bool observe_estimated(const struct observed_row *row, enum observed which)
{
	for (size_t i = 0; i < row->n; i++)
		if (row->samples[i].estimated & 1u << which)
			return true;
	return false;
}
