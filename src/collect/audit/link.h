/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's audit system as far as this project uses it: its status, its
 * rules, and a copy of its records. The one place of the collector that
 * knows libaudit. It never becomes the audit daemon and never changes a
 * limit; the copy comes by multicast, which is best effort.
 *
 * Rules are the machine's: they outlive this process, and each one is
 * looked at for each call of each process (1.5 us for the first, under
 * emulation, 0.2 us for each further one).
 */
#ifndef COLLECT_AUDIT_LINK_H
#define COLLECT_AUDIT_LINK_H

#include <linux/audit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/procfs.h"
#include "base/why.h"
#include "collect/audit/rule.h"

struct audit_link {
	int control, log;	/* netlink sockets, -1: closed */
	uint64_t inode;		/* of log, for its drops */
};

#define AUDIT_LINK_NONE { .control = -1, .log = -1 }

/* 0 or -errno, with what is missing. */
int audit_link_open(struct audit_link *link, const struct procfs *fs,
		    struct why *why);
void audit_link_close(struct audit_link *link);

/* Of struct audit_status, of which older headers and kernels have less. */
struct audit_state {
	uint32_t enabled;	/* 2: and its rules are locked */
	uint32_t daemon;	/* its pid, or 0 */
	uint32_t backlog_limit, backlog;	/* records that wait */
	uint32_t lost;		/* records of anybody, ever */
	uint32_t waits;		/* jiffies that tasks waited for room */
	bool has_waits;		/* Linux 5.9 and later */
};

/* Where the backlog is full the kernel lets us wait, too. */
int audit_link_state(struct audit_link *link, struct audit_state *ret,
		     struct why *why);
/* Every process that starts from here on is slower, until reboot. */
int audit_link_enable(struct audit_link *link, struct why *why);

int audit_link_add(struct audit_link *link, union rule *rule,
		   struct why *why);
int audit_link_delete(struct audit_link *link, union rule *rule,
		      struct why *why);
/* Deletes a rule that audit_link_list() showed. */
int audit_link_delete_data(struct audit_link *link,
			   struct audit_rule_data *data, struct why *why);

/* All rules of the machine, in memory that the caller frees. */
struct rule_list {
	struct audit_rule_data **rules;
	size_t *sizes;
	size_t n;
};

int audit_link_list(struct audit_link *link, struct rule_list *ret,
		    struct why *why);
void rule_list_free(struct rule_list *list);

/*
 * The next record of type SYSCALL, not NUL-terminated; at most @size. 0:
 * none is waiting. Other types are passed over, so are gaps.
 */
size_t audit_link_read(struct audit_link *link, char *buf, size_t size);
/* Records that were waiting for us and found no room, ever. */
uint64_t audit_link_drops(const struct audit_link *link,
			  const struct procfs *fs);

#endif
