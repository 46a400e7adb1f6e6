/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interval, the one before, and all of them. */
#include "book.h"

#include "acct/eras.h"

#define CALL 449

static void post_calls(struct eras *eras, int tid, int64_t calls,
		       int64_t flying)
{
	struct key key = seen_in(1, tid, ABI_NATIVE, CALL);
	struct sink sink = eras_sink(eras);
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_CALLS, calls);
	if (flying) {
		cell_add(&cell, MEASURE_IN_FLIGHT, flying);
		cell_add(&cell, MEASURE_AGE, 1000 * flying);
	}
	sink.cell(sink.ctx, &key, &cell);
}

static void tell_name(struct eras *eras, int pid, const char *name)
{
	struct event event = { .kind = EVENT_NAME, .key = process_of(pid),
			       .text = name };
	struct sink sink = eras_sink(eras);

	sink.event(sink.ctx, &event);
}

static int64_t value(const struct ledger *ledger, int tid, enum measure m)
{
	struct key key = seen_in(1, tid, ABI_NATIVE, CALL);
	const struct record *record = map_get(&ledger->records, &key);

	return record && cell_has(&record->cell, m) ?
	       record->cell.value[m] : -1;
}

static void a_turn_keeps_the_last_interval(void **state)
{
	struct eras eras;

	(void)state;
	eras_init(&eras, true, 100);
	post_calls(&eras, 1, 3, 0);
	assert_int_equal(value(eras_last(&eras), 1, MEASURE_CALLS), -1);
	eras_turn(&eras);
	post_calls(&eras, 1, 5, 0);
	/* However much comes, the last one is as it was. */
	assert_int_equal(value(eras_last(&eras), 1, MEASURE_CALLS), 3);
	assert_int_equal(value(&eras.all, 1, MEASURE_CALLS), 8);
	eras_turn(&eras);
	assert_int_equal(value(eras_last(&eras), 1, MEASURE_CALLS), 5);
	eras_turn(&eras);
	assert_int_equal(value(eras_last(&eras), 1, MEASURE_CALLS), -1);
	assert_int_equal(value(&eras.all, 1, MEASURE_CALLS), 8);
	eras_done(&eras);
}

static void without_keeping_it_is_gone_when_read(void **state)
{
	struct eras eras;

	(void)state;
	eras_init(&eras, false, 100);
	post_calls(&eras, 1, 3, 0);
	eras_turn(&eras);
	assert_int_equal(value(eras_last(&eras), 1, MEASURE_CALLS), 3);
	eras_read(&eras);
	assert_int_equal(value(eras_last(&eras), 1, MEASURE_CALLS), -1);
	assert_int_equal(eras.all.records.used, 0);
	eras_done(&eras);
}

static void names_and_labels_are_in_all_of_them(void **state)
{
	struct key key = process_of(1);
	struct eras eras;
	struct sink sink;

	(void)state;
	eras_init(&eras, true, 100);
	sink = eras_sink(&eras);
	tell_name(&eras, 1, "one");
	assert_int_equal(sink.label(sink.ctx, "ep_poll"), 0);
	for (int i = 0; i < 3; i++) {
		eras_turn(&eras);
		assert_string_equal(ledger_who(eras_last(&eras), &key)->name,
				    "one");
		assert_int_equal(sink.label(sink.ctx, "ep_poll"), 0);
		assert_int_equal(sink.label(sink.ctx, "pipe_read"), 1);
	}
	assert_string_equal(ledger_who(&eras.all, &key)->name, "one");
	assert_string_equal(eras.all.labels.texts[1], "pipe_read");
	eras_done(&eras);
}

/* It is so at the end of one interval, and never a sum. */
static void what_is_in_flight_is_of_an_interval(void **state)
{
	struct eras eras;

	(void)state;
	eras_init(&eras, true, 100);
	post_calls(&eras, 1, 0, 2);
	eras_turn(&eras);
	assert_int_equal(value(eras_last(&eras), 1, MEASURE_IN_FLIGHT), 2);
	assert_int_equal(value(eras_last(&eras), 1, MEASURE_AGE), 2000);
	assert_int_equal(value(&eras.all, 1, MEASURE_IN_FLIGHT), -1);
	assert_int_equal(value(&eras.all, 1, MEASURE_AGE), -1);
	assert_int_equal(value(&eras.all, 1, MEASURE_CALLS), 0);
	eras_done(&eras);
}

static void gauges_are_those_of_their_interval(void **state)
{
	struct event event = { .kind = EVENT_GAUGES };
	struct eras eras;
	struct sink sink;

	(void)state;
	eras_init(&eras, true, 100);
	sink = eras_sink(&eras);
	event.gauges.threads = 7;
	sink.event(sink.ctx, &event);
	eras_turn(&eras);
	event.gauges.threads = 8;
	sink.event(sink.ctx, &event);
	assert_int_equal(eras_last(&eras)->gauges.threads, 7);
	assert_int_equal(eras.all.gauges.threads, 8);
	eras_done(&eras);
}

static void a_reset_leaves_names(void **state)
{
	struct key key = process_of(1);
	struct eras eras;

	(void)state;
	eras_init(&eras, true, 100);
	tell_name(&eras, 1, "one");
	post_calls(&eras, 1, 3, 0);
	eras_turn(&eras);
	post_calls(&eras, 1, 3, 0);
	eras_reset(&eras);
	eras_turn(&eras);
	assert_int_equal(value(eras_last(&eras), 1, MEASURE_CALLS), -1);
	assert_int_equal(value(&eras.all, 1, MEASURE_CALLS), -1);
	assert_non_null(ledger_who(&eras.all, &key));
	eras_done(&eras);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_turn_keeps_the_last_interval),
		cmocka_unit_test(without_keeping_it_is_gone_when_read),
		cmocka_unit_test(names_and_labels_are_in_all_of_them),
		cmocka_unit_test(what_is_in_flight_is_of_an_interval),
		cmocka_unit_test(gauges_are_those_of_their_interval),
		cmocka_unit_test(a_reset_leaves_names),
	};

	return cmocka_run_group_tests_name("eras", tests, NULL, NULL);
}
