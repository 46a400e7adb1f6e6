/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "book.h"

#define POLL 5

static const struct account *account_of(const struct snapshot *snap,
					struct key key)
{
	for (size_t i = 0; i < snap->n_processes; i++)
		if (!memcmp(&snap->processes[i].key, &key, sizeof(key)))
			return &snap->processes[i];
	return NULL;
}

static void nothing_gives_an_empty_snapshot(void **state)
{
	struct book *book = *state;
	struct snapshot *snap = take(book, BY_SYSCALL);

	assert_int_equal(snap->n_rows, 0);
	assert_int_equal(snap->n_processes, 0);
	assert_int_equal(snap->n_threads, 0);
	assert_int_equal(snap->n_notes, 0);
	assert_false(snap->all.has_residual);
	assert_false(snap->all.has_seen);
	for (int m = 0; m < MEASURE_COUNT; m++)
		assert_false(snapshot_has(snap, m));
	snapshot_free(snap);
	snapshot_free(NULL);
}

static void check_identity(const struct account *account)
{
	const int64_t *v = account->cell.value;

	assert_true(account->has_residual);
	assert_true(v[MEASURE_WALL] == v[MEASURE_USER] + v[MEASURE_SYSTEM] +
		    v[MEASURE_BLOCKED] + v[MEASURE_RUNQ] +
		    v[MEASURE_STOLEN] + account->residual_ns);
}

static void the_ledger_adds_up(void **state)
{
	struct book *book = *state;
	struct rng rng = { 3 };
	struct snapshot *snap;
	int64_t wall = 0, residual = 0;

	for (int pid = 1; pid <= 20; pid++) {
		post_clocks(book, pid, pid, (int64_t)rng_below(&rng, SEC),
			    (int64_t)rng_below(&rng, SEC / 3), 5 * MS);
		post_usage(book, pid, (int64_t)rng_below(&rng, SEC / 4),
			   (int64_t)rng_below(&rng, SEC / 4));
		look(book, seen_in(pid, pid, ABI_NATIVE, POLL), pid);
	}
	snap = take(book, BY_SYSCALL);
	assert_int_equal(snap->n_processes, 20);
	for (size_t i = 0; i < snap->n_processes; i++) {
		check_identity(&snap->processes[i]);
		wall += snap->processes[i].cell.value[MEASURE_WALL];
		residual += snap->processes[i].residual_ns;
	}
	check_identity(&snap->all);
	assert_true(snap->all.cell.value[MEASURE_WALL] == wall);
	assert_true(snap->all.residual_ns == residual);
	snapshot_free(snap);
}

static void residual_is_what_the_sources_disagree_about(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	/* stat says 20 ms more than schedstat. */
	post_clocks(book, 1, 1, 1000 * MS, 300 * MS, 100 * MS);
	post_usage(book, 1, 200 * MS, 120 * MS);
	snap = take(book, BY_SYSCALL);
	assert_true(snap->all.residual_ns == -20 * MS);
	assert_true(snap->processes[0].residual_ns == -20 * MS);
	assert_true(snap->all.cell.value[MEASURE_BLOCKED] == 600 * MS);
	snapshot_free(snap);
}

static void processes_come_by_wall(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 2 * SEC, 0, 0);
	post_clocks(book, 2, 2, 9 * SEC, 0, 0);
	post_clocks(book, 3, 3, 5 * SEC, 0, 0);
	post_clocks(book, 1, 4, 4 * SEC, 0, 0);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(snap->processes[0].key.pid, 2);
	assert_int_equal(snap->processes[1].key.pid, 1);
	assert_int_equal(snap->processes[2].key.pid, 3);
	assert_int_equal(snap->n_threads, 4);
	snapshot_free(snap);
}

