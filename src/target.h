/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is accounted: checks of process ids before anything is attached to. */
#ifndef TARGET_H
#define TARGET_H

#include <stddef.h>
#include <sys/types.h>

#include "base/procfs.h"
#include "base/why.h"

/*
 * Whether process @pid exists, is not a thread, has not ended and is one's
 * own, or may be read all the same. 0 or -errno.
 */
int target_check(const struct procfs *fs, pid_t pid, struct why *why);

/* The oldest running smbd, 0 where there is none. */
pid_t target_find_smbd(const struct procfs *fs);

#endif
