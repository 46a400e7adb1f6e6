/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/group.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "acct/parts.h"
#include "model/abi.h"

/* Both kinds of entries in maps here begin with their key. */
static void *entry_of(struct map *map, const struct key *key, size_t size)
{
	void *entry = map_get(map, key);

	if (entry)
		return entry;
	entry = calloc(1, size);
	if (!entry)
		return NULL;
	memcpy(entry, key, sizeof(*key));
	if (map_add(map, entry)) {
		free(entry);
		return NULL;
	}
	return entry;
}

void owner_merge(struct owner *into, const struct owner *from)
{
	cell_merge(&into->clocks, &from->clocks);
	tally_merge(&into->all, &from->all);
	tally_merge(&into->asleep, &from->asleep);
	tally_merge(&into->open, &from->open);
	into->booked_ns += from->booked_ns;
	into->stolen_lo += from->stolen_lo;
	into->stolen_hi += from->stolen_hi;
}

/* What the machine lost counts from this share of an owner's wall on. */
#define STOLEN_FROM 0.005

static bool is_booked(const struct key *key)
{
	return key->abi == ABI_STATE && key->nr == STATE_BOOKED;
}

/* The same time as their threads', in other words: no part of the account. */
static bool is_beside(const struct record *record)
{
	return record->key.abi == ABI_REQUEST ||
	       record->key.abi == ABI_PHASE ||
	       record->key.abi == ABI_FUNCTION;
}

static bool is_measured(const struct record *record)
{
	return record->key.abi != ABI_TASK &&
	       cell_has(&record->cell, MEASURE_WALL);
}

static int collect_owners(struct group *group, const struct ledger *ledger,
			  unsigned by)
{
	const struct record *record;
	size_t pos = 0;

	map_init(&group->owners, sizeof(struct key));
	while ((record = map_next(&ledger->records, &pos))) {
		struct key key = key_project(&record->key, by);
		struct owner *owner;

		if (is_beside(record))
			continue;
		owner = entry_of(&group->owners, &key, sizeof(*owner));
		if (!owner)
			return -ENOMEM;
		if (record->key.abi == ABI_TASK) {
			cell_merge(&owner->clocks, &record->cell);
			continue;
		}
		owner->measured |= is_measured(record);
		tally_merge(&owner->all, &record->cell.tally);
		owner->booked_ns += record->cell.value[MEASURE_BLOCKED];
		if (!abi_is_wait(record->key.abi, record->key.nr))
			continue;
		tally_merge(&owner->asleep, &record->cell.tally);
		if (!is_booked(&record->key))
			tally_merge(&owner->open, &record->cell.tally);
	}
	return 0;
}

/* How much was stolen from a process while it ran. */
static struct estimate stolen_from(const struct owner *process, double lost)
{
	struct estimate asleep = estimate_share(&process->asleep,
						&process->all);
	const int64_t *value = process->clocks.value;
	double wall = (double)value[MEASURE_WALL];
	double ran = (double)(value[MEASURE_CPU] + value[MEASURE_RUNQ]);
	double most = fmax(fmin(lost, (double)value[MEASURE_BLOCKED]), 0);
	struct estimate ret = { 0 };

	if (!process->all.looks || lost < STOLEN_FROM * wall ||
	    !cell_has(&process->clocks, MEASURE_RUNQ))
		return ret;
	ret.lo = fmin(fmax((1 - asleep.hi) * wall - ran, 0), most);
	ret.hi = fmin(fmax((1 - asleep.lo) * wall - ran, 0), most);
	/* What can be chance alone is not moved, but is in the interval. */
	if (ret.lo > 0)
		ret.share = fmin(fmax((1 - asleep.share) * wall - ran, 0),
				 most);
	return ret;
}

/* @part of what was stolen from its process was stolen from @owner. */
static void move_stolen(struct owner *owner, const struct estimate *stolen,
			double part)
{
	int64_t ns = (int64_t)(stolen->share * part);

	owner->stolen_lo = stolen->lo * part;
	owner->stolen_hi = stolen->hi * part;
	if (ns <= 0)
		return;
	cell_add_estimate(&owner->clocks, MEASURE_BLOCKED, -ns);
	cell_add_estimate(&owner->clocks, MEASURE_STOLEN, ns);
}

