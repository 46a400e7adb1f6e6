/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMB2 requests by their command: of all clients, or of one smbd's. */
#include "tui/state.h"

static unsigned by_requests(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_REQUEST) | within;
}

const struct view view_requests = {
	.id = VIEW_REQUESTS,
	.name = "Requests",
	.brief = "Reqs",
	.by = by_requests,
	.columns = "requests,wall,average,p50,p99,errors,cpu,blocked,runq,"
		   "async,max,p90,p999,min,in-flight,request",
	.sort = "wall",
	.enters = VIEW_BILL,
	.enters_by = 1u << DIM_REQUEST,
	.outside = 1u << DIM_REQUEST | 1u << DIM_THREAD,
	.has_latencies = true,
	.is_there = places_under_smb,
};