static void looks_are_a_witness_for_blocked(void **state)
{
	struct book *book = *state;
	const struct account *account;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 2 * SEC, 0);
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 75);
	look(book, seen_in(1, 1, ABI_STATE, STATE_RUNNING), 25);
	snap = take(book, BY_SYSCALL);
	account = &snap->processes[0];
	assert_true(account->has_seen);
	assert_close(account->seen_ns, 7500 * MS, 1);
	/* Wilson's interval of 75 of 100 is 65.70% to 82.45%. */
	assert_close(account->seen_lo_ns, 6570 * MS, MS);
	assert_close(account->seen_hi_ns, 8245 * MS, MS);
	/* The clocks' word is not changed by it. */
	assert_true(account->cell.value[MEASURE_BLOCKED] == 8 * SEC);
	assert_false(cell_is_estimate(&account->cell, MEASURE_BLOCKED));
	assert_true(snap->all.has_seen);
	assert_close(snap->all.seen_ns, 7500 * MS, 1);
	snapshot_free(snap);
}

static void no_look_is_no_witness(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 2 * SEC, 0);
	snap = take(book, BY_SYSCALL);
	assert_false(snap->processes[0].has_seen);
	assert_false(snap->all.has_seen);
	snapshot_free(snap);
}

static void without_clocks_blocked_is_estimated(void **state)
{
	struct book *book = *state;
	const struct account *account;
	struct snapshot *snap;

	post(book, thread_of(1, 1), MEASURE_WALL, 10 * SEC);
	post_usage(book, 1, 1 * SEC, 1 * SEC);
	look(book, seen_in(1, 1, ABI_NATIVE, POLL), 75);
	look(book, seen_in(1, 1, ABI_STATE, STATE_RUNNING), 25);
	snap = take(book, BY_SYSCALL);
	account = &snap->processes[0];
	assert_true(cell_has(&account->cell, MEASURE_BLOCKED));
	assert_true(cell_is_estimate(&account->cell, MEASURE_BLOCKED));
	assert_close(account->cell.value[MEASURE_BLOCKED], 7500 * MS, 1);
	assert_false(cell_has(&account->cell, MEASURE_RUNQ));
	check_identity(account);
	check_identity(&snap->all);
	assert_true(cell_is_estimate(&snap->all.cell, MEASURE_BLOCKED));
	snapshot_free(snap);
}

static void ended_children_have_a_row_of_their_own(void **state)
{
	struct key children = thread_of(1, TID_CHILDREN);
	struct book *book = *state;
	const struct account *account;
	const struct row *row;
	struct snapshot *snap;

	tell(book, EVENT_NAME, process_of(1), "sh");
	post_clocks(book, 1, 1, 10 * SEC, 1 * SEC, 0);
	post_usage(book, 1, 1 * SEC, 0);
	post(book, children, MEASURE_WALL, 3 * SEC);
	post(book, children, MEASURE_USER, 2 * SEC);
	post(book, children, MEASURE_SYSTEM, 1 * SEC);
	post(book, children, MEASURE_CPU, 3 * SEC);
	snap = take(book, BY_PROCESS);
	row = row_of(snap, children);
	assert_true(value_of(row, MEASURE_CPU) == 3 * SEC);
	assert_string_equal(row->process, "sh (its ended children)");
	assert_true(value_of(row_of(snap, process_of(1)), MEASURE_CPU) ==
		    1 * SEC);
	account = account_of(snap, children);
	assert_non_null(account);
	assert_string_equal(account->name, "sh (its ended children)");
	check_identity(account);
	assert_true(snap->all.cell.value[MEASURE_CPU] == 4 * SEC);
	assert_int_equal(snap->n_threads, 1);
	snapshot_free(snap);
	snap = take(book, BY_THREAD);
	assert_string_equal(row_of(snap, children)->thread,
			    "(ended children)");
	snapshot_free(snap);
	snap = take(book, BY_SYSCALL);
	assert_true(value_of(row_of(snap, seen_in(0, 0, ABI_STATE,
						  STATE_RUNNING)),
			     MEASURE_CPU) == 4 * SEC);
	snapshot_free(snap);
}

