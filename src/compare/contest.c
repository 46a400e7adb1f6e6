/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/contest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* So often is a command that does nothing run. */
#define MAX_STARTS 16

int contest_init(struct contest *t, size_t rounds)
{
	*t = (struct contest){ .rounds = rounds, .n_ways = way_count };
	t->ways = calloc(way_count, sizeof(*t->ways));
	for (size_t i = 0; t->ways && i < way_count; i++) {
		struct contest_way *way = &t->ways[i];

		way->wall_ns = calloc(rounds, sizeof(*way->wall_ns));
		way->calls = calloc(rounds, sizeof(*way->calls));
		way->start_ns = calloc(MAX_STARTS, sizeof(*way->start_ns));
		way->spans = calloc(COUNTS_MAX, sizeof(*way->spans));
		if (!way->wall_ns || !way->calls || !way->start_ns ||
		    !way->spans)
			return -ENOMEM;
	}
	return t->ways ? 0 : -ENOMEM;
}

void contest_done(struct contest *t)
{
	for (size_t i = 0; t->ways && i < t->n_ways; i++) {
		free(t->ways[i].wall_ns);
		free(t->ways[i].calls);
		free(t->ways[i].start_ns);
		free(t->ways[i].spans);
	}
	free(t->ways);
	t->ways = NULL;
	counts_done(&t->names);
}

static int add_counts(struct contest *t, struct contest_way *way,
		      const struct counts *counts)
{
	if (counts_merge_names(&t->names, counts))
		return -ENOMEM;
	for (size_t i = 0; i < t->names.n; i++) {
		const struct count *count =
			counts_find(counts, t->names.list[i].name);
		uint64_t calls = count ? count->calls : 0;
		struct span *span = &way->spans[i];

		/* A name that comes later was not called until then. */
		if (!way->runs)
			*span = (struct span){ calls, calls };
		if (calls < span->least)
			span->least = calls;
		if (calls > span->most)
			span->most = calls;
	}
	way->calls[way->runs] = (double)counts->total;
	return 0;
}

int contest_add(struct contest *t, size_t i, const struct run_result *result,
	      const struct counts *counts)
{
	struct contest_way *way = &t->ways[i];

	if (way->runs == t->rounds)
		return 0;
	if (counts && add_counts(t, way, counts))
		return -ENOMEM;
	if (!way->runs) {
		way->status = result->status;
		way->signal = result->signal;
	}
	way->varies |= way->status != result->status;
	way->wall_ns[way->runs++] = (double)result->wall_ns;
	return 0;
}

void contest_add_start(struct contest *t, size_t i, int64_t wall_ns)
{
	struct contest_way *way = &t->ways[i];

	if (way->n_starts < MAX_STARTS)
		way->start_ns[way->n_starts++] = (double)wall_ns;
}

bool contest_is_fair(const struct contest *t, size_t i)
{
	const struct contest_way *way = &t->ways[i];

	if (!way->runs || way->varies)
		return false;
	return way_table[i].own_status ? !way->status :
	       way->status == t->ways[0].status;
}

/* Pairs of a way and the bare command. */
static size_t pairs(const struct contest *t, size_t i)
{
	size_t bare = t->ways[0].runs, runs = t->ways[i].runs;

	return runs < bare ? runs : bare;
}

struct factor contest_factor(const struct contest *t, size_t i)
{
	if (!contest_is_fair(t, i) || !contest_is_fair(t, 0))
		return (struct factor){ .known = false };
	return stats_factor(t->ways[i].wall_ns, t->ways[0].wall_ns,
			    pairs(t, i));
}

double contest_wall_ns(const struct contest *t, size_t i)
{
	return stats_median(t->ways[i].wall_ns, t->ways[i].runs);
}

double contest_start_ns(const struct contest *t, size_t i)
{
	if (!i)
		return (double)NAN;
	return stats_median(t->ways[i].start_ns, t->ways[i].n_starts) -
	       stats_median(t->ways[0].start_ns, t->ways[0].n_starts);
}

double contest_calls(const struct contest *t, size_t i)
{
	if (way_table[i].scope == SCOPE_NONE)
		return (double)NAN;
	return stats_median(t->ways[i].calls, t->ways[i].runs);
}

int contest_reference(const struct contest *t)
{
	for (size_t i = 0; i < t->n_ways; i++)
		if (way_table[i].collector &&
		    way_table[i].scope == SCOPE_ALL && t->ways[i].runs)
			return (int)i;
	/* The surest of the others comes last. */
	for (size_t i = t->n_ways; i > 0; i--)
		if (way_table[i - 1].scope == SCOPE_ALL &&
		    t->ways[i - 1].runs)
			return (int)i - 1;
	return -1;
}

/* So far apart are the times that it takes to start; of one alone, all of it
 * may be. */
static double start_spread_ns(const struct contest_way *way)
{
	double least = way->n_starts > 1 ? INFINITY : 0, most = -INFINITY;

	for (size_t i = 0; i < way->n_starts; i++) {
		least = fmin(least, way->start_ns[i]);
		most = fmax(most, way->start_ns[i]);
	}
	return way->n_starts ? most - least : 0;
}

double contest_added_ns(const struct contest *t, size_t i)
{
	size_t n = pairs(t, i);
	_cleanup_(free_ptr) double *added = NULL;
	int reference = contest_reference(t);
	double calls, added_ns, start_ns = contest_start_ns(t, i);

	if (!i || reference < 0 || !n || !contest_is_fair(t, i))
		return (double)NAN;
	calls = contest_calls(t, (size_t)reference);
	added = calloc(n, sizeof(*added));
	if (!added || !(calls > 0))
		return (double)NAN;
	for (size_t k = 0; k < n; k++)
		added[k] = t->ways[i].wall_ns[k] - t->ways[0].wall_ns[k];
	added_ns = stats_median(added, n) - (isnan(start_ns) ? 0 : start_ns);
	/* Of few rounds the width is not known, and no number is less. */
	if (fabs(added_ns) < start_spread_ns(&t->ways[i]) ||
	    fabs(added_ns) < stats_half_width(added, n))
		return (double)NAN;
	return added_ns / calls;
}

const struct span *contest_span(const struct contest *t, size_t i, size_t name)
{
	const struct contest_way *way = &t->ways[i];
	const struct span *span = &way->spans[name];

	if (!way->runs || way_table[i].scope == SCOPE_NONE)
		return NULL;
	/* Whether it looked for it at all is not known. */
	if (way_table[i].scope != SCOPE_ALL && !span->most)
		return NULL;
	return span;
}

bool contest_differs(const struct contest *t, size_t i, size_t name)
{
	int reference = contest_reference(t);
	const struct span *span = contest_span(t, i, name), *wanted;

	if (!span || reference < 0 || (size_t)reference == i)
		return false;
	wanted = contest_span(t, (size_t)reference, name);
	if (span->least > wanted->most)
		return true;
	return span->most < wanted->least &&
	       way_table[i].scope != SCOPE_SOME;
}

size_t contest_count_differing(const struct contest *t, size_t i)
{
	size_t n = 0;

	for (size_t name = 0; name < t->names.n; name++)
		n += contest_differs(t, i, name);
	return n;
}
