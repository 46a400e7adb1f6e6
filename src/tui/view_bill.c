/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a request costs: the calls that are made for its command. */
#include "tui/state.h"

static unsigned by_bill(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_REQUEST) | dim_bit(DIM_SYSCALL) | within;
}

/* Waiting for the next one outweighs all else; the system calls have it. */
static bool is_for_none(const struct row *row)
{
	return row->key.request <= 0;
}

const struct view view_bill = {
	.id = VIEW_BILL,
	.name = "Bill",
	.brief = "Bill",
	.by = by_bill,
	.columns = "wall,calls-per-request,wall-per-request,cpu-per-request,"
		   "blocked-per-request,calls,errors,requests,request,"
		   "syscall",
	.sort = "wall",
	.skips = is_for_none,
	.enters = VIEW_LATENCY,
	.enters_by = 1u << DIM_REQUEST | 1u << DIM_SYSCALL,
	.has_latencies = true,
	.is_there = places_under_smb,
};