static void rows_have_names(void **state)
{
	struct book *book = *state;
	int32_t label = book->sink.label(book->sink.ctx, "ep_poll");
	const struct row *row;
	struct snapshot *snap;

	tell(book, EVENT_NAME, process_of(1), "smbd");
	tell(book, EVENT_NAME, thread_of(1, 2), "worker");
	post_clocks(book, 1, 2, 10 * SEC, 1 * SEC, 0);
	post_clocks(book, 3, 3, 10 * SEC, 1 * SEC, 0);
	look(book, seen_in(1, 2, ABI_WCHAN, label), 5);
	look(book, seen_in(1, 2, ABI_WCHAN, -1), 5);
	look(book, seen_in(1, 2, ABI_STATE, STATE_OUTSIDE), 5);
	look(book, seen_in(1, 2, ABI_NATIVE, 449), 5);
	look(book, seen_in(3, 3, ABI_NATIVE, 4000), 5);
	snap = take(book, BY_THREAD | BY_SYSCALL);
	row = row_of(snap, seen_in(1, 2, ABI_WCHAN, label));
	assert_string_equal(row->process, "smbd");
	assert_string_equal(row->thread, "worker");
	assert_string_equal(row->syscall, "[asleep in ep_poll]");
	row = row_of(snap, seen_in(1, 2, ABI_WCHAN, -1));
	assert_string_equal(row->syscall, "[asleep in ?]");
	row = row_of(snap, seen_in(1, 2, ABI_STATE, STATE_OUTSIDE));
	assert_string_equal(row->syscall, "[outside calls]");
	row = row_of(snap, seen_in(1, 2, ABI_STATE, STATE_RUNNING));
	assert_string_equal(row->syscall, "[running]");
	row = row_of(snap, seen_in(1, 2, ABI_NATIVE, 449));
	assert_string_equal(row->syscall, "futex_waitv");
	/* Who was never named. */
	row = row_of(snap, seen_in(3, 3, ABI_NATIVE, 4000));
	assert_string_equal(row->process, "?");
	assert_string_equal(row->thread, "?");
	assert_string_equal(row->syscall, "syscall_0xfa0");
	snapshot_free(snap);
	snap = take(book, BY_SYSCALL);
	row = row_of(snap, seen_in(0, 0, ABI_NATIVE, 449));
	assert_null(row->process);
	assert_null(row->thread);
	snapshot_free(snap);
	snap = take(book, BY_PROCESS);
	assert_null(row_of(snap, process_of(1))->syscall);
	snapshot_free(snap);
}

static void the_dearest_waits_are_known(void **state)
{
	struct book *book = *state;
	const struct account *account;
	struct snapshot *snap;

	post_clocks(book, 1, 1, 10 * SEC, 0, 0);
	for (int nr = 0; nr < 8; nr++)
		look(book, seen_in(1, 1, ABI_NATIVE, 4000 + (nr * 5) % 8),
		     1 + (nr * 5) % 8);
	snap = take(book, BY_PROCESS);
	account = &snap->processes[0];
	assert_int_equal(account->n_waits, SNAPSHOT_WAITS);
	assert_string_equal(account->waits[0].call, "syscall_0xfa7");
	assert_string_equal(account->waits[1].call, "syscall_0xfa6");
	assert_close(account->waits[0].ns, 10 * SEC * 8 / 36, 1);
	for (int i = 1; i < account->n_waits; i++)
		assert_true(account->waits[i].ns <= account->waits[i - 1].ns);
	assert_true(account->waits[0].estimated);
	assert_string_equal(snap->all.waits[0].call, "syscall_0xfa7");
	snapshot_free(snap);
}

