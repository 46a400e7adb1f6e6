/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's audit rules as values; pure. Each rule of ours carries a key
 * that says whose it is, so that exactly those go again, also after a run
 * that was killed, and an administrator's never do.
 */
#ifndef COLLECT_AUDIT_RULE_H
#define COLLECT_AUDIT_RULE_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whose rules: a process, by its id and when it began. */
struct rule_owner {
	pid_t pid;
	uint64_t start;
};

/* The flexible array at its end has room for one key. */
#define RULE_KEY_SIZE 48

union rule {
	struct audit_rule_data data;
	char room[sizeof(struct audit_rule_data) + RULE_KEY_SIZE];
};

enum rule_of { RULE_PID, RULE_PPID };	/* the process, or its children */

/*
 * A record of each call of process @pid, or of each process that it started,
 * of those that the bits of @mask (by number, of whatever ABI) name.
 */
void rule_make(union rule *ret, enum rule_of of, pid_t pid, bool failed,
	       const uint32_t mask[AUDIT_BITMASK_SIZE],
	       const struct rule_owner *owner);

/* Whether it is one of a smbsysacct, and whose. */
bool rule_is_ours(const struct audit_rule_data *data, size_t size,
		  struct rule_owner *ret);

/* Whether it keeps some calls from having records, by whatever it names. */
bool rule_is_exception(const struct audit_rule_data *data, size_t size);

/* Whether it keeps all that starts from being seen at all. */
bool rule_hides_all(const struct audit_rule_data *data, size_t size);

#endif
