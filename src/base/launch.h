/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting a command so that it finds the world as it would without us: our
 * signal mask and what we ignore are undone, it stays in our process group
 * unless its output is redirected, and it is our child. What has to be done in
 * it before its first instruction is done by a hook, in the child, right before
 * execve.
 */
#ifndef BASE_LAUNCH_H
#define BASE_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/why.h"

/* Lent to the starter until the command runs. */
struct launch_cfg {
	char **argv;
	const char *path;	/* as launch_find() found it */
	const sigset_t *mask;	/* the command's signal mask */
	bool size_signal;	/* SIGXFSZ is not ignored in it */
	bool child_signal_ignored;	/* SIGCHLD is */
	bool redirects;		/* its first three descriptors are these: */
	int input_fd, output_fd;
	char **own_argv;	/* our own, for helpers that rename themselves */
};

/* Shared with the child: what became of it. */
struct launch_fate {
	int failed;		/* errno of the step that failed, or 0 */
	int in_exec;		/* it was execve itself */
};

/* Where a command is, by PATH as a shell has it; the caller frees *ret.
 * -ENOENT, or -EACCES for what is there but cannot be run. */
int launch_find(char **ret, const char *name, struct why *why);

/*
 * A child that shares what @flags (CLONE_*) say; its id is stored at
 * *pid before it runs. 0 in the child, as fork() does. Without CLONE_VM, and
 * without glibc's own bookkeeping: the child keeps to system calls.
 */
pid_t launch_clone(unsigned long flags, pid_t *pid);

/* Have a table of descriptors of one's own, with nothing else done to it. 0 or
 * -errno: some containers refuse it. */
int launch_own_table(void);

/* In the child: runs the hook, then the command; never returns. */
void launch_exec(const struct launch_cfg *cfg, int (*hook)(void *arg),
		 void *arg, struct launch_fate *fate)
	__attribute__((noreturn));

#endif
