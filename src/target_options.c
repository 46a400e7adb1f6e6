/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target_options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

/* Once, however often it is named. */
static void add_pid(struct options *o, pid_t pid)
{
	for (size_t i = 0; i < o->n_pids; i++)
		if (o->pids[i] == pid)
			return;
	o->pids[o->n_pids++] = pid;
}

int target_set_pid(struct options *o, const char *arg, struct why *why)
{
	static const char separators[] = ", \t\n";
	const char *p = arg + strspn(arg, separators);

	if (!*p)
		return options_bad(why, "-p", arg,
				   "give one or more process ids");
	for (; *p; p += strspn(p, separators)) {
		size_t len = strcspn(p, separators);
		char text[16];
		uint64_t pid;

		snprintf(text, sizeof(text), "%.*s", (int)len, p);
		if (len >= sizeof(text) || num_parse(text, INT_MAX, &pid) ||
		    !pid)
			return options_bad(why, "-p", arg,
					   "a process id is a number above "
					   "0, several are separated by "
					   "commas");
		if (o->n_pids == MAX_PIDS)
			return why_set(why, EINVAL, "more than %d process "
				       "ids", MAX_PIDS);
		add_pid(o, (pid_t)pid);
		p += len;
	}
	return 0;
}

int target_set_name(struct options *o, const char *arg, struct why *why)
{
	char text[128];
	int err;

	if (o->has_name)
		return options_bad(why, "--name", arg,
				   "give it once; 'a|b' matches both");
	err = regcomp(&o->name, arg, REG_EXTENDED | REG_NOSUB);
	if (err) {
		regerror(err, &o->name, text, sizeof(text));
		return options_bad(why, "--name", arg, text);
	}
	o->has_name = true;
	o->name_text = arg;
	return 0;
}

int target_set_cgroup(struct options *o, const char *arg, struct why *why)
{
	if (!*arg)
		return options_bad(why, "--cgroup", arg,
				   "give a directory below /sys/fs/cgroup");
	o->cgroup = arg;
	return 0;
}
