/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/rules.h"

#include <stdlib.h>
#include <string.h>

#include "symbols/cfi.h"

#define FIRST_SLOTS	256
/* Of 32 bytes. Who calls from more places than half of that is asked anew. */
#define MAX_SLOTS	(1u << 17)

struct rules_entry {
	uint64_t key;		/* vaddr + 1, 0: free */
	struct rule rule;
};

bool rule_is_fp(const struct rule *rule)
{
	const struct rule_place *cfa = &rule->cfa;
	const struct rule_place *ra = &rule->ra, *fp = &rule->fp;

	return !rule->cfa_loads && cfa->base == RULE_FP &&
	       ra->base == RULE_CFA && fp->base == RULE_CFA &&
	       cfa->offset + ra->offset == 8 && cfa->offset + fp->offset == 0;
}

static struct rules_entry *find(const struct rules *rules, uint64_t key)
{
	size_t mask = rules->capacity - 1;
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 40) & mask;

	while (rules->slots[i].key && rules->slots[i].key != key)
		i = (i + 1) & mask;
	return &rules->slots[i];
}

/* Room for one more. */
static bool make_room(struct rules *rules)
{
	struct rules next = *rules;

	if ((rules->used + 1) * 2 <= rules->capacity)
		return true;
	if (rules->capacity == MAX_SLOTS) {
		memset(rules->slots, 0, MAX_SLOTS * sizeof(*rules->slots));
		rules->used = 0;
		return true;
	}
	next.capacity = next.capacity ? next.capacity * 2 : FIRST_SLOTS;
	next.slots = calloc(next.capacity, sizeof(*next.slots));
	if (!next.slots)
		return false;
	for (size_t i = 0; i < rules->capacity; i++)
		if (rules->slots[i].key)
			*find(&next, rules->slots[i].key) = rules->slots[i];
	free(rules->slots);
	*rules = next;
	return true;
}

static void read_rule(const struct rules *rules, uint64_t vaddr,
		      struct rule *rule)
{
	const struct cfi_function *function = NULL;
	const struct cfi *cfi = NULL;
	struct cfi_entry entry;

	for (size_t i = 0; i < 2 && !function; i++) {
		cfi = rules->cfi[i];
		function = cfi ? cfi_find(cfi, vaddr) : NULL;
	}
	if (function && cfi_read(cfi, function, &entry))
		cfi_run(&entry, vaddr, rule);
}

const struct rule *rules_get(struct rules *rules, uint64_t vaddr)
{
	struct rules_entry *entry;
	uint64_t key = vaddr + 1;

	if (rules->capacity) {
		entry = find(rules, key);
		if (entry->key)
			return &entry->rule;
	}
	if (!key || !make_room(rules))
		return NULL;
	entry = find(rules, key);
	*entry = (struct rules_entry){ .key = key };
	rules->used++;
	read_rule(rules, vaddr, &entry->rule);
	return &entry->rule;
}

void rules_done(struct rules *rules)
{
	free(rules->slots);
	*rules = (struct rules){ 0 };
}
