/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The background process of tracecost.h, and what it writes to its pipe at
 * the end. It has two children: one that makes calls, and strace.
 */
#ifndef COMPARE_TRACED_H
#define COMPARE_TRACED_H

#include <stdint.h>
#include <sys/types.h>

struct traced_answer {
	int err;		/* positive errno, 0: there are figures */
	char text[256];		/* the sentence, where there are none */
	int64_t bare_ns, traced_ns;	/* of one call */
};

/* In a child of @parent, right after fork(): writes one answer to @out, ends
 * its own children, and exits. SIGTERM makes it end at once. */
void traced_main(int out, pid_t parent) __attribute__((noreturn));

#endif
