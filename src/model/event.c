/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/event.h"

const struct loss_desc loss_table[LOSS_COUNT] = {
	[LOSS_TAIL_NS] = { "ended_tail_ns",
		"~%s of threads' lives after the last look at them (taken to "
		"be as before it)", UNIT_NS },
	[LOSS_CHILDREN_CPU_NS] = { "ended_children_cpu_ns",
		"%s of CPU by children after the last look at them, or that "
		"lived between two looks (in user and system)", UNIT_NS },
	[LOSS_TASKS] = { "tasks_restarted",
		"%s threads lost their past (execve by another thread)",
		UNIT_COUNT },
	[LOSS_CALLS] = { "calls_unaccounted",
		"%s calls, answered by the keeper or beyond the limit of "
		"threads", UNIT_COUNT },
	[LOSS_RECORDS] = { "records_folded",
		"%s looks or sums beyond the limit, merged into their process "
		"or (others)",
		UNIT_COUNT },
};
