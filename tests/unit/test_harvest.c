/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the board, as a receiver would fill it, to what a ledger is told. */
#include "book.h"

#include <stdlib.h>

#ifdef HAVE_LIBSECCOMP

#include "base/clock.h"
#include "collect/seccomp/gap.h"
#include "collect/seccomp/harvest.h"
#include "model/callset.h"

#define PID 100
#define NR 7
#define OTHER_NR 0
#define NOTIFIED_NR 61

struct scene {
	struct book book;
	struct board *board;
	struct harvest harvest;
	struct procfs nowhere;	/* no process lives there */
	struct callset notified;	/* all but OTHER_NR */
	struct board_task *task;
};

/* A thread that has just been notified for the first time. */
static struct board_task *admit(struct scene *s, int tid)
{
	pid_t was;
	struct board_task *task = board_take(s->board, &was);

	task->tid = tid;
	task->pid = PID;
	task->start = START + (uint64_t)tid;
	task->process_start = START + PID;
	strcpy(task->comm, "worker");
	task->ppid = PID - 1;
	task->parent_start = START + PID - 1;
	task->gap = 1;
	task->abi = ABI_NATIVE;
	task->nr = NR;
	task->continued_ns = task->base.at_ns = clock_mono_ns();
	task->state = BOARD_LIVE;
	return task;
}

static int open_scene(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	book_open(&s->book);
	s->nowhere.root = -1;
	callset_parse(&s->notified, "!0", NULL);
	assert_int_equal(board_open(&s->board, NULL), 0);
	s->board->parked_each_ns = 1000;
	assert_int_equal(harvest_init(&s->harvest, s->board, &s->nowhere,
				      &s->book.sink, &s->notified, NULL), 0);
	s->task = admit(s, PID);
	*state = s;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *s = *state;

	harvest_done(&s->harvest);
	board_close(s->board);
	book_close(&s->book);
	free(s);
	return 0;
}

static const struct cell *told(struct scene *s, int tid, int abi, int nr)
{
	static const struct cell nothing;
	struct key key = seen_in(PID, tid, abi, nr);
	struct record *record = map_get(&s->book.ledger.records, &key);

	return record ? &record->cell : &nothing;
}

static void make_calls(struct scene *s, struct board_task *task, int calls,
		       int64_t blocked_ns)
{
	struct board_call *call = board_call(s->board, task, ABI_NATIVE, NR);

	call->calls += (uint64_t)calls;
	call->blocked_ns += blocked_ns;
	task->booked_ns += blocked_ns;
}

/* As the proc collector tells of a look: so much off the CPU. */
static void passed(struct scene *s, int tid, int64_t wall_ns)
{
	struct key key = thread_of(PID, tid);
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_WALL, wall_ns);
	cell_add(&cell, MEASURE_CPU, 0);
	cell_add(&cell, MEASURE_RUNQ, 0);
	cell_add(&cell, MEASURE_BLOCKED, wall_ns);
	s->harvest.through.cell(s->harvest.through.ctx, &key, &cell);
}

static void sample(struct scene *s, int tid, int nr)
{
	struct event event = { .kind = EVENT_SAMPLE, .weight_ns = 1e6,
			       .key = seen_in(PID, tid, ABI_NATIVE, nr) };

	s->harvest.through.event(s->harvest.through.ctx, &event);
}

static void end(struct scene *s, int tid)
{
	struct event event = { .kind = EVENT_EXIT,
			       .key = thread_of(PID, tid) };

	s->harvest.through.event(s->harvest.through.ctx, &event);
}

static void sums_are_told_as_differences(void **state)
{
	struct scene *s = *state;
	const struct cell *cell;

	make_calls(s, s->task, 3, 500);
	harvest_all(&s->harvest);
	harvest_all(&s->harvest);
	make_calls(s, s->task, 4, 50);
	harvest_all(&s->harvest);
	cell = told(s, PID, ABI_NATIVE, NR);
	assert_int_equal(cell->value[MEASURE_CALLS], 7);
	assert_int_equal(cell->value[MEASURE_BLOCKED], 550);
	assert_int_equal(cell->slack_ns, 7 * 1000);
	assert_true(cell_is_estimate(cell, MEASURE_BLOCKED));
	assert_false(cell_is_estimate(cell, MEASURE_CALLS));
}

static void a_call_that_is_only_seen_has_no_count(void **state)
{
	struct scene *s = *state;
	struct board_call *call = board_call(s->board, s->task, ABI_NATIVE,
					     OTHER_NR);

	call->blocked_ns = 900;
	harvest_all(&s->harvest);
	assert_int_equal(told(s, PID, ABI_NATIVE,
			      OTHER_NR)->value[MEASURE_BLOCKED], 900);
	assert_false(cell_has(told(s, PID, ABI_NATIVE, OTHER_NR),
			      MEASURE_CALLS));
}

