/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/family.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_MEMBERS 400000

enum verdict { NOT_ONE, IS_ONE, MAY_BE_ONE };

struct member {
	struct process_id id;	/* the map's key: stays first */
	enum verdict verdict;
	bool ended;
	unsigned ended_in;	/* round */
};

void family_init(struct family *family, struct lineage *lineage,
		 bool follow)
{
	*family = (struct family){ .lineage = lineage, .follow = follow,
				   .first_start = UINT64_MAX };
	map_init(&family->members, sizeof(struct process_id));
}

void family_done(struct family *family)
{
	struct member *member;
	size_t pos = 0;

	while ((member = map_next(&family->members, &pos)))
		free(member);
	map_done(&family->members);
	family_init(family, family->lineage, family->follow);
}

static struct process_id id_of(const struct key *key)
{
	return (struct process_id){ .start = key->process_start,
				    .pid = key->pid };
}

static struct member *note(struct family *family,
			   const struct process_id *id)
{
	struct member *member = family->members.used < MAX_MEMBERS ?
				calloc(1, sizeof(*member)) : NULL;

	if (member) {
		member->id = *id;
		if (map_add(&family->members, member)) {
			free(member);
			member = NULL;
		}
	}
	if (!member)
		family->is_full = true;
	return member;
}

static void decide(struct family *family, struct member *member,
		   enum verdict verdict)
{
	member->verdict = verdict;
	family->living += verdict == IS_ONE && !member->ended;
	family->undecided += verdict == MAY_BE_ONE;
}

int family_add(struct family *family, const struct key *key)
{
	struct process_id id = id_of(key);
	struct member *member = map_get(&family->members, &id);

	if (member)
		return 0;
	member = note(family, &id);
	if (!member)
		return -ENOMEM;
	decide(family, member, IS_ONE);
	if (id.start < family->first_start)
		family->first_start = id.start;
	return 0;
}

/* What descends from an orphan is younger than it. */
static enum verdict judge(const struct family *family,
			  const struct process_id *id)
{
	struct kin *kin = lineage_find(family->lineage, id);
	uint64_t start = kin ? UINT64_MAX : id->start;

	for (int i = 0; kin && i < MAX_ANCESTORS; i++) {
		const struct member *member = map_get(&family->members,
						      &kin->id);

		if (member && member->verdict != MAY_BE_ONE)
			return member->verdict;
		if (kin->is_first)
			return NOT_ONE;
		/* Who was not told of may be who took it over. */
		if (kin->is_told)
			start = kin->id.start;
		kin = lineage_parent(family->lineage, kin);
	}
	return start && start < family->first_start ? NOT_ONE : MAY_BE_ONE;
}

bool family_has(struct family *family, const struct key *key)
{
	struct process_id id = id_of(key);
	struct member *member = map_get(&family->members, &id);
	enum verdict verdict = NOT_ONE;

	if (member && member->verdict != MAY_BE_ONE)
		return member->verdict == IS_ONE;
	if (family->follow)
		verdict = judge(family, &id);
	/* Counted once, and asked about again: more may be known then. */
	if (!member && (member = note(family, &id)))
		decide(family, member, verdict);
	else if (member && verdict != MAY_BE_ONE)
		decide(family, member, verdict);
	return member && verdict == IS_ONE;
}

void family_end(struct family *family, const struct key *key)
{
	struct process_id id = id_of(key);
	struct member *member = map_get(&family->members, &id);

	if (!member || member->ended)
		return;
	member->ended = true;
	member->ended_in = family->round;
	family->living -= member->verdict == IS_ONE;
}

void family_next(struct family *family)
{
	struct member *member;
	size_t pos = 0;

	while ((member = map_next(&family->members, &pos)))
		if (member->ended && member->ended_in != family->round) {
			map_del(&family->members, &member->id);
			free(member);
		}
	family->undecided = 0;
	family->round++;
}
