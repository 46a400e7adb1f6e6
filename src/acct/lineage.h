/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who started whom, of the processes under accounting: as the collector told
 * it (EVENT_PARENT), so it stays known once parents have ended. What it did
 * not tell, of a process that it does not know yet, is looked up in /proc
 * at once.
 *
 * A process that had lost its parent before anybody looked is an orphan: who
 * took it over is not who started it. A subreaper (prctl(2)) that is under
 * accounting itself is taken for the parent, as nothing tells it apart.
 *
 * The lineage owns its entries. One that has ended is kept for a while, as
 * what it started may be told of later, and as long as descendants live.
 */
#ifndef ACCT_LINEAGE_H
#define ACCT_LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/map.h"
#include "base/procfs.h"
#include "model/key.h"

/* How far up one is followed. */
#define MAX_ANCESTORS 10000

struct process_id {
	uint64_t start;
	int64_t pid;
};

struct kin {
	struct process_id id;	/* the map's key: stays first */
	struct kin *parent;	/* NULL: the first of all, or not known */
	struct kin *next;	/* that has ended later */
	size_t children;	/* entries that this is the parent of */
	bool is_told;		/* by the collector */
	bool is_first;		/* all the others descend from it */
	bool is_sought;		/* in /proc */
	bool ended, is_queued;
};

struct lineage {
	const struct procfs *fs;	/* NULL: nothing is looked up */
	struct map all;
	struct kin *oldest, *newest;	/* of the ended that are kept */
	size_t ended;			/* so many are kept */
	bool has_first;
};

void lineage_init(struct lineage *lineage);
void lineage_done(struct lineage *lineage);

/* The process of @key was started by @pid; @start: 0 is not known. What is
 * told first counts, if it tells a parent. One that we started is the first
 * of all. */
void lineage_tell(struct lineage *lineage, const struct key *key, pid_t pid,
		  uint64_t start);

/* The process of @key has ended. */
void lineage_end(struct lineage *lineage, const struct key *key);

/* NULL: never heard of. */
struct kin *lineage_find(const struct lineage *lineage,
			 const struct process_id *id);

/* Its parent, NULL where that is not known, or it is the first. */
struct kin *lineage_parent(struct lineage *lineage, struct kin *kin);

#endif
