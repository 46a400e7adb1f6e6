/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What threads wait for, and who wakes them. */
#include "tui/state.h"

static unsigned by_reasons(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_REASON) | dim_bit(DIM_WAKER) | within;
}

const struct view view_reasons = {
	.id = VIEW_REASONS,
	.name = "Waits",
	.brief = "Waits",
	.by = by_reasons,
	.columns = "wall-percent,blocked,vcsw,cpu,runq,wall,reason,waker",
	.sort = "blocked,wall",
	.enters = VIEW_CALLS,
	.enters_by = 1u << DIM_REASON | 1u << DIM_WAKER,
	.outside = DIMS_OF_WAITS,
	.is_there = places_with_detail,
};
