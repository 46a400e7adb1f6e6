/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that processes have mapped, by which code of theirs is found. */
#ifndef COLLECT_BPF_MAPPED_H
#define COLLECT_BPF_MAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/procfs.h"

/*
 * The first file of process @pid whose path, as /proc/PID/maps has it,
 * @matches: to @ret a path that it can be opened by, whatever became of its
 * name. 1; 0: there is none; or -errno.
 */
int mapped_find(const struct procfs *fs, pid_t pid,
		bool (*matches)(const char *path, const void *arg),
		const void *arg, char *ret, size_t size, struct stat *st);

#endif
