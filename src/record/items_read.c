/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record/items.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "model/abi.h"
#include "model/phase.h"
#include "record/fields.h"
#include "record/tags.h"

/* Of one value; and of what is added up, that differences of sums do not
 * overflow: 36 years of threads' time. */
#define MAX_VALUE (1ll << 56)
#define MAX_SUM (1ll << 60)

/* SMB2 commands, with room for those to come. */
#define MAX_REQUEST 4096

struct reader {
	struct unpack from;
	const struct head_dialect *dialect;
	struct items_memory *memory;	/* once it is only checked: a copy */
	struct key last;
	const struct sink *sink;	/* NULL: only check */
	bool moments;
};

static bool in_range(int64_t value)
{
	return value >= -MAX_VALUE && value <= MAX_VALUE;
}

/* Whether so much more may be added to a sum. */
static bool spend(int64_t *spent, int64_t value)
{
	if (!in_range(value))
		return false;
	*spent += value < 0 ? -value : value;
	return *spent <= MAX_SUM;
}

static bool is_label(const struct reader *r, int64_t number)
{
	return number >= 0 && number <= (int64_t)r->memory->n_labels;
}

static bool labels_make_sense(const struct reader *r, const struct key *key)
{
	return is_label(r, key->stack) && is_label(r, key->caller) &&
	       is_label(r, key->reason) && is_label(r, key->waker) &&
	       is_label(r, key->file) && is_label(r, key->peer);
}

/* Numbers that index a table are looked at; the rest is only printed. */
static bool makes_sense(const struct reader *r, const struct key *key)
{
	if (key->pid < 0 || key->tid < TID_CHILDREN || key->error < 0 ||
	    key->error > 4095 || key->request < REQUEST_OTHERS ||
	    key->request > MAX_REQUEST || key->fd < 0)
		return false;
	/* Whose a request is, is the ledger's to number. */
	if (key->client || key->user || key->share ||
	    !labels_make_sense(r, key))
		return false;
	switch (key->abi) {
	case ABI_TASK:
		return !key->nr;
	case ABI_STATE:
		return key->nr >= 0 && key->nr <= STATE_REST;
	case ABI_PHASE:
		return key->nr >= 0 && key->nr < PHASE_COUNT;
	case ABI_WCHAN:
	case ABI_FUNCTION:
		return key->nr == -1 || is_label(r, (int64_t)key->nr + 1);
	case ABI_REQUEST:
	case ABI_NATIVE:
	case ABI_COMPAT:
	case ABI_X32:
		return true;
	default:
		return false;
	}
}

static bool read_key(struct reader *r, struct key *key)
{
	const struct head_names *fields = &r->dialect->fields;
	uint64_t changed = unpack_number(&r->from);

	if (fields->n < 64 && changed >> fields->n)
		return false;
	for (int i = 0; i < fields->n; i++) {
		int field = fields->ours[i];
		uint64_t value = (uint64_t)field_get(&r->last, field);

		if (!(changed >> i & 1))
			continue;
		value += (uint64_t)unpack_signed(&r->from);
		if (!field_set(&r->last, field, (int64_t)value))
			return false;
	}
	*key = r->last;
	return !r->from.bad && makes_sense(r, key);
}

/* At the sink labels have other numbers. */
static int32_t told_label(const struct reader *r, int32_t number)
{
	return number ? r->memory->labels[number - 1] + 1 : 0;
}

static struct key told_key(const struct reader *r, const struct key *key)
{
	struct key told = *key;

	told.stack = told_label(r, key->stack);
	told.caller = told_label(r, key->caller);
	told.reason = told_label(r, key->reason);
	told.waker = told_label(r, key->waker);
	told.file = told_label(r, key->file);
	told.peer = told_label(r, key->peer);
	if (key->abi == ABI_WCHAN || key->abi == ABI_FUNCTION)
		told.nr = told_label(r, key->nr + 1) - 1;
	return told;
}

static bool read_label(struct reader *r)
{
	char text[PACK_TEXT_MAX + 1];

	unpack_text(&r->from, text);
	if (r->from.bad || r->memory->n_labels >= ITEMS_MAX_LABELS)
		return false;
	if (r->sink)
		r->memory->labels[r->memory->n_labels] =
			r->sink->label(r->sink->ctx, text);
	r->memory->n_labels++;
	return true;
}

