/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book.h"

static const struct record *record_of(const struct book *book,
				      struct key key)
{
	return map_get(&book->ledger.records, &key);
}

static const char *name_of(const struct book *book, struct key key)
{
	const struct who *who = ledger_who(&book->ledger, &key);

	return who ? who->name : NULL;
}

static int32_t label(struct book *book, const char *text)
{
	return book->sink.label(book->sink.ctx, text);
}

static void cells_of_one_key_are_merged(void **state)
{
	struct book *book = *state;
	const struct record *record;

	post(book, thread_of(1, 1), MEASURE_WALL, 30);
	post(book, thread_of(1, 1), MEASURE_WALL, -10);
	post(book, thread_of(1, 1), MEASURE_CPU, 7);
	post(book, thread_of(1, 2), MEASURE_WALL, 500);
	record = record_of(book, thread_of(1, 1));
	assert_non_null(record);
	assert_true(record->cell.value[MEASURE_WALL] == 20);
	assert_true(record->cell.value[MEASURE_CPU] == 7);
	assert_false(cell_has(&record->cell, MEASURE_RUNQ));
	record = record_of(book, thread_of(1, 2));
	assert_true(record->cell.value[MEASURE_WALL] == 500);
	assert_null(record_of(book, thread_of(1, 3)));
}

static void looks_are_counted_by_key(void **state)
{
	struct book *book = *state;
	const struct record *record;

	look(book, seen_in(1, 1, ABI_NATIVE, 7), 3);
	look(book, seen_in(1, 1, ABI_COMPAT, 7), 1);
	record = record_of(book, seen_in(1, 1, ABI_NATIVE, 7));
	assert_int_equal(record->cell.tally.looks, 3);
	assert_true(record->cell.tally.weight_ns == 15.0 * MS);
	record = record_of(book, seen_in(1, 1, ABI_COMPAT, 7));
	assert_int_equal(record->cell.tally.looks, 1);
}

static void names_are_copied_and_change(void **state)
{
	struct book *book = *state;
	char text[] = "smbd";

	tell(book, EVENT_NAME, process_of(1), text);
	text[0] = 'X';
	assert_string_equal(name_of(book, process_of(1)), "smbd");
	tell(book, EVENT_NAME, process_of(1), "smbd[10.0.0.1]");
	assert_string_equal(name_of(book, process_of(1)), "smbd[10.0.0.1]");
	assert_null(name_of(book, process_of(2)));
	assert_null(name_of(book, thread_of(1, 1)));
}

static void a_name_is_found_from_any_key_of_its_owner(void **state)
{
	struct book *book = *state;
	struct key reused = process_of(1);

	tell(book, EVENT_NAME, process_of(1), "smbd");
	tell(book, EVENT_NAME, thread_of(1, 5), "worker");
	assert_string_equal(name_of(book, seen_in(1, 5, ABI_NATIVE, 3)),
			    "worker");
	assert_string_equal(name_of(book, thread_of(1, TID_CHILDREN)),
			    "smbd");
	/* The same id at another time is somebody else. */
	reused.process_start++;
	assert_null(name_of(book, reused));
}

static void names_of_the_ended_are_forgotten(void **state)
{
	struct book *book = *state;

	tell(book, EVENT_NAME, process_of(1), "lives");
	tell(book, EVENT_NAME, process_of(2), "ends");
	tell(book, EVENT_NAME, thread_of(1, 3), "ends, too");
	tell(book, EVENT_EXIT, process_of(2), NULL);
	tell(book, EVENT_EXIT, thread_of(1, 3), NULL);
	tell(book, EVENT_EXIT, process_of(9), NULL);
	/* Until the report of this interval was made. */
	assert_string_equal(name_of(book, process_of(2)), "ends");
	ledger_next(&book->ledger);
	assert_string_equal(name_of(book, process_of(1)), "lives");
	assert_null(name_of(book, process_of(2)));
	assert_null(name_of(book, thread_of(1, 3)));
	assert_int_equal(book->ledger.names.used, 1);
}

static void a_new_interval_begins_with_nothing(void **state)
{
	struct book *book = *state;

	post(book, thread_of(1, 1), MEASURE_WALL, 30);
	lose(book, LOSS_TAIL_NS, 5);
	tell(book, EVENT_NOTE, process_of(1), "no io");
	ledger_next(&book->ledger);
	assert_int_equal(book->ledger.records.used, 0);
	assert_null(record_of(book, thread_of(1, 1)));
	assert_true(book->ledger.lost[LOSS_TAIL_NS] == 0);
	/* What is missing is still missing. */
	assert_int_equal(book->ledger.n_notes, 1);
	post(book, thread_of(1, 1), MEASURE_WALL, 4);
	assert_true(record_of(book, thread_of(1, 1))->
		    cell.value[MEASURE_WALL] == 4);
}

static void losses_add_up_by_kind(void **state)
{
	struct book *book = *state;

	lose(book, LOSS_TAIL_NS, 5);
	lose(book, LOSS_TAIL_NS, 7);
	lose(book, LOSS_TASKS, 1);
	assert_true(book->ledger.lost[LOSS_TAIL_NS] == 12);
	assert_true(book->ledger.lost[LOSS_TASKS] == 1);
	assert_true(book->ledger.lost[LOSS_CHILDREN_CPU_NS] == 0);
}

static void notes_are_said_once_and_limited(void **state)
{
	struct book *book = *state;
	char text[32];

	tell(book, EVENT_NOTE, process_of(1), "no io");
	tell(book, EVENT_NOTE, process_of(2), "no io");
	tell(book, EVENT_NOTE, process_of(2), "no schedstat");
	assert_int_equal(book->ledger.n_notes, 2);
	assert_string_equal(book->ledger.notes[0], "no io");
	assert_string_equal(book->ledger.notes[1], "no schedstat");
	for (int i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "note %d", i);
		tell(book, EVENT_NOTE, process_of(i + 1), text);
	}
	assert_true(book->ledger.n_notes < 1000);
}

