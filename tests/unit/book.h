/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ledger to write in by hand, through the sink that collectors use, and
 * snapshots of it. Ids of processes and threads begin at START + id ticks.
 */
#ifndef BOOK_H
#define BOOK_H

#include <string.h>

#include "acct/ledger.h"
#include "acct/snapshot.h"
#include "model/abi.h"
#include "unit.h"

#define START 1000

#define BY_PROCESS (1u << DIM_PROCESS)
#define BY_THREAD (1u << DIM_THREAD | BY_PROCESS)
#define BY_SYSCALL (1u << DIM_SYSCALL)

struct book {
	struct ledger ledger;
	struct sink sink;
};

static inline void book_open(struct book *book)
{
	ledger_init(&book->ledger, LEDGER_MAX_RECORDS);
	book->sink = ledger_sink(&book->ledger);
}

static inline void book_close(struct book *book)
{
	ledger_done(&book->ledger);
}

static inline struct key process_of(int pid)
{
	return (struct key){ .pid = pid, .abi = ABI_TASK, .tid = TID_PROCESS,
			     .process_start = START + (uint64_t)pid };
}

static inline struct key thread_of(int pid, int tid)
{
	struct key key = process_of(pid);

	key.tid = tid;
	if (tid > 0)
		key.thread_start = START + (uint64_t)tid;
	return key;
}

/* A thread in a call, or in a pseudo ABI's. */
static inline struct key seen_in(int pid, int tid, int abi, int nr)
{
	struct key key = thread_of(pid, tid);

	key.abi = abi;
	key.nr = nr;
	return key;
}

static inline void post(struct book *book, struct key key, enum measure m,
			int64_t value)
{
	struct cell cell = { 0 };

	cell_add(&cell, m, value);
	book->sink.cell(book->sink.ctx, &key, &cell);
}

/* What schedstat says of a thread; the rest of wall it was blocked. */
static inline void post_clocks(struct book *book, int pid, int tid,
			       int64_t wall, int64_t cpu, int64_t runq)
{
	struct key key = thread_of(pid, tid);
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_WALL, wall);
	cell_add(&cell, MEASURE_CPU, cpu);
	cell_add(&cell, MEASURE_RUNQ, runq);
	cell_add(&cell, MEASURE_BLOCKED, wall - cpu - runq);
	book->sink.cell(book->sink.ctx, &key, &cell);
}

static inline void post_usage(struct book *book, int pid, int64_t user,
			      int64_t system)
{
	post(book, process_of(pid), MEASURE_USER, user);
	post(book, process_of(pid), MEASURE_SYSTEM, system);
}

static inline void look(struct book *book, struct key key, int times)
{
	struct event event = { .kind = EVENT_SAMPLE, .key = key,
			       .weight_ns = 5 * MS };

	while (times--)
		book->sink.event(book->sink.ctx, &event);
}

static inline void tell(struct book *book, enum event_kind kind,
			struct key key, const char *text)
{
	struct event event = { .kind = kind, .key = key };

	if (text)
		event.text = text;
	book->sink.event(book->sink.ctx, &event);
}

static inline void lose(struct book *book, enum loss kind, int64_t amount)
{
	struct event event = { .kind = EVENT_LOST,
			       .lost = { kind, amount } };

	book->sink.event(book->sink.ctx, &event);
}

static inline struct snapshot *take(struct book *book, unsigned by)
{
	struct snapshot_cfg cfg = {
		.collector = "test", .by = by, .measures = ~0u,
		.end_ns = 1700000000 * SEC, .interval_ns = 10 * SEC,
		.own_cpu_ns = 50 * MS,
	};
	struct snapshot *snap = NULL;
	struct why why = { 0 };

	assert_int_equal(snapshot_take(&snap, &book->ledger, &cfg, &why), 0);
	assert_non_null(snap);
	return snap;
}

/* The row of a key as grouped, NULL where there is none. */
static inline const struct row *row_of(const struct snapshot *snap,
				       struct key key)
{
	const struct row *found = NULL;

	key = key_project(&key, snap->cfg.by);
	for (size_t i = 0; i < snap->n_rows; i++)
		if (!memcmp(&snap->rows[i].key, &key, sizeof(key))) {
			assert_null(found);
			found = &snap->rows[i];
		}
	return found;
}

static inline int64_t value_of(const struct row *row, enum measure m)
{
	assert_non_null(row);
	assert_true(cell_has(&row->cell, m));
	return row->cell.value[m];
}

/* Estimates are whole nanoseconds: each may be rounded. */
#define assert_close(value, wanted, tolerance) \
	do { \
		int64_t v_ = (value), w_ = (wanted); \
		if (v_ < w_ - (tolerance) || v_ > w_ + (tolerance)) \
			fail_msg("%s: %lld is not %lld", #value, \
				 (long long)v_, (long long)w_); \
	} while (0)

/* For tests that each begin with an empty book. */
static inline int open_book(void **state)
{
	static struct book book;

	book_open(&book);
	*state = &book;
	return 0;
}

static inline int close_book(void **state)
{
	book_close(*state);
	return 0;
}

#define WITH_BOOK(test) \
	cmocka_unit_test_setup_teardown(test, open_book, close_book)

#endif
