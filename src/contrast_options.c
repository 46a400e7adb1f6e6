/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "contrast_options.h"

#include <errno.h>

#include "option_use.h"

/* What asks for another report than the one there is. */
static const char *out_of_place(const struct options *o)
{
	const struct option_use others[] = {
		{ o->check, "--check" },
		{ o->top, "--top" },
		{ o->delay_ns, "-d" },
		{ o->count, "-n" },
		{ o->reporter == &report_summary, "-c" },
		{ o->wall_clock, "-w" },
		{ o->overhead_ns, "-O" },
		{ o->histogram, "-D" },
		{ o->columns, "-U" },
		{ o->reporter == &report_csv, "--format=csv" },
		{ o->sort, "-S" },
		{ o->max_rows, "--rows" },
		{ o->by != dim_bit(DIM_SYSCALL), "--by" },
		{ o->outcome != OUTCOME_ANY, "-z or -Z" },
		{ o->has_calls, "-e" },
		{ o->rate_hz, "--rate" },
		{ o->audit_enable, "--audit-enable" },
		{ o->all_calls, "-A" },
		{ o->stacks, "--stacks" },
		{ o->slowest, "--slowest" },
		{ o->probes, "--probe" },
	};

	return OPTION_GIVEN(others);
}

int contrast_check(const struct options *o, struct why *why)
{
	const char *option = o->contrast ? out_of_place(o) : NULL;
	bool command = *o->command;

	if (o->runs && !o->contrast)
		return why_set(why, EINVAL, "-r is for --contrast; give both");
	if (!o->contrast)
		return 0;
	if (!command && !options_attach(o))
		return why_set(why, EINVAL, "--contrast needs a command that "
			       "it can run again and again, or -p PID");
	if (command && options_attach(o))
		return why_set(why, EINVAL, "--contrast takes a command or "
			       "what runs already, not both at once");
	if (option)
		return why_set(why, EINVAL, "%s does not go with --contrast, "
			       "which has a table of its own", option);
	if (command && o->collector)
		return why_set(why, EINVAL, "--collector does not go with "
			       "--contrast of a command, which takes all of "
			       "them in turn");
	if (command && o->seconds_ns)
		return why_set(why, EINVAL, "--seconds goes with --contrast "
			       "-p; a command ends by itself, and -r says "
			       "how often it is run");
	if (command && !o->follow)
		return why_set(why, EINVAL, "--no-follow does not go with "
			       "--contrast of a command, as its whole time is "
			       "compared");
	if (!command && o->runs)
		return why_set(why, EINVAL, "-r goes with --contrast of a "
			       "command; what runs already is accounted for "
			       "once, for --seconds");
	return 0;
}