static void labels_are_numbers_for_texts(void **state)
{
	struct book *book = *state;
	int32_t epoll = label(book, "ep_poll");
	int32_t futex = label(book, "futex_wait_queue");
	char text[32];
	int32_t last = 0;

	assert_true(epoll >= 0);
	assert_true(futex >= 0);
	assert_int_not_equal(epoll, futex);
	assert_int_equal(label(book, "ep_poll"), epoll);
	ledger_next(&book->ledger);
	assert_int_equal(label(book, "futex_wait_queue"), futex);
	assert_string_equal(book->ledger.labels.texts[epoll], "ep_poll");
	/* Limited, and no number means: too many. */
	for (int i = 0; i < 300000; i++) {
		snprintf(text, sizeof(text), "label %d", i);
		last = label(book, text);
	}
	assert_int_equal(last, -1);
	assert_int_equal(label(book, "ep_poll"), epoll);
}

static void gauges_are_the_last_ones(void **state)
{
	struct book *book = *state;
	struct event event = { .kind = EVENT_GAUGES,
			       .gauges = { 1, 2, 3 } };

	book->sink.event(book->sink.ctx, &event);
	event.gauges = (struct gauges){ 4, 5, 6 };
	book->sink.event(book->sink.ctx, &event);
	assert_int_equal(book->ledger.gauges.processes, 4);
	assert_int_equal(book->ledger.gauges.threads, 5);
	assert_int_equal(book->ledger.gauges.in_flight, 6);
}

static void what_the_machine_lost_adds_up(void **state)
{
	struct event event = { .kind = EVENT_MACHINE, .machine = { 3, 40 } };
	struct book *book = *state;

	book->sink.event(book->sink.ctx, &event);
	book->sink.event(book->sink.ctx, &event);
	assert_true(book->ledger.machine.interrupts_ns == 6);
	assert_true(book->ledger.machine.stolen_ns == 80);
	ledger_next(&book->ledger);
	assert_true(book->ledger.machine.stolen_ns == 0);
}

static void records_beyond_the_limit_are_merged_and_lost(void **state)
{
	struct book *book = *state;
	const struct record *record;

	book->ledger.max_records = 3;
	for (int tid = 1; tid <= 5; tid++)
		post(book, thread_of(1, tid), MEASURE_WALL, tid * 100);
	assert_true(book->ledger.lost[LOSS_RECORDS] == 2);
	assert_non_null(record_of(book, thread_of(1, 3)));
	assert_null(record_of(book, thread_of(1, 4)));
	record = record_of(book, process_of(1));
	assert_non_null(record);
	assert_true(record->cell.value[MEASURE_WALL] == 900);
	/* Who is known already is not affected. */
	post(book, thread_of(1, 2), MEASURE_WALL, 1);
	assert_true(book->ledger.lost[LOSS_RECORDS] == 2);
	assert_true(record_of(book, thread_of(1, 2))->
		    cell.value[MEASURE_WALL] == 201);
	/* Looks stay with their call. */
	look(book, seen_in(1, 9, ABI_NATIVE, 7), 2);
	record = record_of(book, seen_in(1, TID_PROCESS, ABI_NATIVE, 7));
	assert_int_equal(record->cell.tally.looks, 2);
	assert_false(book->ledger.out_of_memory);
}

static void endless_processes_do_not_grow_it(void **state)
{
	struct book *book = *state;
	struct key others = { .abi = ABI_TASK };

	book->ledger.max_records = 100;
	for (int pid = 1; pid <= 30000; pid++)
		post(book, thread_of(pid, pid), MEASURE_WALL, 1);
	assert_true(book->ledger.records.used <= 100 + 10000 + 1);
	assert_true(record_of(book, others)->cell.value[MEASURE_WALL] ==
		    30000 - 10000 - 100);
}

static void endless_threads_do_not_grow_it(void **state)
{
	struct book *book = *state;
	int64_t sum = 0;

	book->ledger.max_records = 100;
	for (int tid = 1; tid <= 20000; tid++)
		post(book, thread_of(1, tid), MEASURE_WALL, 1);
	assert_true(book->ledger.records.used <= 101);
	for (size_t pos = 0;;) {
		const struct record *record =
			map_next(&book->ledger.records, &pos);

		if (!record)
			break;
		sum += record->cell.value[MEASURE_WALL];
	}
	assert_true(sum == 20000);
}

static int close_book_twice(void **state)
{
	struct book *book = *state;

	book_close(book);
	/* And again: nothing is freed twice. */
	book_close(book);
	return 0;
}

#define IN_BOOK(test) \
	cmocka_unit_test_setup_teardown(test, open_book, close_book_twice)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BOOK(cells_of_one_key_are_merged),
		IN_BOOK(looks_are_counted_by_key),
		IN_BOOK(names_are_copied_and_change),
		IN_BOOK(a_name_is_found_from_any_key_of_its_owner),
		IN_BOOK(names_of_the_ended_are_forgotten),
		IN_BOOK(a_new_interval_begins_with_nothing),
		IN_BOOK(losses_add_up_by_kind),
		IN_BOOK(notes_are_said_once_and_limited),
		IN_BOOK(labels_are_numbers_for_texts),
		IN_BOOK(gauges_are_the_last_ones),
		IN_BOOK(what_the_machine_lost_adds_up),
		IN_BOOK(records_beyond_the_limit_are_merged_and_lost),
		IN_BOOK(endless_processes_do_not_grow_it),
		IN_BOOK(endless_threads_do_not_grow_it),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
