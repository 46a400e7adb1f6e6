/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/cell.h"

#include <stddef.h>

void tally_look(struct tally *tally, double weight_ns)
{
	tally->looks++;
	tally->weight_ns += weight_ns;
	tally->weight_sq += weight_ns * weight_ns;
}

void tally_merge(struct tally *into, const struct tally *from)
{
	into->looks += from->looks;
	into->weight_ns += from->weight_ns;
	into->weight_sq += from->weight_sq;
}

/* Where one of them has no value, it is the other's. */
static int64_t merged_bound(const struct cell *into, const struct cell *from,
			    enum measure m)
{
	int64_t value = into->value[m], other = from->value[m];
	bool least = measure_table[m].merging == MERGE_LEAST;

	if (!cell_has(from, m))
		return value;
	if (!cell_has(into, m) || least == (other < value))
		return other;
	return value;
}

void cell_merge(struct cell *into, const struct cell *from)
{
	static const enum measure bounds[] = { MEASURE_MIN, MEASURE_MAX,
					       MEASURE_AGE };
	enum { N = sizeof(bounds) / sizeof(*bounds) };
	int64_t kept[N];

	/* These few aside it is a plain sum, as it is called so often. */
	for (int i = 0; i < N; i++)
		kept[i] = merged_bound(into, from, bounds[i]);
	for (int m = 0; m < MEASURE_COUNT; m++)
		into->value[m] += from->value[m];
	for (int i = 0; i < N; i++)
		into->value[bounds[i]] = kept[i];
	into->have |= from->have;
	into->estimated |= from->estimated;
	into->slack_ns += from->slack_ns;
	tally_merge(&into->tally, &from->tally);
}

bool cell_keep_lasting(struct cell *cell)
{
	static const enum measure moments[] = { MEASURE_IN_FLIGHT,
						MEASURE_AGE };

	for (size_t i = 0; i < sizeof(moments) / sizeof(*moments); i++) {
		cell->have &= ~measure_bit(moments[i]);
		cell->estimated &= ~measure_bit(moments[i]);
		cell->value[moments[i]] = 0;
	}
	return cell->have || cell->tally.looks || cell->slack_ns;
}

bool cell_is_doubtful(const struct cell *cell)
{
	return cell_has(cell, MEASURE_BLOCKED) && cell->slack_ns > 0 &&
	       cell->value[MEASURE_BLOCKED] < 3 * cell->slack_ns;
}

void cell_add(struct cell *cell, enum measure m, int64_t delta)
{
	cell->have |= measure_bit(m);
	cell->value[m] += delta;
}

void cell_add_estimate(struct cell *cell, enum measure m, int64_t delta)
{
	cell_add(cell, m, delta);
	cell->estimated |= measure_bit(m);
}
