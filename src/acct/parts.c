/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/parts.h"

struct cell parts_cell(const struct record *record, unsigned by)
{
	struct cell cell = record->cell;

	/* How old a call is that began before we did, is a guess at any rate,
	 * and so may be what it waited for. */
	if (record->key.stack && !(by & (DIMS_OF_STACKS | DIMS_OF_WAITS)))
		cell.estimated &= measure_bit(MEASURE_AGE);
	return cell;
}
