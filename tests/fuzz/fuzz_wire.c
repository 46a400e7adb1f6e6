/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes from another process: states, answers and requests. Most noise
 * is refused by its first bytes, so the input is both taken as it is and, by
 * threes (place, place, byte), as changes of messages that are right.
 */
#include "fuzz.h"

#include <errno.h>

#include "acct/ledger.h"
#include "model/abi.h"
#include "model/wire.h"

static void put_sample(struct wire_state *state)
{
	struct key key = { .pid = 7, .tid = 8, .process_start = 5,
			   .thread_start = 6, .abi = ABI_TASK };
	struct wire_sums sums = { .lost = { 1, 2 },
				  .gauges = { 1, 2, 3 } };
	struct cell cell = { 0 };

	wire_put_sums(state, &sums);
	wire_put_label(state, "ep_poll");
	wire_put_note(state, "a note");
	wire_put_name(state, &key, "worker", false);
	wire_put_name(state, &key, "gone", true);
	cell_add(&cell, MEASURE_CALLS, 3);
	cell_add_estimate(&cell, MEASURE_BLOCKED, 40);
	tally_look(&cell.tally, 2.5);
	wire_put_cell(state, &key, &cell);
	key.abi = ABI_WCHAN;
	wire_put_cell(state, &key, &cell);
	key.abi = ABI_STATE;
	key.nr = STATE_REST;
	wire_put_cell(state, &key, &cell);
	wire_put_end(state);
	must(!state->err);
}

static bool knows_each_call(const struct ledger *ledger)
{
	const struct record *record;
	size_t pos = 0;

	while ((record = map_next(&ledger->records, &pos)))
		if (record->key.abi == ABI_WCHAN &&
		    record->key.nr >= (int64_t)ledger->labels.n)
			return false;
	return true;
}

/* All of it is told, or nothing. */
static int read_state(const void *data, size_t size)
{
	struct wire_labels labels = { .n = 0 };
	struct ledger ledger;
	struct sink sink;
	int err;

	ledger_init(&ledger, 1000);
	sink = ledger_sink(&ledger);
	err = wire_read_state(data, size, &labels, &sink, NULL);
	must(!err || err == -EPROTO);
	must(!err || (!ledger.records.used && !ledger.names.used &&
		      !ledger.n_notes && !ledger.labels.n));
	must(knows_each_call(&ledger));
	wire_labels_done(&labels);
	ledger_done(&ledger);
	return err;
}

static void read_messages(const void *data, size_t size)
{
	struct wire_request request;
	struct wire_answer answer;

	if (!wire_request(data, size, &request))
		must(request.n_pids <= WIRE_PIDS &&
		     wire_request_size(&request) == size);
	if (!wire_answer(data, size, &answer))
		must(size == sizeof(answer));
}

/* In memory of just its size, for the sanitizers. */
static char *changed(const void *from, size_t size, const uint8_t *data,
		     size_t n, size_t *ret_size)
{
	char *copy = malloc(size);

	must(copy);
	memcpy(copy, from, size);
	for (; n >= 3; n -= 3, data += 3)
		copy[(data[0] << 8 | data[1]) % size] = (char)data[2];
	/* One byte left over says where it is cut. */
	*ret_size = n == 1 ? *data % size : size;
	return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_request request = { .head = wire_head(WIRE_JOIN),
					.n_pids = 2, .pids = { 1, 2 } };
	struct wire_answer answer = { .head = wire_head(WIRE_ANSWER) };
	struct wire_state state = { .size = 0 };
	char *raw = fuzz_text(data, size), *copy;
	size_t n;

	read_state(raw, size);
	read_messages(raw, size);
	free(raw);
	put_sample(&state);
	copy = changed(state.data, state.size, data, size, &n);
	must(size || !read_state(copy, n));
	read_state(copy, n);
	free(copy);
	free(state.data);
	copy = changed(&request, wire_request_size(&request), data, size, &n);
	read_messages(copy, n);
	free(copy);
	copy = changed(&answer, sizeof(answer), data, size, &n);
	read_messages(copy, n);
	free(copy);
	return 0;
}

FUZZ_CORPUS("changes", "small")
