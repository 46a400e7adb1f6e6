/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes; of one that was gone into, its threads. H shows all threads. */
#include "tui/state.h"

static unsigned by_tasks(const struct dash *dash, unsigned within)
{
	unsigned by = dim_bit(DIM_PROCESS);

	if (dash->threads || within & dim_bit(DIM_PROCESS))
		by |= dim_bit(DIM_THREAD);
	return by;
}

const struct view view_tasks = {
	.id = VIEW_TASKS,
	.name = "Processes",
	.brief = "Procs",
	.by = by_tasks,
	.columns = "wall-percent,cpu,blocked,runq,user,system,calls,errors,"
		   "wall,switches,vcsw,icsw,read-chars,write-chars,stolen,"
		   "parked,pid,process,tid,thread",
	.sort = "wall",
	.enters = VIEW_CALLS,
	.enters_by = 1u << DIM_PROCESS | 1u << DIM_THREAD,
	.outside = 1u << DIM_REQUEST,
};