static bool read_name(struct reader *r)
{
	struct event event = { .kind = EVENT_NAME };
	char text[PACK_TEXT_MAX + 1];
	struct key key;

	if (!read_key(r, &key) ||
	    (key.abi != ABI_TASK && key.abi != ABI_REQUEST))
		return false;
	unpack_text(&r->from, text);
	if (r->from.bad)
		return false;
	event.key = key;
	event.text = text;
	if (r->sink)
		r->sink->event(r->sink->ctx, &event);
	return true;
}

static bool read_exit(struct reader *r)
{
	struct event event = { .kind = EVENT_EXIT };

	if (!read_key(r, &event.key))
		return false;
	if (r->sink)
		r->sink->event(r->sink->ctx, &event);
	return true;
}

static bool read_note(struct reader *r)
{
	char text[PACK_TEXT_MAX + 1];

	unpack_text(&r->from, text);
	if (r->from.bad)
		return false;
	if (r->sink)
		sink_note(r->sink, text);
	return true;
}

static bool is_weight(double weight)
{
	return isfinite(weight) && weight >= 0 && weight < 1e36;
}

static bool read_tally(struct reader *r, struct tally *tally)
{
	tally->looks = unpack_number(&r->from);
	if (tally->looks > MAX_VALUE ||
	    !spend(&r->memory->looks, (int64_t)tally->looks))
		return false;
	if (!tally->looks)
		return true;
	tally->weight_ns = unpack_double(&r->from);
	tally->weight_sq = unpack_double(&r->from);
	return is_weight(tally->weight_ns) && is_weight(tally->weight_sq);
}

/* A set of measures, as ours. */
static bool read_measures(struct reader *r, uint64_t *bits)
{
	*bits = unpack_number(&r->from);
	return r->dialect->measures.n >= 64 ||
	       !(*bits >> r->dialect->measures.n);
}

static bool read_cell_body(struct reader *r, bool is_task, struct cell *cell)
{
	const struct head_names *names = &r->dialect->measures;
	uint64_t have, estimated;

	*cell = (struct cell){ 0 };
	if (!read_measures(r, &have) || !read_measures(r, &estimated) ||
	    estimated & ~have)
		return false;
	for (int i = 0; i < names->n; i++) {
		enum measure m = (enum measure)names->ours[i];
		int64_t value;

		if (!(have >> i & 1))
			continue;
		value = unpack_signed(&r->from);
		if (measure_table[m].merging == MERGE_SUM ?
		    !spend(&r->memory->values[is_task][m], value) :
		    !in_range(value))
			return false;
		cell->value[m] = value;
		cell->have |= measure_bit(m);
		if (estimated >> i & 1)
			cell->estimated |= measure_bit(m);
	}
	cell->slack_ns = unpack_signed(&r->from);
	return spend(&r->memory->slack, cell->slack_ns) &&
	       read_tally(r, &cell->tally) && !r->from.bad;
}

static bool read_cell(struct reader *r)
{
	struct cell cell;
	struct key key;

	if (!read_key(r, &key) ||
	    !read_cell_body(r, key.abi == ABI_TASK, &cell))
		return false;
	if (!r->sink)
		return true;
	if (!r->moments && !cell_keep_lasting(&cell))
		return true;
	key = told_key(r, &key);
	r->sink->cell(r->sink->ctx, &key, &cell);
	return true;
}

static bool read_hist(struct reader *r)
{
	uint64_t n, at = 0;
	struct hist hist;
	struct key key;

	hist = (struct hist){ .count = { 0 } };
	if (!read_key(r, &key))
		return false;
	n = unpack_number(&r->from);
	if (n > BUCKETS)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t step = unpack_number(&r->from);
		uint64_t count = unpack_number(&r->from);

		if (step >= BUCKETS || at + step >= BUCKETS ||
		    (i && !step) || !count || count > MAX_VALUE)
			return false;
		at += step;
		hist.count[at] = count;
	}
	if (r->from.bad)
		return false;
	if (!r->sink)
		return true;
	key = told_key(r, &key);
	r->sink->hist(r->sink->ctx, &key, &hist);
	return true;
}

