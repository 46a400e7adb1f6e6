/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/audit/cover.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/procparse.h"

/* Each is looked at for each call of the machine. */
#define MAX_RULES 128

static void mask_put(uint32_t *mask, uint32_t nr)
{
	if (AUDIT_WORD(nr) < AUDIT_BITMASK_SIZE - 1)
		mask[AUDIT_WORD(nr)] |= AUDIT_BIT(nr);
}

/* By number alone: a record says which ABI it was. x32's numbers are beyond
 * what a rule can name. The last word stands for classes. */
static void make_masks(struct cover *c, const struct callset *calls)
{
	for (int abi = ABI_NATIVE; abi < ABI_X32; abi++)
		for (int nr = 0; nr < CALLSET_NUMBERS; nr++) {
			bool move = abi_is_fork(abi, nr) ||
				    abi_is_exec(abi, nr);

			if (move)
				mask_put(c->moves, (uint32_t)nr);
			if ((move && !c->failed) ||
			    (calls && callset_has(calls, abi, nr)))
				mask_put(c->calls, (uint32_t)nr);
		}
	for (int i = 0; !calls && i < AUDIT_BITMASK_SIZE - 1; i++)
		c->calls[i] = UINT32_MAX;
}

static int read_start(const struct procfs *fs, pid_t pid, uint64_t *ret)
{
	struct proc_stat stat;
	char buf[1024];

	if (procfs_read(fs, buf, sizeof(buf), "%d/stat", pid) <= 0 ||
	    proc_parse_stat(buf, &stat))
		return -ESRCH;
	*ret = stat.start;
	return 0;
}

void cover_init(struct cover *c, struct audit_link *link,
		const struct procfs *fs, const struct callset *calls,
		bool failed)
{
	*c = (struct cover){ .link = link, .fs = fs, .failed = failed,
			     .owner.pid = getpid() };
	read_start(fs, c->owner.pid, &c->owner.start);
	make_masks(c, calls);
}

/* A rule has a number: whom it is about, and which of the two masks. */
static void make(const struct cover *c, unsigned number, pid_t pid,
		 union rule *ret)
{
	bool moves = number & 1;

	rule_make(ret, (enum rule_of)(number >> 1), pid, c->failed && !moves,
		  moves ? c->moves : c->calls, &c->owner);
}

static int add_one(struct cover *c, unsigned number, pid_t pid,
		   unsigned *have, struct why *why)
{
	union rule rule;
	int err;

	if (*have >> number & 1)
		return 0;
	if (c->n >= MAX_RULES)
		return why_set(why, ENOSPC, "audit is asked for %d rules at "
			       "most: each costs the whole machine time",
			       MAX_RULES);
	make(c, number, pid, &rule);
	err = audit_link_add(c->link, &rule, why);
	if (err)
		return err;
	*have |= 1u << number;
	c->n++;
	return 0;
}

int cover_add(struct cover *c, enum rule_of of, pid_t pid, unsigned *have,
	      struct why *why)
{
	unsigned number = (unsigned)of << 1;
	int err = add_one(c, number, pid, have, why);

	/* Where all records come, moves are among them. */
	if (!err && c->failed)
		err = add_one(c, number | 1, pid, have, why);
	return err;
}

void cover_remove(struct cover *c, pid_t pid, unsigned *have)
{
	union rule rule;

	for (unsigned number = 0; *have >> number; number++) {
		if (!(*have >> number & 1))
			continue;
		make(c, number, pid, &rule);
		audit_link_delete(c->link, &rule, NULL);
		c->n--;
	}
	*have = 0;
}

/* What cannot be read may live. */
static bool is_gone(const struct cover *c, const struct rule_owner *owner)
{
	uint64_t start;

	if (kill(owner->pid, 0) && errno == ESRCH)
		return true;
	return !read_start(c->fs, owner->pid, &start) &&
	       start != owner->start;
}

unsigned cover_sweep(const struct cover *c)
{
	struct rule_owner owner;
	struct rule_list list;
	unsigned n = 0;

	if (audit_link_list(c->link, &list, NULL))
		return 0;
	for (size_t i = 0; i < list.n; i++)
		if (rule_is_ours(list.rules[i], list.sizes[i], &owner) &&
		    is_gone(c, &owner) &&
		    !audit_link_delete_data(c->link, list.rules[i], NULL))
			n++;
	rule_list_free(&list);
	return n;
}
