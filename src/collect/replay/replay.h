/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record as a collector: it tells what was told when it was made, and has
 * the name, the measures and the abilities of the collector that told it. Its
 * time is the record's: it has no descriptor and no tick(), who has it says
 * how far it is to go.
 */
#ifndef COLLECT_REPLAY_REPLAY_H
#define COLLECT_REPLAY_REPLAY_H

#include "collect/collector.h"
#include "record/record.h"

/* For a record; both are to live as long as the collector. It is given as
 * cfg.record, too. */
struct collector_ops replay_ops(const struct record_reader *record);

/* What several intervals are together. */
struct replay_span {
	size_t blocks;		/* 0: nothing was left */
	int64_t interval_ns, own_cpu_ns;
	struct record_block last;	/* of them with a length */
};

/*
 * Tells what is next, as one interval: up to the first block that ends at
 * @to_ns of the record or after that, and adds to @span, which is all-zero at
 * first. 0 or -errno.
 */
int replay_feed(struct collector *c, int64_t to_ns, struct replay_span *span,
		struct why *why);

#endif
