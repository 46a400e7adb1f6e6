/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/lineage.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/procparse.h"

#define MAX_KIN 400000
/* So many that have ended are kept: more than end between two harvests. */
#define MAX_ENDED 4096

void lineage_init(struct lineage *lineage)
{
	*lineage = (struct lineage){ .fs = NULL };
	map_init(&lineage->all, sizeof(struct process_id));
}

void lineage_done(struct lineage *lineage)
{
	struct kin *kin;
	size_t pos = 0;

	while ((kin = map_next(&lineage->all, &pos)))
		free(kin);
	map_done(&lineage->all);
	lineage_init(lineage);
}

/* Nobody needs it any more; its ancestors may have been kept for it. */
static void forget(struct lineage *lineage, struct kin *kin)
{
	while (kin && !kin->children && !kin->is_queued &&
	       (kin->ended || !kin->is_told)) {
		struct kin *parent = kin->parent;

		map_del(&lineage->all, &kin->id);
		free(kin);
		if (parent)
			parent->children--;
		kin = parent;
	}
}

struct kin *lineage_find(const struct lineage *lineage,
			 const struct process_id *id)
{
	return map_get(&lineage->all, id);
}

/* NULL: there is no room. */
static struct kin *find_or_add(struct lineage *lineage,
			       const struct process_id *id)
{
	struct kin *kin = lineage_find(lineage, id);

	if (kin || lineage->all.used >= MAX_KIN)
		return kin;
	kin = calloc(1, sizeof(*kin));
	if (!kin)
		return NULL;
	kin->id = *id;
	if (map_add(&lineage->all, kin)) {
		free(kin);
		return NULL;
	}
	return kin;
}

static bool read_stat(const struct lineage *lineage, pid_t pid,
		      struct proc_stat *ret)
{
	char buf[1024];

	return lineage->fs && procfs_read(lineage->fs, buf, sizeof(buf),
					  "%d/stat", (int)pid) > 0 &&
	       !proc_parse_stat(buf, ret);
}

/* One that had this number last, when @child began. It may have ended. */
static struct kin *last_of(const struct lineage *lineage, pid_t pid,
			   const struct kin *child)
{
	struct kin *kin, *last = NULL;
	size_t pos = 0;

	while ((kin = map_next(&lineage->all, &pos)))
		if (kin->id.pid == pid && kin->id.start <= child->id.start &&
		    (!last || kin->id.start > last->id.start))
			last = kin;
	return last;
}

static void leave(struct lineage *lineage, struct kin *kin)
{
	struct kin *parent = kin->parent;

	kin->parent = NULL;
	if (!parent)
		return;
	parent->children--;
	forget(lineage, parent);
}

static void link_to(struct lineage *lineage, struct kin *kin, pid_t pid,
		    uint64_t start)
{
	struct process_id id = { .start = start, .pid = pid };
	struct proc_stat stat;
	struct kin *parent;

	/* Init, or we in its place, took it over. */
	if (pid <= 1 || pid == getpid())
		return;
	if (!start && read_stat(lineage, pid, &stat))
		id.start = stat.start;
	/* Nobody is younger than its child: the number is another's now. */
	parent = id.start && id.start <= kin->id.start ?
		 find_or_add(lineage, &id) : last_of(lineage, pid, kin);
	if (!parent || parent == kin)
		return;
	kin->parent = parent;
	parent->children++;
}

/* One that was not told of, while it is there. */
static void seek(struct lineage *lineage, struct kin *kin)
{
	struct proc_stat stat;

	kin->is_sought = lineage->fs;
	if (read_stat(lineage, (pid_t)kin->id.pid, &stat) &&
	    stat.start == kin->id.start)
		link_to(lineage, kin, stat.ppid, 0);
}

struct kin *lineage_parent(struct lineage *lineage, struct kin *kin)
{
	if (!kin->parent && !kin->is_told && !kin->is_sought)
		seek(lineage, kin);
	return kin->parent;
}

static struct process_id id_of(const struct key *key)
{
	return (struct process_id){ .start = key->process_start,
				    .pid = key->pid };
}

void lineage_tell(struct lineage *lineage, const struct key *key, pid_t pid,
		  uint64_t start)
{
	struct process_id id = id_of(key);
	struct kin *kin = find_or_add(lineage, &id);

	if (!kin || kin->is_first || (kin->is_told && kin->parent))
		return;
	kin->is_told = true;
	/* What was sought may have been somebody else's by then. */
	leave(lineage, kin);
	/* Later ones are orphans that we were given, as init or subreaper. */
	kin->is_first = pid == getpid() && !lineage->has_first;
	lineage->has_first |= kin->is_first;
	link_to(lineage, kin, pid, start);
	for (int i = 0; kin && !kin->is_first && i < MAX_ANCESTORS &&
	     (i == 0 || !kin->is_told); i++)
		kin = lineage_parent(lineage, kin);
}

static void drop_oldest(struct lineage *lineage)
{
	struct kin *kin = lineage->oldest;

	lineage->oldest = kin->next;
	if (!lineage->oldest)
		lineage->newest = NULL;
	lineage->ended--;
	kin->is_queued = false;
	forget(lineage, kin);
}

void lineage_end(struct lineage *lineage, const struct key *key)
{
	struct process_id id = id_of(key);
	struct kin *kin = lineage_find(lineage, &id);

	if (!kin || kin->ended)
		return;
	kin->ended = kin->is_queued = true;
	if (lineage->newest)
		lineage->newest->next = kin;
	else
		lineage->oldest = kin;
	lineage->newest = kin;
	if (++lineage->ended > MAX_ENDED)
		drop_oldest(lineage);
}
