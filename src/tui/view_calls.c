/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System calls: of all, or of the process or thread that was gone into. */
#include "tui/state.h"

static unsigned by_calls(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_SYSCALL) | within;
}

const struct view view_calls = {
	.id = VIEW_CALLS,
	.name = "Syscalls",
	.brief = "Calls",
	.by = by_calls,
	.columns = "wall-percent,calls,errors,average,blocked,cpu,runq,max,"
		   "wall,p50,p99,bytes,p999,min,vcsw,icsw,in-flight,abi,"
		   "syscall",
	.estimated = "blocked-percent,blocked,blocked-error,blocked-average,"
		     "calls,errors,cpu,runq,wall,abi,syscall",
	.sort = "wall,blocked,calls",
	.enters = VIEW_SITES,
	.enters_else = VIEW_LATENCY,
	.enters_by = 1u << DIM_SYSCALL,
	.has_latencies = true,
};