static double cpu_of(const struct owner *owner)
{
	return (double)owner->clocks.value[MEASURE_CPU];
}

/*
 * Estimated per process, for there are more looks at a process than at one
 * of its threads; threads get it as they got the CPU.
 */
static int correct_stolen(struct group *group, const struct ledger *ledger)
{
	double lost = (double)(ledger->machine.interrupts_ns +
			       ledger->machine.stolen_ns), sum = 0;
	const struct owner *process;
	struct group processes;
	struct owner *owner;
	size_t pos = 0;
	int err;

	if (lost <= 0)
		return 0;
	err = collect_owners(&processes, ledger, dim_bit(DIM_PROCESS));
	while (!err && (process = map_next(&processes.owners, &pos)))
		sum += stolen_from(process, lost).share;
	for (pos = 0; !err && (owner = map_next(&group->owners, &pos)); ) {
		struct key key = key_project(&owner->key,
					     dim_bit(DIM_PROCESS));
		struct estimate stolen;

		process = map_get(&processes.owners, &key);
		if (cpu_of(process) <= 0)
			continue;
		stolen = stolen_from(process, lost);
		move_stolen(owner, &stolen, cpu_of(owner) / cpu_of(process) *
			    (sum > lost ? lost / sum : 1));
	}
	group_done(&processes);
	return err;
}

int group_owners(struct group *group, const struct ledger *ledger,
		 unsigned by)
{
	int err;

	/* Time is stolen from a process, not from all of them at once. */
	by &= dim_bit(DIM_THREAD);
	by |= dim_bit(DIM_PROCESS);
	err = collect_owners(group, ledger, by);
	return err ? err : correct_stolen(group, ledger);
}

void group_done(struct group *group)
{
	map_free_all(&group->owners);
}

/* Whose it is, is looked up only where rows are by that. */
static struct key project(const struct ledger *ledger, const struct key *key,
			  unsigned by)
{
	struct key ret = *key;

	if (by & (dim_bit(DIM_CLIENT) | dim_bit(DIM_USER) |
		  dim_bit(DIM_SHARE)))
		ledger_resolve(ledger, &ret);
	return key_project(&ret, by);
}

/* A row in the making: the deviations of its parts add up as squares. */
struct draft {
	struct row row;		/* stays first, it begins with the key */
	double below_sq, above_sq;
};

static void draft_blocked(struct draft *draft, const struct estimate *est,
			  double whole_ns, bool exact)
{
	int64_t ns = (int64_t)(est->share * whole_ns);

	if (exact) {
		cell_add(&draft->row.cell, MEASURE_WALL, ns);
		cell_add(&draft->row.cell, MEASURE_BLOCKED, ns);
		return;
	}
	cell_add_estimate(&draft->row.cell, MEASURE_WALL, ns);
	cell_add_estimate(&draft->row.cell, MEASURE_BLOCKED, ns);
	draft->below_sq += pow((est->share - est->lo) * whole_ns, 2);
	draft->above_sq += pow((est->hi - est->share) * whole_ns, 2);
}

/* What is not known of stolen time is not known of blocked time. */
static void draft_stolen(struct draft *draft, const struct owner *owner,
			 double share)
{
	double stolen = (double)owner->clocks.value[MEASURE_STOLEN];

	draft->below_sq += pow((owner->stolen_hi - stolen) * share, 2);
	draft->above_sq += pow((stolen - owner->stolen_lo) * share, 2);
}

/* The owner's time on the CPU and in the run queue, which no look can tell
 * apart by call. */
static void draft_running(struct draft *draft, const struct owner *owner)
{
	const struct cell *clocks = &owner->clocks;
	struct cell *cell = &draft->row.cell;
	int64_t cpu = clocks->value[MEASURE_CPU];
	int64_t runq = clocks->value[MEASURE_RUNQ];
	int64_t stolen = clocks->value[MEASURE_STOLEN];

	if (!cell_has(clocks, MEASURE_CPU))
		cpu = clocks->value[MEASURE_USER] +
		      clocks->value[MEASURE_SYSTEM];
	cell_add(cell, MEASURE_CPU, cpu);
	cell_add(cell, MEASURE_WALL, cpu + runq + stolen);
	if (cell_has(clocks, MEASURE_STOLEN))
		cell_add_estimate(cell, MEASURE_STOLEN, stolen);
	if (cell_has(clocks, MEASURE_RUNQ))
		cell_add(cell, MEASURE_RUNQ, runq);
	cell->estimated |= clocks->estimated & (measure_bit(MEASURE_RUNQ) |
						measure_bit(MEASURE_CPU));
	if (cell->estimated)
		cell->estimated |= measure_bit(MEASURE_WALL);
}