static void an_open_gap_is_told_and_taken_back(void **state)
{
	struct scene *s = *state;
	int64_t ns;

	s->task->continued_ns -= 50 * MS;
	s->task->base.at_ns -= 50 * MS;
	harvest_all(&s->harvest);
	passed(s, PID, 50 * MS);
	harvest_all(&s->harvest);
	ns = told(s, PID, ABI_NATIVE, NR)->value[MEASURE_BLOCKED];
	assert_in_range(ns, 45 * MS, 55 * MS);
	/* The receiver closes the gap and books it itself. */
	s->task->gap++;
	s->task->continued_ns = clock_mono_ns();
	make_calls(s, s->task, 1, 40 * MS);
	harvest_all(&s->harvest);
	assert_int_equal(told(s, PID, ABI_NATIVE,
			      NR)->value[MEASURE_BLOCKED], 40 * MS);
}

static void a_look_says_what_a_long_gap_is_spent_in(void **state)
{
	struct scene *s = *state;
	struct gap_share shares[BOARD_SEEN];

	s->task->continued_ns -= 50 * MS;
	passed(s, PID, 50 * MS);
	harvest_all(&s->harvest);
	sample(s, PID, OTHER_NR);
	assert_int_equal(gap_shares(s->task, s->task->gap, shares), 1);
	assert_int_equal(shares[0].nr, OTHER_NR);
	/* For the witness alone: its time is booked by the gap. */
	assert_int_equal(told(s, PID, ABI_STATE, STATE_BOOKED)->tally.looks,
			 1);
	assert_int_equal(told(s, PID, ABI_NATIVE, OTHER_NR)->tally.looks, 0);
}

/* It slept in a call of its gap until then: it waits for an answer now. */
static void a_parked_thread_is_in_no_call(void **state)
{
	struct scene *s = *state;
	struct gap_share shares[BOARD_SEEN];

	s->task->continued_ns -= 50 * MS;
	passed(s, PID, 50 * MS);
	harvest_all(&s->harvest);
	sample(s, PID, NOTIFIED_NR);
	assert_int_equal(gap_shares(s->task, s->task->gap, shares), 1);
	assert_int_equal(shares[0].nr, NR);
}

static void looks_at_other_threads_stay_looks(void **state)
{
	struct scene *s = *state;

	harvest_all(&s->harvest);
	passed(s, PID + 1, MS);
	sample(s, PID + 1, OTHER_NR);
	assert_int_equal(told(s, PID + 1, ABI_NATIVE,
			      OTHER_NR)->tally.looks, 1);
}

static void answers_are_taken_off_blocked(void **state)
{
	struct scene *s = *state;
	const struct cell *cell;

	passed(s, PID, 10 * MS);
	s->task->parked_ns = 3 * MS;
	s->task->queued_ns = MS;
	harvest_all(&s->harvest);
	harvest_all(&s->harvest);
	cell = told(s, PID, ABI_TASK, 0);
	assert_int_equal(cell->value[MEASURE_BLOCKED], 7 * MS);
	assert_int_equal(cell->value[MEASURE_RUNQ], -MS);
	assert_int_equal(cell->value[MEASURE_PARKED], 4 * MS);
}

static void own_clocks_are_told_until_the_other_knows_it(void **state)
{
	struct scene *s = *state;

	s->task->wall_ns = 9 * MS;
	s->task->cpu_ns = 4 * MS;
	s->task->runq_ns = MS;
	harvest_all(&s->harvest);
	assert_int_equal(told(s, PID, ABI_TASK, 0)->value[MEASURE_WALL],
			 5 * MS);
	assert_int_equal(told(s, PID, ABI_TASK, 0)->value[MEASURE_BLOCKED],
			 4 * MS);
	passed(s, PID, 20 * MS);
	harvest_all(&s->harvest);
	assert_int_equal(told(s, PID, ABI_TASK, 0)->value[MEASURE_WALL],
			 20 * MS);
	assert_int_equal(told(s, PID, ABI_TASK, 0)->value[MEASURE_BLOCKED],
			 20 * MS);
}

static void a_place_is_used_again_after_the_end(void **state)
{
	struct scene *s = *state;
	struct board_task *again;

	passed(s, PID, MS);
	make_calls(s, s->task, 5, 100);
	harvest_all(&s->harvest);
	end(s, PID);
	assert_int_equal(s->task->state, BOARD_DOWN);
	again = admit(s, PID + 1);
	assert_ptr_equal(again, s->task);
	make_calls(s, again, 2, 10);
	harvest_all(&s->harvest);
	assert_int_equal(told(s, PID, ABI_NATIVE, NR)->value[MEASURE_CALLS],
			 5);
	assert_int_equal(told(s, PID + 1, ABI_NATIVE,
			      NR)->value[MEASURE_CALLS], 2);
}

