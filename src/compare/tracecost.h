/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What strace -cf adds to one system call on this machine: the real strace,
 * on a child that makes a few thousand calls, bare before and traced after.
 *
 * It takes a fraction of a second, two at most, and some CPU time, all of it
 * in a background process: the caller polls tracecost_fd() beside what else
 * it does, and reads when it is readable. Nothing is printed, and nothing is
 * left behind. The caller gets a SIGCHLD when the background process ends.
 */
#ifndef COMPARE_TRACECOST_H
#define COMPARE_TRACECOST_H

#include <stdint.h>

#include "base/why.h"

struct tracecost;

struct tracecost_figures {
	int64_t bare_ns;	/* a call, getppid */
	int64_t traced_ns;	/* the same, under strace -cf */
};

/* 0 or -errno. */
int tracecost_start(struct tracecost **ret, struct why *why);

/* Readable when there is an answer, and from then on; owned by @cost. */
int tracecost_fd(const struct tracecost *cost);

/*
 * 1: these are the figures; 0: not yet, it never waits; -errno: they are not
 * to be had, and why: strace is not installed, or may not trace. Either
 * answer stays.
 */
int tracecost_read(struct tracecost *cost, struct tracecost_figures *ret,
		   struct why *why);

/* Ends what still runs of it, and waits for that. Safe on NULL. */
void tracecost_stop(struct tracecost *cost);

#endif
