/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What replay.c, which makes reports, and replay_show.c, the dashboard, share.
 * Nobody else includes it. */
#ifndef REPLAY_PARTS_H
#define REPLAY_PARTS_H

#include "acct/eras.h"
#include "base/outfile.h"
#include "base/procfs.h"
#include "collect/replay/replay.h"
#include "judged.h"
#include "replay.h"
#include "session.h"
#include "setup.h"
#include "tell.h"

struct replay {
	struct options options;	/* with what the record says; borrowed */
	struct procfs procfs;
	struct record_reader *record;
	const struct record_head *head;
	struct collector_ops ops;
	struct setup setup;
	struct eras eras;
	struct sink sink;
	struct outfile *out;
	struct report_origin origin;
	struct replay_span all;	/* what was told, in whole */
	bool told_fault;	/* that the record has, as a note */
	struct judged judged;	/* by --budget */
	replay_take take;	/* who wants snapshots, and no reports; NULL */
	void *arg;
	struct tell tell;
	uint64_t reports;
};

/* How a snapshot of @span is to be. */
struct snapshot_cfg replay_cfg(const struct replay *r,
			       const struct replay_span *span);
/* As replay_feed(); what is wrong with the record's end is noted there. */
int replay_next(struct replay *r, int64_t to_ns, struct replay_span *span,
		struct why *why);
/* The dashboard, until it is left. */
int replay_show(struct replay *r, struct why *why);

#endif
