/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of another process, opened for reading as safely as it goes:
 * regular files only, by no path that the process could redirect, and on no
 * file system whose server may keep us waiting (NFS, CIFS, FUSE, ...). An
 * overlay above one of these is not noticed.
 *
 * Descriptors, or -errno; -ENOTSUP: on such a file system. They are
 * O_CLOEXEC, and the caller's. Cost: some ten system calls.
 */
#ifndef SYMBOLS_REACH_H
#define SYMBOLS_REACH_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/procfs.h"
#include "symbols/parse.h"

/* What a mapping is of: by /proc/PID/map_files, which reaches deleted files
 * too but takes CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE, or else by its path
 * in the process's root, if that is still the same file. */
int reach_mapped(const struct procfs *fs, pid_t pid,
		 const struct map_line *map, struct stat *ret);

/* Where a JIT says what it has compiled: /tmp/perf-PID.map in the process's
 * root, if it is of the same user. */
int reach_perf_map(const struct procfs *fs, pid_t pid, struct stat *ret);

#endif
