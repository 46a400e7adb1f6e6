/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detail_options.h"

#include <errno.h>
#include <string.h>

#include "base/num.h"

#define MAX_PROFILE_HZ 1000

int detail_set_unwind(struct options *o, const char *arg, struct why *why)
{
	static const char *const names[] = {
		[UNWIND_AUTO] = "auto", [UNWIND_FP] = "fp",
		[UNWIND_DWARF] = "dwarf",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(arg, names[i])) {
			o->unwind = (enum unwind)i;
			o->stacks = true;
			return 0;
		}
	return why_set(why, EINVAL, "--unwind '%s': auto, fp or dwarf", arg);
}

int detail_set_profile(struct options *o, const char *arg, struct why *why)
{
	uint64_t hz;

	if (num_parse(arg, MAX_PROFILE_HZ, &hz) || !hz)
		return why_set(why, EINVAL, "--profile '%s': looks a second, "
			       "1 to %d", arg, MAX_PROFILE_HZ);
	o->profile_hz = (unsigned)hz;
	o->stacks = true;
	return 0;
}

/* Ticks of a second that neither Linux nor programs have (perf's default,
 * too). */
#define PROFILE_HZ 99

/* A flame graph has all that there is to be seen in it. */
static void by_stacks(struct options *o)
{
	o->by |= dim_bit(DIM_STACK) | dim_bit(DIM_SYSCALL) |
		 dim_bit(DIM_REASON) | dim_bit(DIM_PROCESS) |
		 (o->smb ? dim_bit(DIM_REQUEST) : 0);
	if (!o->profile_hz)
		o->profile_hz = PROFILE_HZ;
}

int detail_complete(struct options *o, struct why *why)
{
	unsigned beside = DIMS_OF_REQUESTS & ~dim_bit(DIM_REQUEST);

	if (o->reporter->of_stacks)
		by_stacks(o);
	if (o->reporter->whole && o->delay_ns)
		return why_set(why, EINVAL, "--format=%s is one file for "
			       "all; give --seconds in place of -d",
			       o->reporter->name);
	if (o->stacks && !(o->by & DIMS_OF_STACKS))
		o->by |= dim_bit(DIM_CALLER);
	if (!(o->by & DIMS_OF_DETAIL))
		return 0;
	if (o->by & (beside | dim_bit(DIM_PHASE)))
		return why_set(why, EINVAL, "--by: of SMB, request alone goes "
			       "with what is known of single calls");
	if (o->reporter == &report_summary)
		return why_set(why, EINVAL, "-c is a table of system calls, "
			       "and what was asked for of them is another");
	o->has_by = true;
	return 0;
}
