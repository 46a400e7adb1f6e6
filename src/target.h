/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is accounted: checks of process ids before anything is attached to. */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/launch.h"
#include "base/procfs.h"
#include "base/why.h"
#include "options.h"

/*
 * Whether process @pid exists, is not a thread, has not ended and is one's
 * own, or may be read all the same. 0 or -errno.
 */
int target_check(const struct procfs *fs, pid_t pid, struct why *why);

/* All that are named by their ids. */
int target_check_all(const struct procfs *fs, const struct options *options,
		     struct why *why);

/* A launched command, from the side of who waits for it. */
struct target_child {
	pid_t pid;		/* 0: none was launched */
	bool ended;
	int status;		/* as a shell counts, once it has ended */
	int signal;		/* that it died of, or 0 */
	struct rusage usage;	/* of it and all that it waited for */
};

/* Looks whether it has ended; waits for that if @wait. */
void target_reap(struct target_child *child, bool wait);

/*
 * Why it could not be executed, if that is how it ended: -errno, with the
 * status to exit with in *status. 0: it was.
 */
int target_fate(const struct launch_fate *fate, const char *path,
		int *status, struct why *why);

/* The target as the command line has it: "-p 1,2", "cp -r a b"; cut where
 * there is no room. */
void target_words(char *buf, size_t size, const struct options *options);

/* The oldest running smbd, 0 where there is none. */
pid_t target_find_smbd(const struct procfs *fs);

#endif