static struct draft *draft_of(struct map *drafts, const struct owner *owner,
			      unsigned by, int abi, int nr)
{
	struct key key = owner->key;

	key.abi = abi;
	key.nr = nr;
	key = key_project(&key, by);
	return entry_of(drafts, &key, sizeof(struct draft));
}

/* Blocked time that no call has booked. */
static double open_ns(const struct owner *owner)
{
	return fmax((double)(owner->clocks.value[MEASURE_BLOCKED] -
			     owner->booked_ns), 0);
}

/* What every owner has, whatever its looks found. */
static int draft_owner(struct map *drafts, const struct owner *owner,
		      unsigned by)
{
	static const struct estimate all_of_it = { 1, 1, 1 };
	double open = open_ns(owner);
	/* With threads apart, the user and system time that is left of the
	 * process is the CPU time of threads that have rows of their own. */
	bool rest = by & dim_bit(DIM_THREAD) &&
		    owner->key.tid == TID_PROCESS &&
		    !cell_has(&owner->clocks, MEASURE_CPU);
	struct draft *draft;

	if (owner->measured)
		return 0;
	if (!rest) {
		draft = draft_of(drafts, owner, by, ABI_STATE, STATE_RUNNING);
		if (!draft)
			return -ENOMEM;
		draft_running(draft, owner);
	}
	if (open > 0 && !owner->open.looks) {
		/* Beside calls that are booked, it is what is in none. */
		draft = draft_of(drafts, owner, by, ABI_STATE,
				 owner->booked_ns ? STATE_OUTSIDE :
						    STATE_ASLEEP);
		if (!draft)
			return -ENOMEM;
		draft_blocked(draft, &all_of_it, open,
			      !cell_is_estimate(&owner->clocks,
						MEASURE_BLOCKED));
	}
	return 0;
}

/* What was measured of a call. Time that was stolen, and taken off the
 * owner's blocked time, is in it: calls add up to no more than the owner. */
static void draft_booked(struct draft *draft, const struct owner *owner,
			 const struct cell *call)
{
	static const enum measure counts[] = { MEASURE_CALLS,
					       MEASURE_ERRORS };
	double blocked = (double)owner->clocks.value[MEASURE_BLOCKED];
	double booked = (double)owner->booked_ns, ns;

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		if (cell_has(call, counts[i]))
			cell_add(&draft->row.cell, counts[i],
				 call->value[counts[i]]);
	if (!cell_has(call, MEASURE_BLOCKED))
		return;
	ns = (double)call->value[MEASURE_BLOCKED];
	if (cell_has(&owner->clocks, MEASURE_BLOCKED) && booked > 0 &&
	    booked > blocked)
		ns *= fmax(blocked, 0) / booked;
	cell_add_estimate(&draft->row.cell, MEASURE_WALL, (int64_t)ns);
	cell_add_estimate(&draft->row.cell, MEASURE_BLOCKED, (int64_t)ns);
	draft->row.cell.slack_ns += call->slack_ns;
}

/* An owner's looks that found it blocked in one call. */
static int draft_call(struct map *drafts, const struct owner *owner,
		      unsigned by, const struct record *call)
{
	bool exact = cell_has(&owner->clocks, MEASURE_BLOCKED);
	double whole = exact ? open_ns(owner) :
			       (double)owner->clocks.value[MEASURE_WALL];
	struct estimate est = estimate_share(&call->cell.tally, exact ?
					     &owner->open : &owner->all);
	struct draft *draft = draft_of(drafts, owner, by, call->key.abi,
				       call->key.nr);

	if (!draft)
		return -ENOMEM;
	draft_booked(draft, owner, &call->cell);
	if (!call->cell.tally.looks)
		return 0;
	/* The call is not known: what is asleep is in no other row. */
	if (exact && call->key.abi == ABI_STATE &&
	    call->key.nr == STATE_ASLEEP &&
	    call->cell.tally.looks == owner->open.looks)
		est.lo = est.hi = 1;
	draft_blocked(draft, &est, fmax(whole, 0), est.lo >= 1 &&
		      !cell_is_estimate(&owner->clocks, MEASURE_BLOCKED));
	draft_stolen(draft, owner, est.share);
	return 0;
}

