/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which calls fail, and how. */
#include "tui/state.h"

static unsigned by_errors(const struct dash *dash, unsigned within)
{
	(void)dash;
	return dim_bit(DIM_SYSCALL) | dim_bit(DIM_ERRNO) | within;
}

static bool has_not_failed(const struct row *row)
{
	return !row->key.error;
}

static const char *lacks(const struct dash *dash)
{
	return dash->cfg.errors ? NULL : "Only the bpf collector tells how "
	       "calls fail; smbsysacct --check says why it is not used.";
}

const struct view view_errors = {
	.id = VIEW_ERRORS,
	.name = "Errors",
	.brief = "Errs",
	.by = by_errors,
	.columns = "calls,average,max,wall,p50,p99,errno,syscall",
	.sort = "calls",
	.skips = has_not_failed,
	.lacks = lacks,
	.enters = VIEW_LATENCY,
	.enters_by = 1u << DIM_SYSCALL | 1u << DIM_ERRNO,
};
