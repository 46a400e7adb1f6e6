/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/wire.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "model/abi.h"

#define MAX_LABELS 4096
#define MAX_TEXT 1024

/* Sums of fewer than a hundred of these do not overflow. */
#define MAX_VALUE (1ll << 56)

/* What an item begins with. */
enum tag { TAG_SUMS = 0x736d7573, TAG_NAME = 0x656d616e,
	   TAG_ENDED = 0x646e6565, TAG_NOTE = 0x65746f6e,
	   TAG_LABEL = 0x6c62616c, TAG_CELL = 0x6c6c6563,
	   TAG_END = 0x2e646e65 };

/* FNV-1a */
static uint32_t hash(uint32_t sum, const void *data, size_t size)
{
	for (const unsigned char *p = data; size; size--)
		sum = (sum ^ *p++) * 16777619u;
	return sum;
}

static uint32_t hash_text(uint32_t sum, const char *text)
{
	return hash(sum, text, strlen(text) + 1);
}

uint32_t wire_dialect(void)
{
	static const uint32_t sizes[] = {
		1,	/* to be raised where neither names nor sizes tell */
		sizeof(struct key), sizeof(struct cell),
		sizeof(struct wire_sums), sizeof(struct wire_request),
		sizeof(struct wire_answer), ABI_X32, STATE_REST,
	};
	uint32_t sum = hash(2166136261u, sizes, sizeof(sizes));

	for (int m = 0; m < MEASURE_COUNT; m++)
		sum = hash_text(sum, measure_table[m].name);
	for (int i = 0; i < LOSS_COUNT; i++)
		sum = hash_text(sum, loss_table[i].name);
	return sum;
}

struct wire_head wire_head(enum wire_kind kind)
{
	return (struct wire_head){ .magic = WIRE_MAGIC,
				   .dialect = wire_dialect(), .kind = kind };
}

int wire_check(const void *data, size_t size)
{
	struct wire_head head;

	if (size < sizeof(head))
		return -EPROTO;
	memcpy(&head, data, sizeof(head));
	if (head.magic != WIRE_MAGIC)
		return -EPROTO;
	if (head.dialect != wire_dialect())
		return -EPROTONOSUPPORT;
	return head.kind && head.kind < WIRE_KINDS && !head.zero ? 0 :
								   -EPROTO;
}

size_t wire_request_size(const struct wire_request *request)
{
	return offsetof(struct wire_request, pids) +
	       request->n_pids * sizeof(*request->pids);
}

int wire_request(const void *data, size_t size, struct wire_request *ret)
{
	int err = wire_check(data, size);

	if (err)
		return err;
	if (size < offsetof(struct wire_request, pids) || size > sizeof(*ret))
		return -EPROTO;
	*ret = (struct wire_request){ .n_pids = 0 };
	memcpy(ret, data, size);
	if (ret->n_pids > WIRE_PIDS || size != wire_request_size(ret) ||
	    ret->head.kind > WIRE_FETCH)
		return -EPROTO;
	for (uint32_t i = 0; i < ret->n_pids; i++)
		if (ret->pids[i] <= 0)
			return -EPROTO;
	return 0;
}

int wire_answer(const void *data, size_t size, struct wire_answer *ret)
{
	int err = wire_check(data, size);

	if (err)
		return err;
	if (size != sizeof(*ret))
		return -EPROTO;
	memcpy(ret, data, size);
	return ret->head.kind >= WIRE_ANSWER && ret->error >= 0 &&
	       ret->error < 4096 && ret->command >= 0 && ret->unknown >= 0 ?
	       0 : -EPROTO;
}

/* --- writing --- */

static void put(struct wire_state *state, const void *data, size_t size)
{
	void *all = state->data;

	if (state->err)
		return;
	state->err = grow(&all, &state->room, state->size, size,
			  WIRE_STATE_MAX);
	if (state->err)
		return;
	state->data = all;
	memcpy(state->data + state->size, data, size);
	state->size += size;
}

static void put_number(struct wire_state *state, uint32_t number)
{
	put(state, &number, sizeof(number));
}

static void put_text(struct wire_state *state, const char *text)
{
	size_t len = strnlen(text, MAX_TEXT);

	put_number(state, (uint32_t)len);
	put(state, text, len);
}

