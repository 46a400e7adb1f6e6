/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/shares.h"

#include <stdlib.h>
#include <string.h>

#include "model/abi.h"

/* Stacks of all kinds; those beyond count as if they had not been seen. */
#define MAX_SHARES 200000
/* What weighs less by now is forgotten. */
#define LEAST_CALLS 0.01

struct kind {
	struct key key;		/* process and call: stays first */
	struct share *shares;
	size_t n, allocated;
	struct share sum;
};

void shares_init(struct shares *shares)
{
	*shares = (struct shares){ .n = 0 };
	map_init(&shares->kinds, sizeof(struct key));
}

static void forget(struct shares *shares, struct kind *kind)
{
	map_del(&shares->kinds, &kind->key);
	shares->n -= kind->n;
	free(kind->shares);
	free(kind);
}

void shares_done(struct shares *shares)
{
	struct kind *kind;
	size_t pos = 0;

	while ((kind = map_next(&shares->kinds, &pos)))
		forget(shares, kind);
	map_done(&shares->kinds);
}

static struct key kind_of(const struct key *key)
{
	return key_project(key, dim_bit(DIM_PROCESS) | dim_bit(DIM_SYSCALL));
}

static struct kind *find_kind(struct shares *shares, const struct key *key)
{
	struct key wanted = kind_of(key);
	struct kind *kind = map_get(&shares->kinds, &wanted);

	if (kind)
		return kind;
	kind = calloc(1, sizeof(*kind));
	if (!kind)
		return NULL;
	kind->key = wanted;
	if (map_add(&shares->kinds, kind)) {
		free(kind);
		return NULL;
	}
	return kind;
}

/* The most frequent are the first, as each that is found moves on by one. */
static struct share *find_share(struct shares *shares, struct kind *kind,
				int32_t stack)
{
	struct share *grown, swap;
	size_t room;

	for (size_t i = 0; i < kind->n; i++) {
		if (kind->shares[i].stack != stack)
			continue;
		if (!i)
			return kind->shares;
		swap = kind->shares[i];
		kind->shares[i] = kind->shares[i - 1];
		kind->shares[i - 1] = swap;
		return &kind->shares[i - 1];
	}
	if (shares->n >= MAX_SHARES)
		return NULL;
	if (kind->n == kind->allocated) {
		room = kind->allocated ? 2 * kind->allocated : 4;
		grown = realloc(kind->shares, room * sizeof(*grown));
		if (!grown)
			return NULL;
		kind->shares = grown;
		kind->allocated = room;
	}
	shares->n++;
	kind->shares[kind->n] = (struct share){ .stack = stack };
	return &kind->shares[kind->n++];
}

static void add(struct share *into, const struct share *more)
{
	into->calls += more->calls;
	into->wall_ns += more->wall_ns;
	into->blocked_ns += more->blocked_ns;
	into->runq_ns += more->runq_ns;
	into->cpu_ns += more->cpu_ns;
}

void shares_add(struct shares *shares, const struct key *key,
		const struct share *seen)
{
	struct kind *kind = find_kind(shares, key);
	struct share *share = kind ? find_share(shares, kind, seen->stack) :
				     NULL;

	if (!share)
		return;
	share->caller = seen->caller;
	add(share, seen);
	add(&kind->sum, seen);
}

static void halve(struct share *share)
{
	share->calls /= 2;
	share->wall_ns /= 2;
	share->blocked_ns /= 2;
	share->runq_ns /= 2;
	share->cpu_ns /= 2;
}

void shares_age(struct shares *shares)
{
	struct kind *kind;
	size_t pos = 0;

	while ((kind = map_next(&shares->kinds, &pos))) {
		size_t n = 0;

		kind->sum = (struct share){ 0 };
		for (size_t i = 0; i < kind->n; i++) {
			halve(&kind->shares[i]);
			if (kind->shares[i].calls < LEAST_CALLS)
				continue;
			add(&kind->sum, &kind->shares[i]);
			kind->shares[n++] = kind->shares[i];
		}
		shares->n -= kind->n - n;
		kind->n = n;
		if (!n)
			forget(shares, kind);
	}
}

