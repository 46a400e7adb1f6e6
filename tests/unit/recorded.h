/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random things that a collector may tell, told to a book and to a record at
 * once; and files of them in a new folder. */
#ifndef RECORDED_H
#define RECORDED_H

#include "book.h"
#include "outdir.h"

#include "model/phase.h"
#include "record/writer.h"

#define LABELS 5

static inline struct record_head head_of(const char *collector)
{
	struct record_head head = {
		.version = PACKAGE_VERSION, .host = "there", .kernel = "6.1",
		.target = "smbd 4711", .command_line = "smbsysacct -p 4711",
		.measures = 1u << MEASURE_WALL | 1u << MEASURE_CALLS,
		.estimated = 1u << MEASURE_BLOCKED,
		.by_call = 1u << MEASURE_CALLS,
		.histograms = true, .errors = true, .has_by = true,
		.by = BY_PROCESS | BY_SYSCALL, .slowest = 7,
		.began_ns = 1700000000 * SEC, .start_cpu_ns = 5 * MS,
	};

	strcpy(head.collector, collector);
	return head;
}

static inline int64_t random_value(struct rng *rng)
{
	int64_t value = (int64_t)(rng_next(rng) >> (20 + rng_below(rng, 44)));

	return rng_below(rng, 4) ? value : -value;
}

static inline struct key random_key(struct rng *rng)
{
	static const int abis[] = { ABI_TASK, ABI_STATE, ABI_WCHAN,
				    ABI_REQUEST, ABI_PHASE, ABI_FUNCTION,
				    ABI_NATIVE, ABI_COMPAT };
	struct key key = thread_of(1 + (int)rng_below(rng, 9),
				   (int)rng_below(rng, 9) - 1);

	key.abi = abis[rng_below(rng, N_OF(abis))];
	switch (key.abi) {
	case ABI_TASK:
		return key;
	case ABI_STATE:
		key.nr = (int)rng_below(rng, STATE_REST + 1);
		return key;
	case ABI_PHASE:
		key.nr = (int)rng_below(rng, PHASE_COUNT);
		return key;
	case ABI_WCHAN:
	case ABI_FUNCTION:
		key.nr = (int)rng_below(rng, LABELS + 1) - 1;
		return key;
	}
	key.nr = (int)rng_below(rng, 500) - 1;
	key.error = (int)rng_below(rng, 3);
	key.request = (int)rng_below(rng, 8) - 2;
	key.session = rng_below(rng, 2) ? rng_next(rng) : 0;
	key.tree = (uint32_t)rng_next(rng);
	key.status = 0xc0000034u;
	key.stack = (int)rng_below(rng, LABELS + 1);
	key.peer = (int)rng_below(rng, LABELS + 1);
	key.fd = (int)rng_below(rng, 9);
	return key;
}

static inline struct cell random_cell(struct rng *rng)
{
	struct cell cell = { 0 };

	for (int m = 0; m < MEASURE_COUNT; m++)
		if (!rng_below(rng, 4)) {
			cell_add(&cell, m, random_value(rng));
			if (!rng_below(rng, 3))
				cell_add_estimate(&cell, m, 1);
		}
	if (!rng_below(rng, 3))
		tally_look(&cell.tally, rng_unit(rng) * 1e9);
	if (!rng_below(rng, 5))
		cell.slack_ns = random_value(rng);
	return cell;
}

static inline struct hist random_hist(struct rng *rng)
{
	struct hist hist = { .count = { 0 } };

	for (uint64_t n = rng_below(rng, 9); n; n--)
		hist.count[rng_below(rng, BUCKETS)] += rng_below(rng, 99);
	return hist;
}

static inline void tell_slow(struct book *book, struct items *items,
			     struct rng *rng)
{
	struct event event = { .kind = EVENT_SLOW };
	struct slow slow = { .key = random_key(rng), .began_ns = 77,
			     .wall_ns = random_value(rng), .ret = -2,
			     .args = { 1, ~0ull }, .has_args = true,
			     .partial = rng_below(rng, 2) };

	event.key = slow.key;
	event.slow = &slow;
	book->sink.event(book->sink.ctx, &event);
	items_slow(items, &slow);
}

static inline void tell_sums(struct book *book, struct items *items,
			     struct rng *rng)
{
	struct event event = { .kind = EVENT_GAUGES, .gauges = {
		rng_below(rng, 9), rng_below(rng, 999), rng_below(rng, 9) } };
	int64_t amount = random_value(rng);

	items_gauges(items, &event.gauges);
	book->sink.event(book->sink.ctx, &event);
	event = (struct event){ .kind = EVENT_MACHINE,
				.machine = { amount, 5 } };
	items_machine(items, &event.machine);
	book->sink.event(book->sink.ctx, &event);
	event = (struct event){ .kind = EVENT_PROGRAMS,
				.programs_ns = amount };
	items_programs(items, amount);
	book->sink.event(book->sink.ctx, &event);
	for (int i = 0; i < LOSS_COUNT; i++) {
		items_lost(items, i, i * 3);
		if (i)
			lose(book, i, i * 3);
	}
}