static void a_call_that_is_not_accounted_yet_keeps_its_place(void **state)
{
	struct scene *s = *state;

	passed(s, PID, MS);
	make_calls(s, s->task, 1, 0);
	harvest_all(&s->harvest);
	s->board->buffer.notif.id = 77;
	s->board->buffer.notif.pid = PID;
	end(s, PID);
	assert_int_equal(s->task->state, BOARD_LIVE);
	make_calls(s, s->task, 1, 0);
	s->board->buffer.notif.id = 0;
	harvest_all(&s->harvest);
	assert_int_equal(s->task->state, BOARD_DOWN);
	assert_int_equal(told(s, PID, ABI_NATIVE, NR)->value[MEASURE_CALLS],
			 2);
}

static void a_thread_that_nobody_announces_is_found_to_be_gone(void **state)
{
	struct scene *s = *state;

	make_calls(s, s->task, 1, 0);
	harvest_all(&s->harvest);
	assert_int_equal(s->task->state, BOARD_LIVE);
	s->task->continued_ns -= SEC;
	harvest_all(&s->harvest);
	assert_int_equal(s->task->state, BOARD_DOWN);
}

struct order {
	struct sink sink;
	int parents, parents_first;
	int64_t pid;
	uint64_t start;
};

static void see_event(void *ctx, const struct event *event)
{
	struct order *order = ctx;

	if (event->kind != EVENT_PARENT) {
		order->parents_first = order->parents;
		return;
	}
	assert_int_equal(event->key.tid, TID_PROCESS);
	order->parents++;
	order->pid = event->parent.pid;
	order->start = event->parent.start;
}

static void see_cell(void *ctx, const struct key *key,
		     const struct cell *delta)
{
	struct event event = { .kind = EVENT_SAMPLE, .key = *key };

	(void)delta;
	see_event(ctx, &event);
}

/* Whatever their places are, and once; who comes meanwhile, the next time. */
static void who_started_it_is_told_before_all_else(void **state)
{
	struct order order = { .sink = { .ctx = &order, .event = see_event,
					 .cell = see_cell } };
	struct scene *s = *state;

	s->harvest.sink = &order.sink;
	make_calls(s, s->task, 1, 0);
	make_calls(s, admit(s, PID + 1), 1, 0);
	s->board->admitted = 1;
	admit(s, PID + 2)->number = 2;
	harvest_all(&s->harvest);
	assert_int_equal(order.parents, 2);
	assert_int_equal(order.parents_first, 2);
	assert_int_equal(order.pid, PID - 1);
	assert_int_equal(order.start, START + PID - 1);
	s->board->admitted = 2;
	harvest_all(&s->harvest);
	harvest_all(&s->harvest);
	assert_int_equal(order.parents, 3);
}

static void loss_is_told_once(void **state)
{
	struct scene *s = *state;

	s->board->kept = 3;
	s->board->unaccounted = 4;
	harvest_all(&s->harvest);
	harvest_all(&s->harvest);
	assert_int_equal(s->book.ledger.lost[LOSS_CALLS], 7);
}

static void usage_that_nobody_saw_is_told(void **state)
{
	struct scene *s = *state;
	struct key key = process_of(PID);
	struct event event = { .kind = EVENT_NAME, .text = "x", .key = key };
	struct cell cell = { 0 };

	s->harvest.through.event(s->harvest.through.ctx, &event);
	cell_add(&cell, MEASURE_USER, 10 * MS);
	cell_add(&cell, MEASURE_SYSTEM, 20 * MS);
	s->harvest.through.cell(s->harvest.through.ctx, &key, &cell);
	harvest_usage(&s->harvest, 13 * MS, 15 * MS);
	assert_int_equal(told(s, TID_PROCESS, ABI_TASK,
			      0)->value[MEASURE_USER], 13 * MS);
	assert_int_equal(told(s, TID_PROCESS, ABI_TASK,
			      0)->value[MEASURE_SYSTEM], 20 * MS);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sums_are_told_as_differences),
		TEST(a_call_that_is_only_seen_has_no_count),
		TEST(an_open_gap_is_told_and_taken_back),
		TEST(a_look_says_what_a_long_gap_is_spent_in),
		TEST(a_parked_thread_is_in_no_call),
		TEST(looks_at_other_threads_stay_looks),
		TEST(answers_are_taken_off_blocked),
		TEST(own_clocks_are_told_until_the_other_knows_it),
		TEST(a_place_is_used_again_after_the_end),
		TEST(a_call_that_is_not_accounted_yet_keeps_its_place),
		TEST(a_thread_that_nobody_announces_is_found_to_be_gone),
		TEST(who_started_it_is_told_before_all_else),
		TEST(loss_is_told_once),
		TEST(usage_that_nobody_saw_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void none(void **state)
{
	(void)state;
	skip_because("build: without libseccomp");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(none) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
