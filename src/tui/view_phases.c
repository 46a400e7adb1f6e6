/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What smbds' main threads do, in the order of a request's life. */
#include "tui/state.h"

static unsigned by_phases(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_PHASE) | within;
}

const struct view view_phases = {
	.id = VIEW_PHASES,
	.name = "Phases",
	.brief = "Phases",
	.by = by_phases,
	.columns = "wall-percent,wall,cpu,blocked,runq,in-calls,calls,times,"
		   "phase",
	.sort = "phase",
	.enters = -1,
	.outside = 1u << DIM_REQUEST | 1u << DIM_THREAD,
	.is_there = places_under_smb,
};