static void the_busiest_thread_is_known(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	tell(book, EVENT_NAME, thread_of(2, 5), "worker");
	post_clocks(book, 1, 1, 10 * SEC, 1 * SEC, 0);
	post_clocks(book, 2, 2, 10 * SEC, 3 * SEC, 0);
	post_clocks(book, 2, 5, 6 * SEC, 4 * SEC, 0);
	look(book, seen_in(2, 5, ABI_NATIVE, POLL), 3);
	snap = take(book, BY_SYSCALL);
	assert_int_equal(snap->busiest.key.tid, 5);
	assert_string_equal(snap->busiest.name, "worker");
	assert_true(snap->busiest.cell.value[MEASURE_CPU] == 4 * SEC);
	assert_int_equal(snap->busiest.n_waits, 1);
	assert_close(snap->busiest.waits[0].ns, 2 * SEC, 1);
	snapshot_free(snap);
}

static void ends_are_told(void **state)
{
	struct book *book = *state;
	struct snapshot *snap;

	tell(book, EVENT_NAME, process_of(1), "gone");
	tell(book, EVENT_NAME, process_of(2), "here");
	post_clocks(book, 1, 1, 2 * SEC, 0, 0);
	post_clocks(book, 2, 2, 1 * SEC, 0, 0);
	tell(book, EVENT_EXIT, process_of(1), NULL);
	snap = take(book, BY_PROCESS);
	assert_true(account_of(snap, process_of(1))->ended);
	assert_false(account_of(snap, process_of(2))->ended);
	snapshot_free(snap);
}

/* Reports are made when the ledger has long gone on. */
static void a_snapshot_owns_what_it_shows(void **state)
{
	struct event gauges = { .kind = EVENT_GAUGES,
				.gauges = { 1, 2, 1 } };
	struct book *book = *state;
	struct snapshot *snap;

	tell(book, EVENT_NAME, process_of(1), "smbd");
	tell(book, EVENT_NOTE, process_of(1), "no io");
	post_clocks(book, 1, 1, 2 * SEC, SEC, 0);
	look(book, seen_in(1, 1, ABI_WCHAN,
			   book->sink.label(book->sink.ctx, "ep_poll")), 1);
	lose(book, LOSS_TAIL_NS, 42);
	book->sink.event(book->sink.ctx, &gauges);
	snap = take(book, BY_PROCESS | BY_SYSCALL);
	book_close(book);
	assert_string_equal(snap->processes[0].name, "smbd");
	assert_int_equal(snap->n_notes, 1);
	assert_string_equal(snap->notes[0], "no io");
	assert_true(snap->lost[LOSS_TAIL_NS] == 42);
	assert_int_equal(snap->now.threads, 2);
	assert_int_equal(snap->now.in_flight, 1);
	for (size_t i = 0; i < snap->n_rows; i++) {
		assert_string_equal(snap->rows[i].process, "smbd");
		assert_true(*snap->rows[i].syscall == '[');
	}
	snapshot_free(snap);
}

static void a_failed_ledger_makes_no_snapshot(void **state)
{
	struct snapshot_cfg cfg = { .collector = "test", .by = BY_SYSCALL };
	struct snapshot *snap = NULL;
	struct book *book = *state;
	struct why why = { 0 };

	post_clocks(book, 1, 1, 2 * SEC, SEC, 0);
	book->ledger.out_of_memory = true;
	assert_true(snapshot_take(&snap, &book->ledger, &cfg, &why) < 0);
	assert_true(why.err > 0);
	assert_non_null(strstr(why.text, "memory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOOK(nothing_gives_an_empty_snapshot),
		WITH_BOOK(the_ledger_adds_up),
		WITH_BOOK(residual_is_what_the_sources_disagree_about),
		WITH_BOOK(processes_come_by_wall),
		WITH_BOOK(looks_are_a_witness_for_blocked),
		WITH_BOOK(no_look_is_no_witness),
		WITH_BOOK(without_clocks_blocked_is_estimated),
		WITH_BOOK(ended_children_have_a_row_of_their_own),
		WITH_BOOK(rows_have_names),
		WITH_BOOK(the_dearest_waits_are_known),
		WITH_BOOK(the_busiest_thread_is_known),
		WITH_BOOK(ends_are_told),
		WITH_BOOK(a_snapshot_owns_what_it_shows),
		WITH_BOOK(a_failed_ledger_makes_no_snapshot),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
