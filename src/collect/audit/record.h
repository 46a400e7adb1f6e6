/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of an audit record of type SYSCALL as a struct; pure. What it
 * accepts is what audit_log_exit() of the kernel's kernel/auditsc.c writes:
 *
 *	audit(1700000000.123:45): arch=c000003e syscall=257 success=no
 *	exit=-2 a0=... items=1 ppid=1 pid=2 ... comm="sh" exe="/bin/sh" ...
 *
 * A record has no thread id (pid= is the process) and no duration.
 */
#ifndef COLLECT_AUDIT_RECORD_H
#define COLLECT_AUDIT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audit_record {
	int64_t time_ms;	/* since 1970, when the call began */
	uint32_t arch;		/* AUDIT_ARCH_* */
	int32_t nr;		/* as the arch has it */
	bool ended;		/* not so: exit_group, of which it ended */
	int64_t exit;		/* what it returned: -errno on failure */
	int32_t ppid, pid;
	char comm[16];		/* as the task chose it: untrusted */
};

/* 0, or -EINVAL where one of these is missing or out of range. */
int audit_record_parse(struct audit_record *ret, const char *text,
		       size_t size);

#endif