static bool read_slow(struct reader *r)
{
	struct event event = { .kind = EVENT_SLOW };
	struct slow slow = { .has_args = false };
	struct unpack *from = &r->from;
	uint8_t flags;

	if (!read_key(r, &slow.key))
		return false;
	slow.began_ns = unpack_signed(from);
	slow.wall_ns = unpack_signed(from);
	slow.blocked_ns = unpack_signed(from);
	slow.runq_ns = unpack_signed(from);
	slow.cpu_ns = unpack_signed(from);
	slow.ret = unpack_signed(from);
	flags = unpack_byte(from);
	slow.has_args = flags & 1;
	slow.partial = flags & 2;
	for (int i = 0; slow.has_args && i < ARGUMENTS; i++)
		slow.args[i] = unpack_number(from);
	if (from->bad || flags > 3 || !in_range(slow.began_ns) ||
	    !in_range(slow.wall_ns) || !in_range(slow.blocked_ns) ||
	    !in_range(slow.runq_ns) || !in_range(slow.cpu_ns))
		return false;
	if (!r->sink)
		return true;
	slow.key = event.key = told_key(r, &slow.key);
	event.slow = &slow;
	r->sink->event(r->sink->ctx, &event);
	return true;
}

static bool read_lost(struct reader *r)
{
	uint64_t kind = unpack_number(&r->from);
	int64_t amount = unpack_signed(&r->from);
	enum loss ours;

	if (r->from.bad || kind >= (uint64_t)r->dialect->losses.n)
		return false;
	ours = (enum loss)r->dialect->losses.ours[kind];
	if (!spend(&r->memory->lost[ours], amount))
		return false;
	if (r->sink)
		sink_lost(r->sink, ours, amount);
	return true;
}

static bool read_gauges(struct reader *r)
{
	struct event event = { .kind = EVENT_GAUGES };

	event.gauges.processes = unpack_number(&r->from);
	event.gauges.threads = unpack_number(&r->from);
	event.gauges.in_flight = unpack_number(&r->from);
	if (r->from.bad)
		return false;
	if (r->sink)
		r->sink->event(r->sink->ctx, &event);
	return true;
}

static bool read_machine(struct reader *r)
{
	struct event event = { .kind = EVENT_MACHINE };

	event.machine.interrupts_ns = unpack_signed(&r->from);
	event.machine.stolen_ns = unpack_signed(&r->from);
	if (r->from.bad ||
	    !spend(&r->memory->machine, event.machine.interrupts_ns) ||
	    !spend(&r->memory->machine, event.machine.stolen_ns))
		return false;
	if (r->sink)
		r->sink->event(r->sink->ctx, &event);
	return true;
}

static bool read_programs(struct reader *r)
{
	struct event event = { .kind = EVENT_PROGRAMS };

	event.programs_ns = unpack_signed(&r->from);
	if (r->from.bad || !spend(&r->memory->programs, event.programs_ns))
		return false;
	if (r->sink)
		r->sink->event(r->sink->ctx, &event);
	return true;
}

static bool read_item(struct reader *r, uint8_t tag)
{
	static const struct {
		enum tag tag;
		bool (*read)(struct reader *r);
	} kinds[] = {
		{ TAG_CELL, read_cell }, { TAG_HIST, read_hist },
		{ TAG_NAME, read_name }, { TAG_LABEL, read_label },
		{ TAG_EXIT, read_exit }, { TAG_NOTE, read_note },
		{ TAG_SLOW, read_slow }, { TAG_LOST, read_lost },
		{ TAG_GAUGES, read_gauges }, { TAG_MACHINE, read_machine },
		{ TAG_PROGRAMS, read_programs },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].tag == tag)
			return kinds[i].read(r);
	return false;
}

/* All of it, up to the end that nothing comes after. */
static bool read_all(struct reader *r)
{
	uint8_t tag;

	while ((tag = unpack_byte(&r->from))) {
		if (tag == TAG_END)
			return r->from.at == r->from.end;
		if (!read_item(r, tag))
			return false;
	}
	return false;
}

void items_forget(struct items_memory *memory)
{
	free(memory->labels);
	*memory = (struct items_memory){ .n_labels = 0 };
}

int items_read(const void *data, size_t size,
	       const struct head_dialect *dialect,
	       struct items_memory *memory, const struct sink *sink,
	       bool moments)
{
	struct items_memory trial = *memory;
	struct reader begin = {
		.from = { .at = data, .end = (const uint8_t *)data + size },
		.dialect = dialect,
		.memory = &trial,
		.moments = moments,
	};
	struct reader r = begin;
	int32_t *grown;

	if (!read_all(&r))
		return -EPROTO;
	if (trial.n_labels > memory->n_labels) {
		grown = realloc(memory->labels,
				trial.n_labels * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		memory->labels = grown;
	}
	begin.memory = memory;
	begin.sink = sink;
	r = begin;
	read_all(&r);
	return 0;
}