void shares_forget(struct shares *shares, int32_t pid, uint64_t start)
{
	struct kind *kind;
	size_t pos = 0;

	while ((kind = map_next(&shares->kinds, &pos)))
		if (kind->key.pid == pid && kind->key.process_start == start)
			forget(shares, kind);
}

/* --- sharing out ----------------------------------------------------------------- */

/* What a measure is shared out by. */
static double weight_of(const struct share *share, enum measure m)
{
	switch (m) {
	case MEASURE_WALL:
	case MEASURE_ENDED:
		return share->wall_ns;
	case MEASURE_BLOCKED:
	case MEASURE_VCSW:
		return share->blocked_ns;
	case MEASURE_RUNQ:
	case MEASURE_ICSW:
		return share->runq_ns;
	case MEASURE_CPU:
		return share->cpu_ns;
	default:
		return share->calls;
	}
}

/* These belong to one call, which may not be among those that were seen. */
#define NOT_SHARED (1u << MEASURE_MIN | 1u << MEASURE_MAX | \
		    1u << MEASURE_IN_FLIGHT | 1u << MEASURE_AGE)

static struct cell not_shared(const struct cell *cell)
{
	struct cell ret = { .have = cell->have & NOT_SHARED,
			    .estimated = cell->estimated & NOT_SHARED };

	for (int m = 0; m < MEASURE_COUNT; m++)
		if (cell_has(&ret, (enum measure)m))
			ret.value[m] = cell->value[m];
	return ret;
}

/* Of what is @left, the next part; all of it is the last one's. */
static int64_t part_of(int64_t *left, double *of, double weight)
{
	double part = *of > 0 ? (double)*left * (weight / *of) : 0;
	int64_t ret = weight >= *of ? *left : (int64_t)part;

	*left -= ret;
	*of -= weight;
	return ret;
}

/* By calls where none of the samples has any of that measure. */
static void sums_of(const struct kind *kind, double of[MEASURE_COUNT],
		    bool by_calls[MEASURE_COUNT])
{
	for (int m = 0; m < MEASURE_COUNT; m++) {
		of[m] = 0;
		for (size_t i = 0; i < kind->n; i++)
			of[m] += weight_of(&kind->shares[i],
					   (enum measure)m);
		by_calls[m] = of[m] <= 0;
		if (by_calls[m])
			of[m] = kind->sum.calls;
	}
}

/* What wall is made of, as far as it is known. */
static int64_t spent(const struct cell *cell)
{
	return cell->value[MEASURE_CPU] + cell->value[MEASURE_BLOCKED] +
	       cell->value[MEASURE_RUNQ];
}

bool shares_split(const struct shares *shares, const struct key *key,
		  const struct cell *cell,
		  void (*each)(void *ctx, const struct key *key,
			       const struct cell *cell), void *ctx)
{
	struct key wanted = kind_of(key), to = *key;
	const struct kind *kind = map_get(&shares->kinds, &wanted);
	int64_t left[MEASURE_COUNT];
	double of[MEASURE_COUNT];
	bool by_calls[MEASURE_COUNT], adds_up;
	struct cell rest;

	if (!kind || !kind->n || kind->sum.calls <= 0)
		return false;
	rest = not_shared(cell);
	if (rest.have)
		each(ctx, key, &rest);
	memcpy(left, cell->value, sizeof(left));
	adds_up = spent(cell) == cell->value[MEASURE_WALL];
	sums_of(kind, of, by_calls);
	for (size_t i = 0; i < kind->n; i++) {
		const struct share *share = &kind->shares[i];
		struct cell part = { 0 };

		for (int m = 0; m < MEASURE_COUNT; m++) {
			double weight = by_calls[m] ? share->calls :
				weight_of(share, (enum measure)m);

			if (!cell_has(cell, (enum measure)m) ||
			    NOT_SHARED & 1u << m)
				continue;
			if (i == kind->n - 1)
				weight = of[m];
			cell_add_estimate(&part, (enum measure)m,
					  part_of(&left[m], &of[m], weight));
		}
		if (adds_up)
			part.value[MEASURE_WALL] = spent(&part);
		to.stack = share->stack;
		to.caller = share->caller;
		each(ctx, &to, &part);
	}
	return true;
}
