/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "smb_options.h"

#include <errno.h>

#include "option_use.h"

#define SMBD "^smbd$"

static const char *out_of_place(const struct options *o)
{
	const struct option_use others[] = {
		{ *o->command, "a command" },
		{ o->has_name, "--name" },
		{ o->cgroup, "--cgroup" },
		{ o->everyone, "-a" },
		{ o->has_calls, "-e" },
		{ o->outcome != OUTCOME_ANY, "-z or -Z" },
		{ o->reporter == &report_summary, "-c" },
		{ o->contrast, "--contrast" },
	};

	return OPTION_GIVEN(others);
}

static int check_dims(const struct options *o, struct why *why)
{
	unsigned phase = dim_bit(DIM_PHASE);

	if (!o->smb && o->by & (DIMS_OF_REQUESTS | phase))
		return why_set(why, EINVAL, "--by: this dimension is one of "
			       "SMB; give --smb, too");
	if (o->by & dim_bit(DIM_THREAD) && o->by & DIMS_OF_REQUESTS &&
	    !(o->by & dim_bit(DIM_SYSCALL)))
		return why_set(why, EINVAL, "--by: requests are a process's, "
			       "not a thread's; give process instead");
	if (o->smb && !o->has_by && (o->sort || o->columns))
		return why_set(why, EINVAL, "%s is for one table: with --smb "
			       "give --by, too", o->sort ? "-S" : "-U");
	if (o->by & phase && o->by & ~(phase | dim_bit(DIM_PROCESS)))
		return why_set(why, EINVAL, "--by=phase goes with process "
			       "alone");
	return 0;
}

int smb_complete(struct options *o, struct why *why)
{
	int err = check_dims(o, why);
	const char *option;

	if (err || !o->smb)
		return err;
	option = out_of_place(o);
	if (option)
		return why_set(why, EINVAL, "%s does not go with --smb, which "
			       "is about all that running smbds do, or that "
			       "of -p PID does", option);
	if (o->n_pids || o->replay)
		return 0;
	if (regcomp(&o->name, SMBD, REG_EXTENDED | REG_NOSUB))
		return why_set(why, ENOMEM, "out of memory");
	o->has_name = true;
	o->name_text = "smbd";
	return 0;
}