/* Needs no owner: it is what it is. */
static int draft_measured(struct map *drafts, const struct ledger *ledger,
			  const struct record *record, unsigned by,
			  bool hists)
{
	struct key key = project(ledger, &record->key, by);
	struct draft *draft = entry_of(drafts, &key, sizeof(*draft));
	struct cell cell = parts_cell(record, by);

	if (!draft)
		return -ENOMEM;
	cell_merge(&draft->row.cell, &cell);
	if (!record->hist || !hists)
		return 0;
	if (!draft->row.hist)
		draft->row.hist = calloc(1, sizeof(*draft->row.hist));
	if (!draft->row.hist)
		return -ENOMEM;
	hist_merge(draft->row.hist, record->hist);
	return 0;
}

static int draft_rows(struct map *drafts, const struct ledger *ledger,
		      const struct group *group, unsigned by, bool hists)
{
	unsigned owner_by = dim_bit(DIM_PROCESS) | (by & dim_bit(DIM_THREAD));
	unsigned call_by = by | dim_bit(DIM_PROCESS) | dim_bit(DIM_SYSCALL);
	const struct record *record;
	const struct owner *owner;
	struct map calls;
	size_t pos = 0;
	int err = 0;

	/* Looks of one owner in one call, from all the threads it has. */
	map_init(&calls, sizeof(struct key));
	while (!err && (record = map_next(&ledger->records, &pos))) {
		struct key key = key_project(&record->key, call_by);
		struct record *call;

		if (is_beside(record))
			continue;
		if (is_measured(record)) {
			err = draft_measured(drafts, ledger, record, by,
					     hists);
			continue;
		}
		if (!abi_is_wait(key.abi, key.nr) || is_booked(&key))
			continue;
		call = entry_of(&calls, &key, sizeof(*call));
		if (call)
			cell_merge(&call->cell, &record->cell);
		else
			err = -ENOMEM;
	}
	for (pos = 0; !err && (record = map_next(&calls, &pos)); ) {
		struct key key = key_project(&record->key, owner_by);

		err = draft_call(drafts, map_get(&group->owners, &key), by,
				 record);
	}
	for (pos = 0; !err && (owner = map_next(&group->owners, &pos)); )
		err = draft_owner(drafts, owner, by);
	map_free_all(&calls);
	return err;
}

/* What only calls have, of a row that is of all calls. */
static int draft_counts(struct map *drafts, const struct ledger *ledger,
			const struct record *record, unsigned by, bool hists)
{
	static const unsigned counts =
		1u << MEASURE_CALLS | 1u << MEASURE_ERRORS |
		1u << MEASURE_BYTES | 1u << MEASURE_ENDED |
		1u << MEASURE_MIN | 1u << MEASURE_MAX |
		1u << MEASURE_IN_FLIGHT | 1u << MEASURE_AGE;
	struct record all = { .key = record->key, .cell = record->cell };

	all.cell.have &= counts;
	all.cell.estimated &= counts;
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (!cell_has(&all.cell, m))
			all.cell.value[m] = 0;
	all.hist = record->hist;
	return draft_measured(drafts, ledger, &all, by, hists);
}

/* Rows that are clocks alone: no look is needed for them. */
static int draft_clocks(struct map *drafts, const struct ledger *ledger,
			const struct group *group, unsigned by, bool hists)
{
	const struct record *record;
	const struct owner *owner;
	size_t pos = 0;
	int err = 0;

	while ((owner = map_next(&group->owners, &pos))) {
		struct key key = key_project(&owner->key, by);
		struct draft *draft = entry_of(drafts, &key, sizeof(*draft));

		if (!draft)
			return -ENOMEM;
		cell_merge(&draft->row.cell, &owner->clocks);
	}
	for (pos = 0; !err && (record = map_next(&ledger->records, &pos)); )
		if (record->key.abi >= ABI_NATIVE &&
		    (is_measured(record) ||
		     cell_has(&record->cell, MEASURE_CALLS)))
			err = draft_counts(drafts, ledger, record, by,
					   hists);
	return err;
}