/* The block of interval @n, counted from 0, from the same numbers each time. */
static inline void tell_block(struct book *book, struct items *items, int n)
{
	struct rng rng = { (uint64_t)n + 1 };
	char text[32];

	items_begin(items);
	for (int i = 0; !n && i < LABELS; i++) {
		snprintf(text, sizeof(text), "label %d", i);
		items_label(items, text);
		book->sink.label(book->sink.ctx, text);
	}
	for (int i = 0; i < 3; i++) {
		struct key key = process_of(1 + (int)rng_below(&rng, 9));

		snprintf(text, sizeof(text), "na\nme %d", n);
		items_name(items, &key, text);
		tell(book, EVENT_NAME, key, text);
		if (i == 1) {
			items_exit(items, &key);
			tell(book, EVENT_EXIT, key, NULL);
		}
	}
	snprintf(text, sizeof(text), "note %d", n % 4);
	items_note(items, text);
	sink_note(&book->sink, text);
	for (int i = 0; i < 30; i++) {
		struct key key = random_key(&rng);
		struct cell cell = random_cell(&rng);
		struct hist hist = random_hist(&rng);

		items_cell(items, &key, &cell);
		book->sink.cell(book->sink.ctx, &key, &cell);
		if (i % 2)
			continue;
		items_hist(items, &key, &hist);
		book->sink.hist(book->sink.ctx, &key, &hist);
	}
	tell_slow(book, items, &rng);
	tell_sums(book, items, &rng);
	items_end(items);
	assert_int_equal(items->pack.err, 0);
}

static inline struct record_block second(int n)
{
	return (struct record_block){
		.end_ns = (1700000001 + n) * SEC, .end_mono_ns = (n + 1) * SEC,
		.interval_ns = SEC, .own_cpu_ns = n * MS, .call_cost_ns = 120,
	};
}

/* A record of so many blocks at path; the book has all that is in it. */
static inline void write_record(struct book *book, int blocks)
{
	struct record_head head = head_of("bpf");
	struct record_writer *writer = NULL;
	struct items items = { .last = { .pid = 0 } };
	struct why why = { 0 };

	assert_int_equal(record_create(&writer, path, &why), 0);
	assert_int_equal(record_begin(writer, &head, &why), 0);
	for (int n = 0; n < blocks; n++) {
		struct record_block block = second(n);

		tell_block(book, &items, n);
		assert_int_equal(record_append(writer, &block, &items, &why),
				 0);
	}
	record_finish(writer);
	items_done(&items);
}

static inline void assert_same_cell(const struct cell *a, const struct cell *b)
{
	assert_int_equal(a->have, b->have);
	assert_int_equal(a->estimated, b->estimated);
	assert_memory_equal(a->value, b->value, sizeof(a->value));
	assert_int_equal(a->slack_ns, b->slack_ns);
	assert_int_equal(a->tally.looks, b->tally.looks);
	assert_true(a->tally.weight_ns == b->tally.weight_ns);
	assert_true(a->tally.weight_sq == b->tally.weight_sq);
}

/* Of two ledgers, all that there is. */
static inline void assert_same(const struct ledger *a, const struct ledger *b)
{
	const struct record *record, *same;
	const struct who *who;
	size_t pos = 0;

	assert_int_equal(a->records.used, b->records.used);
	while ((record = map_next(&a->records, &pos))) {
		same = map_get(&b->records, &record->key);
		assert_non_null(same);
		assert_same_cell(&record->cell, &same->cell);
		assert_int_equal(!record->hist, !same->hist);
		if (record->hist)
			assert_memory_equal(record->hist, same->hist,
					    sizeof(*record->hist));
	}
	assert_int_equal(a->names.used, b->names.used);
	for (pos = 0; (who = map_next(&a->names, &pos)); ) {
		const struct who *again = map_get(&b->names, &who->key);

		assert_non_null(again);
		assert_string_equal(who->name, again->name);
		assert_int_equal(who->ended, again->ended);
	}
	assert_int_equal(a->n_notes, b->n_notes);
	for (size_t i = 0; i < a->n_notes; i++)
		assert_string_equal(a->notes[i], b->notes[i]);
	assert_int_equal(a->labels.n, b->labels.n);
	assert_memory_equal(a->lost, b->lost, sizeof(a->lost));
	assert_memory_equal(&a->gauges, &b->gauges, sizeof(a->gauges));
	assert_memory_equal(&a->machine, &b->machine, sizeof(a->machine));
	assert_int_equal(a->programs_ns, b->programs_ns);
	assert_int_equal(a->n_slow, b->n_slow);
	for (size_t i = 0; i < a->n_slow; i++) {
		assert_memory_equal(&a->slow[i].key, &b->slow[i].key,
				    sizeof(struct key));
		assert_int_equal(a->slow[i].wall_ns, b->slow[i].wall_ns);
		assert_int_equal(a->slow[i].args[1], b->slow[i].args[1]);
		assert_int_equal(a->slow[i].partial, b->slow[i].partial);
	}
}

#endif
