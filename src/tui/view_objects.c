/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What calls work on: files, sockets, pipes, and who is at the other end. */
#include "tui/state.h"

static unsigned by_objects(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_FILE) | dim_bit(DIM_PEER) | within;
}

const struct view view_objects = {
	.id = VIEW_OBJECTS,
	.name = "Objects",
	.brief = "Obj",
	.by = by_objects,
	.columns = "wall-percent,calls,errors,bytes,average,blocked,cpu,runq,"
		   "wall,peer,file",
	.sort = "wall",
	.enters = VIEW_CALLS,
	.enters_by = 1u << DIM_FILE | 1u << DIM_PEER,
	.outside = DIMS_OF_OBJECTS,
	.is_there = places_with_detail,
};
