/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes from one process to another comes out as it went in, or not. */
#include "book.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "model/wire.h"

struct both {
	struct book book;
	struct wire_state state;
	struct wire_labels labels;
};

static int open_both(void **state)
{
	struct both *both = calloc(1, sizeof(*both));

	book_open(&both->book);
	*state = both;
	return 0;
}

static int close_both(void **state)
{
	struct both *both = *state;

	book_close(&both->book);
	wire_labels_done(&both->labels);
	free(both->state.data);
	free(both);
	return 0;
}

static void put_sums(struct both *both)
{
	struct wire_sums sums = { .gauges = { 2, 3, 1 },
				  .machine = { 10, 20 } };

	sums.lost[LOSS_CALLS] = 7;
	both->state.size = 0;
	wire_put_sums(&both->state, &sums);
}

static struct cell sample_cell(void)
{
	struct cell cell = { .slack_ns = 12 };

	cell_add(&cell, MEASURE_CALLS, 5);
	cell_add(&cell, MEASURE_AGE, 1);
	cell_add_estimate(&cell, MEASURE_BLOCKED, -44);
	tally_look(&cell.tally, 1.5);
	return cell;
}

static int read_it(struct both *both)
{
	return wire_read_state(both->state.data, both->state.size,
			       &both->labels, &both->book.sink, NULL);
}

static const struct record *record_at(struct both *both, struct key key)
{
	return map_get(&both->book.ledger.records, &key);
}

static void a_state_comes_out_as_it_went_in(void **state)
{
	struct key process = process_of(7), thread = thread_of(7, 8);
	struct key call = seen_in(7, 8, ABI_NATIVE, 3);
	struct cell cell = sample_cell();
	struct both *both = *state;
	const struct ledger *ledger = &both->book.ledger;

	put_sums(both);
	wire_put_note(&both->state, "a note");
	wire_put_name(&both->state, &process, "work\033er", false);
	wire_put_name(&both->state, &thread, "", true);
	wire_put_cell(&both->state, &call, &cell);
	wire_put_end(&both->state);
	assert_int_equal(both->state.err, 0);
	assert_int_equal(read_it(both), 0);
	assert_int_equal(ledger->lost[LOSS_CALLS], 7);
	assert_int_equal(ledger->gauges.threads, 3);
	assert_int_equal(ledger->machine.stolen_ns, 20);
	assert_string_equal(ledger->notes[0], "a note");
	assert_string_equal(ledger_who(ledger, &process)->name, "work\033er");
	assert_false(ledger_who(ledger, &process)->ended);
	assert_true(ledger_who(ledger, &thread)->ended);
	assert_memory_equal(&record_at(both, call)->cell, &cell,
			    sizeof(cell));
	/* What comes again is more of it. */
	assert_int_equal(read_it(both), 0);
	assert_int_equal(record_at(both, call)->cell.value[MEASURE_CALLS],
			 10);
}

static void labels_get_the_readers_numbers(void **state)
{
	struct both *both = *state;
	struct cell cell = sample_cell();
	struct key first = seen_in(1, 1, ABI_WCHAN, 0);
	struct key second = seen_in(1, 1, ABI_WCHAN, 1);

	both->book.sink.label(both->book.sink.ctx, "its own");
	put_sums(both);
	wire_put_label(&both->state, "ep_poll");
	wire_put_cell(&both->state, &first, &cell);
	wire_put_end(&both->state);
	assert_int_equal(read_it(both), 0);
	/* They are counted through all states. */
	put_sums(both);
	wire_put_label(&both->state, "its own");
	wire_put_cell(&both->state, &second, &cell);
	wire_put_cell(&both->state, &first, &cell);
	wire_put_end(&both->state);
	assert_int_equal(read_it(both), 0);
	assert_int_equal(record_at(both, first)->cell.value[MEASURE_CALLS],
			 5);
	assert_int_equal(record_at(both, second)->cell.value[MEASURE_CALLS],
			 10);
	/* And one that was not sent is nothing. */
	put_sums(both);
	second.nr = 2;
	wire_put_cell(&both->state, &second, &cell);
	wire_put_end(&both->state);
	assert_int_equal(read_it(both), -EPROTO);
}

/* Every prefix, and with something behind it. */
static void what_is_not_whole_is_not_told(void **state)
{
	struct key call = seen_in(7, 8, ABI_NATIVE, 3);
	struct cell cell = sample_cell();
	struct both *both = *state;
	size_t size;

	put_sums(both);
	wire_put_label(&both->state, "ep_poll");
	wire_put_note(&both->state, "a note");
	wire_put_name(&both->state, &(struct key){ .pid = 7 }, "x", true);
	wire_put_cell(&both->state, &call, &cell);
	wire_put_end(&both->state);
	size = both->state.size;
	for (both->state.size = 0; both->state.size < size;
	     both->state.size++)
		assert_int_equal(read_it(both), -EPROTO);
	wire_put_end(&both->state);
	assert_int_equal(read_it(both), -EPROTO);
	assert_int_equal(both->book.ledger.n_notes, 0);
	assert_int_equal(both->book.ledger.records.used, 0);
	assert_int_equal(both->labels.n, 0);
}

