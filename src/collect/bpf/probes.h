/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probes in Samba's server library, as the processes have it mapped: one
 * set for each file, whether it still has a name or was replaced by an
 * upgrade, in whatever container. smbd is neither stopped nor changed on
 * disk; who runs a function with a probe in it pays for it, which is why
 * those of a single process can be had.
 */
#ifndef COLLECT_BPF_PROBES_H
#define COLLECT_BPF_PROBES_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/procfs.h"
#include "base/why.h"

struct probes;
struct split;

/* @only_pid: not in other processes; 0: in all that have the file. */
int probes_new(struct probes **ret, struct split *programs,
	       const struct procfs *fs, pid_t only_pid, struct why *why);

/* Where process @pid has the library and it has no probes yet, it gets them.
 * 1: it has them, 0: it has no such library, or -errno. */
int probes_add(struct probes *probes, pid_t pid, struct why *why);

/* Also those of each command, for requests that cannot be read. */
int probes_add_commands(struct probes *probes, struct why *why);

/* All of them are gone when it returns; NULL is fine. */
void probes_detach(struct probes *probes);

#endif