void wire_put_sums(struct wire_state *state, const struct wire_sums *sums)
{
	put_number(state, TAG_SUMS);
	put(state, sums, sizeof(*sums));
}

void wire_put_name(struct wire_state *state, const struct key *key,
		   const char *name, bool ended)
{
	put_number(state, ended ? TAG_ENDED : TAG_NAME);
	put(state, key, sizeof(*key));
	put_text(state, name);
}

void wire_put_note(struct wire_state *state, const char *note)
{
	put_number(state, TAG_NOTE);
	put_text(state, note);
}

void wire_put_label(struct wire_state *state, const char *label)
{
	put_number(state, TAG_LABEL);
	put_text(state, label);
}

/* Mostly few of the measures are known. */
void wire_put_cell(struct wire_state *state, const struct key *key,
		   const struct cell *cell)
{
	put_number(state, TAG_CELL);
	put(state, key, sizeof(*key));
	put_number(state, cell->have);
	put_number(state, cell->estimated);
	put(state, &cell->slack_ns, sizeof(cell->slack_ns));
	put(state, &cell->tally, sizeof(cell->tally));
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (cell_has(cell, m))
			put(state, &cell->value[m], sizeof(cell->value[m]));
}

void wire_put_end(struct wire_state *state)
{
	put_number(state, TAG_END);
}

/* --- reading --- */

struct reader {
	const char *at, *end;
	struct wire_labels *labels;
	size_t n_labels;	/* with those of this state */
	const struct sink *sink;	/* NULL: only check */
};

static bool take(struct reader *r, void *ret, size_t size)
{
	if ((size_t)(r->end - r->at) < size)
		return false;
	memcpy(ret, r->at, size);
	r->at += size;
	return true;
}

static bool take_text(struct reader *r, char text[MAX_TEXT + 1])
{
	uint32_t len;

	if (!take(r, &len, sizeof(len)) || len > MAX_TEXT ||
	    !take(r, text, len))
		return false;
	text[len] = '\0';
	return strlen(text) == len;
}

static bool in_range(int64_t value)
{
	return value >= -MAX_VALUE && value <= MAX_VALUE;
}

static bool all_in_range(const int64_t *values, size_t n)
{
	while (n)
		if (!in_range(values[--n]))
			return false;
	return true;
}

static bool take_sums(struct reader *r, struct wire_sums *sums)
{
	return take(r, sums, sizeof(*sums)) &&
	       all_in_range(sums->lost, LOSS_COUNT) &&
	       in_range(sums->machine.interrupts_ns) &&
	       in_range(sums->machine.stolen_ns);
}

/* Numbers that index a table are looked at; the rest is only printed. */
static bool take_key(struct reader *r, struct key *key)
{
	if (!take(r, key, sizeof(*key)) || key->pid < 0 ||
	    key->tid < TID_CHILDREN || key->error < 0 || key->error > 4095)
		return false;
	/* Who accounts requests is not joined. */
	if (key->request || key->session || key->tree || key->status ||
	    key->client || key->user || key->share)
		return false;
	/* Nor is what else is known of its calls. */
	if (key->stack || key->caller || key->reason || key->waker ||
	    key->file || key->peer || key->fd)
		return false;
	switch (key->abi) {
	case ABI_TASK:
		return !key->nr;
	case ABI_STATE:
		return key->nr >= 0 && key->nr <= STATE_REST;
	case ABI_WCHAN:
		return key->nr >= -1 && key->nr < (int64_t)r->n_labels;
	case ABI_NATIVE:
	case ABI_COMPAT:
	case ABI_X32:
		return true;
	default:
		return false;
	}
}

static bool is_weight(double weight)
{
	return isfinite(weight) && weight >= 0 && weight < 1e36;
}