static void refuse_cell(struct both *both, struct key key, struct cell cell)
{
	put_sums(both);
	wire_put_cell(&both->state, &key, &cell);
	wire_put_end(&both->state);
	assert_int_equal(read_it(both), -EPROTO);
}

static void numbers_that_make_no_sense_are_refused(void **state)
{
	struct cell good = sample_cell(), cell = good;
	struct key call = seen_in(7, 8, ABI_NATIVE, 3), key = call;
	struct both *both = *state;

	key.abi = ABI_X32 + 1;
	refuse_cell(both, key, good);
	key.abi = -1;
	refuse_cell(both, key, good);
	refuse_cell(both, seen_in(1, 1, ABI_STATE, STATE_REST + 1), good);
	refuse_cell(both, seen_in(1, 1, ABI_STATE, -1), good);
	refuse_cell(both, seen_in(1, 1, ABI_TASK, 1), good);
	refuse_cell(both, seen_in(1, -2, ABI_NATIVE, 1), good);
	key = call;
	key.fd = 1;
	refuse_cell(both, key, good);
	key = call;
	key.error = 4096;
	refuse_cell(both, key, good);
	cell.have |= 1u << MEASURE_COUNT;
	refuse_cell(both, call, cell);
	cell = good;
	cell.estimated |= measure_bit(MEASURE_WALL);
	refuse_cell(both, call, cell);
	cell = good;
	cell.value[MEASURE_CALLS] = INT64_MAX;
	refuse_cell(both, call, cell);
	cell = good;
	cell.tally.weight_ns = NAN;
	refuse_cell(both, call, cell);
	cell.tally.weight_ns = -1;
	refuse_cell(both, call, cell);
}

static void long_texts_are_cut(void **state)
{
	struct both *both = *state;
	char text[5000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	put_sums(both);
	wire_put_note(&both->state, text);
	wire_put_end(&both->state);
	assert_int_equal(read_it(both), 0);
	assert_int_equal(strlen(both->book.ledger.notes[0]), 1024);
}

static void requests_are_of_their_size(void **state)
{
	struct wire_request request = { .head = wire_head(WIRE_JOIN),
					.n_pids = 2, .pids = { 3, 4 } };
	size_t size = wire_request_size(&request);
	struct wire_request ret;

	(void)state;
	assert_int_equal(wire_request(&request, size, &ret), 0);
	assert_int_equal(ret.n_pids, 2);
	assert_int_equal(ret.pids[1], 4);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(wire_request(&request, i, &ret), -EPROTO);
	assert_int_equal(wire_request(&request, size + 4, &ret), -EPROTO);
	assert_int_equal(wire_request(&request, sizeof(request) + 1, &ret),
			 -EPROTO);
	request.n_pids = UINT32_MAX;
	assert_int_equal(wire_request(&request, sizeof(request), &ret),
			 -EPROTO);
	request.n_pids = 2;
	request.pids[1] = 0;
	assert_int_equal(wire_request(&request, size, &ret), -EPROTO);
	request.pids[1] = 4;
	request.head = wire_head(WIRE_END);
	assert_int_equal(wire_request(&request, size, &ret), -EPROTO);
}

static void answers_are_of_this_version(void **state)
{
	struct wire_answer answer = { .head = wire_head(WIRE_ANSWER) }, ret;

	(void)state;
	assert_int_equal(wire_answer(&answer, sizeof(answer), &ret), 0);
	assert_int_equal(wire_answer(&answer, sizeof(answer) - 1, &ret),
			 -EPROTO);
	assert_int_equal(wire_answer("GET / HTTP/1.1\r\n\r\n", 18, &ret),
			 -EPROTO);
	answer.head.kind = WIRE_JOIN;
	assert_int_equal(wire_answer(&answer, sizeof(answer), &ret), -EPROTO);
	answer.head.kind = WIRE_KINDS;
	assert_int_equal(wire_answer(&answer, sizeof(answer), &ret), -EPROTO);
	answer.head.dialect++;
	assert_int_equal(wire_answer(&answer, sizeof(answer), &ret),
			 -EPROTONOSUPPORT);
}

#define IN_BOTH(test) \
	cmocka_unit_test_setup_teardown(test, open_both, close_both)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BOTH(a_state_comes_out_as_it_went_in),
		IN_BOTH(labels_get_the_readers_numbers),
		IN_BOTH(what_is_not_whole_is_not_told),
		IN_BOTH(numbers_that_make_no_sense_are_refused),
		IN_BOTH(long_texts_are_cut),
		cmocka_unit_test(requests_are_of_their_size),
		cmocka_unit_test(answers_are_of_this_version),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
