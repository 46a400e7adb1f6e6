/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who makes smbd work: each client, its users and their shares. */
#include "tui/state.h"

static unsigned by_clients(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_PROCESS) | dim_bit(DIM_CLIENT) |
	       dim_bit(DIM_USER) | dim_bit(DIM_SHARE) | within;
}

const struct view view_clients = {
	.id = VIEW_CLIENTS,
	.name = "Clients",
	.brief = "Who",
	.by = by_clients,
	.columns = "requests,wall,errors,average,cpu,blocked,runq,async,pid,"
		   "client,username,share",
	.sort = "wall",
	.enters = VIEW_REQUESTS,
	.enters_by = 1u << DIM_PROCESS,
	.outside = 1u << DIM_THREAD,
	.is_there = places_under_smb,
};
