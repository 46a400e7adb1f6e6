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
		"%s calls, that nobody was there to account or for which "
		"there was no room", UNIT_COUNT },
	[LOSS_UNTIMED] = { "calls_untimed",
		"the time of %s calls that never began (refused by seccomp)",
		UNIT_COUNT },
	[LOSS_PARTIAL] = { "calls_partial",
		"the time before the attachment of %s calls that were in "
		"progress then", UNIT_COUNT },
	[LOSS_SWITCHES] = { "switches_missed",
		"%s returns to a CPU (that time is in cpu)", UNIT_COUNT },
	[LOSS_THREADS] = { "threads_unaccounted",
		"%s threads for which there was no room", UNIT_COUNT },
	[LOSS_HISTOGRAMS] = { "histograms_refused",
		"histograms of %s calls for which there was no room",
		UNIT_COUNT },
	[LOSS_STACKS] = { "stacks_refused",
		"stacks of %s calls for which there was no room",
		UNIT_COUNT },
	[LOSS_OBJECTS] = { "objects_refused",
		"what %s calls worked on, for which there was no room",
		UNIT_COUNT },
	[LOSS_WAKERS] = { "wakers_refused",
		"who woke threads %s times, for which there was no room",
		UNIT_COUNT },
	[LOSS_URING] = { "io_uring_operations",
		"%s operations by io_uring, which are no calls", UNIT_COUNT },
	[LOSS_LATE] = { "processes_late",
		"the first calls, or all, of %s processes that audit was "
		"asked for too late", UNIT_COUNT },
	[LOSS_AUDIT_DROPS] = { "audit_records_dropped",
		"%s audit records that found no room on their way to us",
		UNIT_COUNT },
	[LOSS_AUDIT_LOST] = { "audit_records_lost",
		"%s audit records of the whole machine, by the kernel",
		UNIT_COUNT },
	[LOSS_AUDIT_WAITS] = { "audit_wait_jiffies",
		"%s jiffies that processes waited for room in audit's backlog",
		UNIT_COUNT },
	[LOSS_ORPHANS] = { "processes_orphaned",
		"the calls of %s processes that may belong here: who started "
		"them had ended before it was seen", UNIT_COUNT },
	[LOSS_REQUESTS] = { "requests_unaccounted",
		"%s SMB2 requests, or processes that serve them, for which "
		"there was no room", UNIT_COUNT },
	[LOSS_UNMATCHED] = { "replies_unmatched",
		"%s SMB2 replies to requests that had begun before the "
		"attachment", UNIT_COUNT },
	[LOSS_UNANSWERED] = { "requests_dropped",
		"%s SMB2 requests that smbd dropped without a reply",
		UNIT_COUNT },
	[LOSS_SLOWEST] = { "slowest_lost",
		"%s calls or requests that may be among the slowest, for "
		"which there was no room", UNIT_COUNT },
	[LOSS_FUNCTIONS] = { "functions_unaccounted",
		"%s calls of functions for which there was no room",
		UNIT_COUNT },
	[LOSS_RECORDS] = { "records_folded",
		"%s looks or sums beyond the limit, merged into their process "
		"or (others)",
		UNIT_COUNT },
};

void sink_note(const struct sink *sink, const char *text)
{
	struct event event = { .kind = EVENT_NOTE, .text = text };

	sink->event(sink->ctx, &event);
}

void sink_lost(const struct sink *sink, enum loss kind, int64_t amount)
{
	struct event event = { .kind = EVENT_LOST,
			       .lost = { kind, amount } };

	if (amount)
		sink->event(sink->ctx, &event);
}

void sink_lost_since(const struct sink *sink, enum loss kind, uint64_t now,
		     uint64_t *told)
{
	sink_lost(sink, kind, (int64_t)(now - *told));
	*told = now;
}
