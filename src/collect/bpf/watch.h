/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets that are not named by their ids: by program, and by cgroup. */
#ifndef COLLECT_BPF_WATCH_H
#define COLLECT_BPF_WATCH_H

#include <regex.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/procfs.h"

/*
 * Whether the base name of the process's executable matches; its comm, cut
 * to 15 bytes, where that cannot be read (any more) or @pid is 0.
 */
bool watch_matches(const struct procfs *fs, const regex_t *name, pid_t pid,
		   const char *comm);

/* Each process whose program matches, but the caller. */
int watch_names(const struct procfs *fs, const regex_t *name,
		int (*each)(pid_t pid, void *arg), void *arg);

/* Each process in the cgroup of a directory, and in those below it. -errno,
 * with the sentence in @why. */
int watch_cgroup(const char *path, int (*each)(pid_t pid, void *arg),
		 void *arg, struct why *why);

#endif
