/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/machine.h"

#include <unistd.h>

#include "base/clock.h"

struct machine machine_since(const struct procfs *fs,
			     struct proc_machine *last)
{
	int64_t tick_ns = NS_PER_SEC / sysconf(_SC_CLK_TCK);
	struct machine ret = { 0 };
	struct proc_machine now;
	char buf[4096];

	if (procfs_read(fs, buf, sizeof(buf), "stat") <= 0 ||
	    proc_parse_machine(buf, &now))
		return ret;
	ret.interrupts_ns = (int64_t)(now.interrupts - last->interrupts) *
			    tick_ns;
	ret.stolen_ns = (int64_t)(now.stolen - last->stolen) * tick_ns;
	*last = now;
	return ret;
}
