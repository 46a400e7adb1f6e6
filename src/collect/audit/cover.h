/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our rules among the machine's: which there are is remembered by who has
 * them, so that exactly those go again.
 */
#ifndef COLLECT_AUDIT_COVER_H
#define COLLECT_AUDIT_COVER_H

#include "collect/audit/link.h"
#include "model/callset.h"

struct cover {
	struct audit_link *link;
	const struct procfs *fs;
	struct rule_owner owner;
	bool failed;		/* records of failed calls, and of moves */
	uint32_t calls[AUDIT_BITMASK_SIZE];
	uint32_t moves[AUDIT_BITMASK_SIZE];	/* forks and execs */
	unsigned n;		/* rules that are there now */
};

/* @calls: NULL for all. */
void cover_init(struct cover *cover, struct audit_link *link,
		const struct procfs *fs, const struct callset *calls,
		bool failed);

/* Rules about process @pid, or about its children. *have, 0 at first, says
 * which ones there are, also where not all could be had. */
int cover_add(struct cover *cover, enum rule_of of, pid_t pid,
	      unsigned *have, struct why *why);
/* Takes away what *have says. */
void cover_remove(struct cover *cover, pid_t pid, unsigned *have);

/* Takes away rules of a smbsysacct that was killed; how many. */
unsigned cover_sweep(const struct cover *cover);

#endif
