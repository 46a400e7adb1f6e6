/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which calls are notified, as a filter for the kernel. A call that waits
 * for our answer can be interrupted by a signal and then fails with EINTR,
 * even one that never does by itself, where the handler lacks SA_RESTART.
 * So unless all calls are asked for, only those are notified of which every
 * caller has to expect that (class wait in data/classes.csv), and of these
 * only as they may wait: by their arguments. A few never are, as the
 * process would not survive it.
 *
 * The one door to libseccomp, beside the names in model/syscall.c.
 */
#ifndef COLLECT_SECCOMP_FILTER_H
#define COLLECT_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

#include "base/why.h"
#include "model/callset.h"

/* What is left of @chosen when only what is safe is taken, unless @all. */
void filter_limit(struct callset *chosen, const struct callnames *names,
		  bool all);

/* The filter that notifies @notified, which filter_limit() has limited. The
 * caller frees ret->filter. 0 or -errno. */
int filter_build(struct sock_fprog *ret, const struct callset *notified,
		 const struct callnames *names, bool all, struct why *why);

#endif
