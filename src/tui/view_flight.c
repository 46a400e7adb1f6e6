/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that had not ended when the interval did, and for how long. */
#include "tui/state.h"

static unsigned by_threads(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_PROCESS) | dim_bit(DIM_THREAD) |
	       dim_bit(DIM_SYSCALL) | within;
}

static bool has_landed(const struct row *row)
{
	return !cell_has(&row->cell, MEASURE_AGE);
}

static const char *lacks(const struct dash *dash)
{
	return dash->cfg.exact ? NULL : "Only the bpf collector knows what is "
	       "in flight; smbsysacct --check says why it is not used.";
}

const struct view view_flight = {
	.id = VIEW_FLIGHT,
	.name = "In flight",
	.brief = "Flight",
	.by = by_threads,
	.columns = "age,in-flight,pid,process,tid,thread,syscall",
	.sort = "age",
	.interval_only = true,
	.skips = has_landed,
	.lacks = lacks,
	.enters = VIEW_CALLS,
	.enters_by = 1u << DIM_PROCESS | 1u << DIM_THREAD,
};
