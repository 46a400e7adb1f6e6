/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/replay/replay.h"

#include <errno.h>
#include <stdlib.h>

struct replay_collector {
	struct collector base;
	struct record_reader *record;
	const struct sink *sink;
};

static struct replay_collector *self(struct collector *c)
{
	return (struct replay_collector *)c;
}

/* What there is, ops.measures has; of the machine nothing is asked. */
static int replay_probe(const struct procfs *fs, unsigned *measures,
			struct why *why)
{
	(void)fs;
	(void)why;
	*measures = ~0u;
	return 0;
}

static int replay_open(struct collector **ret,
		       const struct collector_cfg *cfg,
		       const struct sink *sink, struct why *why)
{
	struct replay_collector *r = calloc(1, sizeof(*r));

	if (!r)
		return why_set(why, ENOMEM, "out of memory");
	r->record = cfg->record;
	r->sink = sink;
	*ret = &r->base;
	return 0;
}

static int replay_start(struct collector *c, struct why *why)
{
	(void)c;
	(void)why;
	return 0;
}

/* The block behind those of one interval: up to the first that ends at @to_ns
 * or later, and the names that came after that. */
static size_t find_end(const struct record_reader *record, int64_t to_ns)
{
	size_t i = record_position(record), n = record_count(record);

	while (i < n && record_end_ns(record, i) < to_ns)
		i++;
	if (i < n)
		i++;
	while (i < n && !record_block(record, i)->interval_ns)
		i++;
	return i;
}

int replay_feed(struct collector *c, int64_t to_ns, struct replay_span *span,
		struct why *why)
{
	struct record_reader *record = self(c)->record;
	size_t end = find_end(record, to_ns), last = end;
	int ret = 1;

	/* What is true of a moment is so at the end. */
	while (last > record_position(record) &&
	       !record_block(record, last - 1)->interval_ns)
		last--;
	for (size_t i = record_position(record); ret > 0 && i < end; i++) {
		struct record_block block = *record_block(record, i);

		ret = record_next(record, self(c)->sink, i + 1 == last, why);
		if (ret <= 0)
			break;
		span->blocks++;
		span->interval_ns += block.interval_ns;
		span->own_cpu_ns += block.own_cpu_ns;
		if (block.interval_ns)
			span->last = block;
	}
	return ret < 0 ? ret : 0;
}

static int replay_drain(struct collector *c, struct why *why)
{
	struct record_reader *record = self(c)->record;
	int ret = record_next(record, self(c)->sink, true, why);

	return ret < 0 ? ret : !ret;
}

static void replay_close(struct collector *c)
{
	free(self(c));
}

struct collector_ops replay_ops(const struct record_reader *record)
{
	const struct record_head *head = record_head(record);
	unsigned modes = COLLECT_ATTACH;

	if (head->histograms)
		modes |= COLLECT_HISTOGRAMS;
	if (head->errors)
		modes |= COLLECT_ERRORS;
	if (head->smb)
		modes |= COLLECT_SMB;
	if (head->detail)
		modes |= COLLECT_DETAIL;
	if (head->slowest)
		modes |= COLLECT_SLOWEST;
	if (head->functions)
		modes |= COLLECT_PROBES;
	return (struct collector_ops){
		.name = head->collector,
		.summary = "what was recorded",
		.modes = modes,
		.measures = head->measures,
		.by_call = head->by_call,
		.estimated = head->estimated,
		.probe = replay_probe,
		.open = replay_open,
		.start = replay_start,
		.drain = replay_drain,
		.close = replay_close,
	};
}