/* Rows of what is beside the account: requests, or phases. */
static int draft_beside(struct map *drafts, const struct ledger *ledger,
			int abi, unsigned by, bool hists)
{
	const struct record *record;
	size_t pos = 0;
	int err = 0;

	while (!err && (record = map_next(&ledger->records, &pos)))
		if (record->key.abi == abi)
			err = draft_measured(drafts, ledger, record, by,
					     hists);
	return err;
}

/* How many requests there were of those that a row's calls were made for. */
static int count_requests(struct map *drafts, const struct ledger *ledger,
			  unsigned by)
{
	struct map requests;
	struct draft *draft;
	const struct draft *of;
	size_t pos = 0;
	int err;

	map_init(&requests, sizeof(struct key));
	by &= ~(dim_bit(DIM_SYSCALL) | dim_bit(DIM_ERRNO));
	err = draft_beside(&requests, ledger, ABI_REQUEST, by, false);
	while (!err && (draft = map_next(drafts, &pos))) {
		struct key key = key_project(&draft->row.key, by);

		of = map_get(&requests, &key);
		if (of && key.request > 0)
			draft->row.requests =
				of->row.cell.value[MEASURE_REQUESTS];
	}
	map_free_all(&requests);
	return err;
}

static bool is_empty(const struct cell *cell)
{
	for (int m = 0; m < MEASURE_COUNT; m++)
		/* Bounds alone are of calls that are in other rows. */
		if (cell->value[m] && m != MEASURE_MIN && m != MEASURE_MAX)
			return false;
	return true;
}

static int finish_rows(const struct map *drafts, struct row **ret,
		       size_t *ret_n)
{
	struct row *rows = calloc(drafts->used + 1, sizeof(*rows));
	struct draft *draft;
	size_t pos = 0, n = 0;

	if (!rows)
		return -ENOMEM;
	while ((draft = map_next(drafts, &pos))) {
		struct row *row = &draft->row;
		double ns = (double)row->cell.value[MEASURE_BLOCKED];
		double slack = (double)row->cell.slack_ns;

		if (is_empty(&row->cell))
			continue;
		row->blocked_lo_ns = (int64_t)fmax(0, ns - slack -
						   sqrt(draft->below_sq));
		row->blocked_hi_ns = (int64_t)(ns + slack +
					       sqrt(draft->above_sq));
		rows[n++] = *row;
		row->hist = NULL;	/* it has moved */
	}
	*ret = rows;
	*ret_n = n;
	return 0;
}

static void free_drafts(struct map *drafts)
{
	struct draft *draft;
	size_t pos = 0;

	while ((draft = map_next(drafts, &pos)))
		free(draft->row.hist);
	map_free_all(drafts);
}

int group_rows(const struct ledger *ledger, unsigned by, bool hists,
	       struct row **ret, size_t *ret_n)
{
	bool by_call = by & (dim_bit(DIM_SYSCALL) | DIMS_OF_DETAIL);
	struct group group;
	struct map drafts;
	int err;

	map_init(&drafts, sizeof(struct key));
	err = group_owners(&group, ledger, by);
	if (!err && by & dim_bit(DIM_PHASE))
		err = draft_beside(&drafts, ledger, ABI_PHASE, by, hists);
	else if (!err && by & DIMS_OF_REQUESTS && !by_call)
		err = draft_beside(&drafts, ledger, ABI_REQUEST, by, hists);
	else if (!err)
		err = by_call ? draft_rows(&drafts, ledger, &group, by,
					   hists) :
				draft_clocks(&drafts, ledger, &group, by,
					     hists);
	if (!err && by_call && by & dim_bit(DIM_REQUEST))
		err = count_requests(&drafts, ledger, by);
	if (!err)
		err = finish_rows(&drafts, ret, ret_n);
	free_drafts(&drafts);
	group_done(&group);
	return err;
}
