/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record_options.h"

#include <errno.h>

#include "option_use.h"

int record_set_record(struct options *o, const char *arg, struct why *why)
{
	if (!*arg)
		return options_bad(why, "--record", arg, "give a file name");
	o->record = arg;
	return 0;
}

int record_set_replay(struct options *o, const char *arg, struct why *why)
{
	if (!*arg)
		return options_bad(why, "--replay", arg,
				   "give a file that --record wrote");
	o->replay = arg;
	return 0;
}

/* What says what is to be accounted, which was. */
static const char *out_of_place(const struct options *o)
{
	const struct option_use others[] = {
		{ *o->command, "a command" },
		{ o->record, "--record" },
		{ o->n_pids, "-p" },
		{ o->has_name, "--name" },
		{ o->cgroup, "--cgroup" },
		{ o->everyone, "-a" },
		{ !o->follow, "--no-follow" },
		{ o->collector, "--collector" },
		{ o->has_calls, "-e" },
		{ o->all_calls, "-A" },
		{ o->audit_enable, "--audit-enable" },
		{ o->outcome != OUTCOME_ANY, "-z or -Z" },
		{ o->rate_hz, "--rate" },
		{ o->stacks, "--stacks" },
		{ o->n_probes, "--probe" },
		{ o->command_output, "--command-output" },
		{ o->listen, "--listen" },
		{ o->contrast, "--contrast" },
		{ o->check, "--check" },
	};

	return OPTION_GIVEN(others);
}

int record_complete(struct options *o, struct why *why)
{
	const char *option;

	if (o->record && (o->contrast || o->check))
		return why_set(why, EINVAL, "--record is of what is accounted, "
			       "and %s accounts nothing that could be; give "
			       "one of them", o->contrast ? "--contrast" :
			       "--check");
	if (!o->replay)
		return 0;
	option = out_of_place(o);
	if (option)
		return why_set(why, EINVAL, "%s does not go with --replay: "
			       "what was accounted was said when the record "
			       "was made", option);
	o->mode = MODE_REPLAY;
	return 0;
}