static bool take_cell(struct reader *r, struct cell *cell)
{
	*cell = (struct cell){ 0 };
	if (!take(r, &cell->have, sizeof(cell->have)) ||
	    !take(r, &cell->estimated, sizeof(cell->estimated)) ||
	    !take(r, &cell->slack_ns, sizeof(cell->slack_ns)) ||
	    !take(r, &cell->tally, sizeof(cell->tally)))
		return false;
	if (cell->have >> MEASURE_COUNT || cell->estimated & ~cell->have ||
	    !in_range(cell->slack_ns) || cell->tally.looks > MAX_VALUE ||
	    !is_weight(cell->tally.weight_ns) ||
	    !is_weight(cell->tally.weight_sq))
		return false;
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (cell_has(cell, m) &&
		    (!take(r, &cell->value[m], sizeof(cell->value[m])) ||
		     !in_range(cell->value[m])))
			return false;
	return true;
}

static bool read_name(struct reader *r, bool ended)
{
	struct event event = { .kind = EVENT_NAME };
	char text[MAX_TEXT + 1];

	if (!take_key(r, &event.key) || event.key.abi != ABI_TASK ||
	    !take_text(r, text))
		return false;
	event.text = text;
	if (r->sink)
		r->sink->event(r->sink->ctx, &event);
	event.kind = EVENT_EXIT;
	if (r->sink && ended)
		r->sink->event(r->sink->ctx, &event);
	return true;
}

static bool read_note(struct reader *r)
{
	char text[MAX_TEXT + 1];

	if (!take_text(r, text))
		return false;
	if (r->sink)
		sink_note(r->sink, text);
	return true;
}

static bool read_label(struct reader *r)
{
	char text[MAX_TEXT + 1];

	if (!take_text(r, text) || r->n_labels >= MAX_LABELS)
		return false;
	if (r->sink)
		r->labels->numbers[r->n_labels] =
			r->sink->label(r->sink->ctx, text);
	r->n_labels++;
	return true;
}

static bool read_cell(struct reader *r)
{
	struct cell cell;
	struct key key;

	if (!take_key(r, &key) || !take_cell(r, &cell))
		return false;
	if (!r->sink)
		return true;
	if (key.abi == ABI_WCHAN && key.nr >= 0)
		key.nr = r->labels->numbers[key.nr];
	r->sink->cell(r->sink->ctx, &key, &cell);
	return true;
}

static bool read_item(struct reader *r, uint32_t tag)
{
	switch (tag) {
	case TAG_NAME:
	case TAG_ENDED:
		return read_name(r, tag == TAG_ENDED);
	case TAG_NOTE:
		return read_note(r);
	case TAG_LABEL:
		return read_label(r);
	case TAG_CELL:
		return read_cell(r);
	default:
		return false;
	}
}

static void tell_sums(const struct sink *sink, const struct wire_sums *sums)
{
	struct event event = { .kind = EVENT_MACHINE,
			       .machine = sums->machine };

	sink->event(sink->ctx, &event);
	event = (struct event){ .kind = EVENT_GAUGES,
				.gauges = sums->gauges };
	sink->event(sink->ctx, &event);
	for (int i = 0; i < LOSS_COUNT; i++)
		sink_lost(sink, i, sums->lost[i]);
}

/* All of it, up to the end that nothing comes after. */
static bool read_all(struct reader *r, struct wire_sums *sums)
{
	uint32_t tag;

	if (!take(r, &tag, sizeof(tag)) || tag != TAG_SUMS ||
	    !take_sums(r, sums))
		return false;
	if (r->sink)
		tell_sums(r->sink, sums);
	while (take(r, &tag, sizeof(tag)))
		if (tag == TAG_END)
			return r->at == r->end;
		else if (!read_item(r, tag))
			return false;
	return false;
}

void wire_labels_done(struct wire_labels *labels)
{
	free(labels->numbers);
	*labels = (struct wire_labels){ .n = 0 };
}

int wire_read_state(const void *data, size_t size,
		    struct wire_labels *labels, const struct sink *sink,
		    struct wire_sums *ret)
{
	struct reader begin = { .at = data, .end = (const char *)data + size,
				.labels = labels, .n_labels = labels->n };
	struct reader r = begin;
	struct wire_sums sums;
	int32_t *grown;

	if (!read_all(&r, &sums))
		return -EPROTO;
	if (r.n_labels > labels->n) {
		grown = realloc(labels->numbers,
				r.n_labels * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		labels->numbers = grown;
	}
	begin.sink = sink;
	r = begin;
	read_all(&r, &sums);
	labels->n = r.n_labels;
	if (ret)
		*ret = sums;
	return 0;
}
