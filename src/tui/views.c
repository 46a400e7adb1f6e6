/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/view.h"

const struct view *const view_table[VIEW_COUNT] = {
	[VIEW_CALLS] = &view_calls,
	[VIEW_TASKS] = &view_tasks,
	[VIEW_LATENCY] = &view_latency,
	[VIEW_ERRORS] = &view_errors,
	[VIEW_FLIGHT] = &view_flight,
	[VIEW_OUTPUT] = &view_output,
	[VIEW_REQUESTS] = &view_requests,
	[VIEW_BILL] = &view_bill,
	[VIEW_PHASES] = &view_phases,
	[VIEW_CLIENTS] = &view_clients,
	[VIEW_SITES] = &view_sites,
	[VIEW_STACKS] = &view_stacks,
	[VIEW_REASONS] = &view_reasons,
	[VIEW_OBJECTS] = &view_objects,
};
