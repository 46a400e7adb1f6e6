/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places on the board: for threads, and for the calls that they make. */
#include "unit.h"

#ifdef HAVE_LIBSECCOMP

#include <string.h>

#include "collect/seccomp/board.h"
#include "model/abi.h"

static struct board *board;

static int open_board(void **state)
{
	struct why why = { 0 };

	(void)state;
	return board_open(&board, &why);
}

static int close_board(void **state)
{
	(void)state;
	board_close(board);
	return 0;
}

/* A place nobody was at before. */
static struct board_task *take_new(int32_t tid)
{
	pid_t was = -1;
	struct board_task *task = board_take(board, &was);

	assert_non_null(task);
	assert_int_equal(was, 0);
	task->tid = tid;
	return task;
}

static void check_taken_again(struct board_task *wanted, pid_t whose)
{
	pid_t was = -1;

	assert_ptr_equal(board_take(board, &was), wanted);
	assert_int_equal(was, whose);
}

static size_t count_calls(const struct board_task *task)
{
	size_t n = 0;

	for (uint32_t p = task->calls; p; p = board->calls[p].next) {
		n++;
		assert_true(n < 100);
	}
	return n;
}

static void a_new_board_is_empty(void **state)
{
	(void)state;
	assert_int_equal(board->listener, -1);
	assert_int_equal(board->used_tasks, 0);
	assert_ptr_equal(take_new(10), &board->tasks[0]);
	assert_ptr_equal(take_new(11), &board->tasks[1]);
	assert_int_equal(board->used_tasks, 2);
	assert_int_equal(board->tasks[1].calls, 0);
	/* One that could not be opened. */
	board_close(NULL);
}

static void a_call_is_found_again(void **state)
{
	struct board_task *task = take_new(10);
	struct board_call *call = board_call(board, task, ABI_NATIVE, 7);

	(void)state;
	assert_non_null(call);
	assert_int_equal(call->abi, ABI_NATIVE);
	assert_int_equal(call->nr, 7);
	call->calls = 3;
	for (int nr = 100; nr < 120; nr++)
		assert_non_null(board_call(board, task, ABI_NATIVE, nr));
	assert_ptr_equal(board_call(board, task, ABI_NATIVE, 7), call);
	assert_int_equal(call->calls, 3);
	/* Another ABI's is another call. */
	assert_ptr_not_equal(board_call(board, task, ABI_COMPAT, 7), call);
	assert_int_equal(count_calls(task), 22);
}

static void calls_are_listed_by_thread(void **state)
{
	struct board_task *one = take_new(10), *two = take_new(11);
	unsigned seen = 0;

	(void)state;
	for (int nr = 0; nr < 5; nr++) {
		board_call(board, one, ABI_NATIVE, nr)->calls++;
		board_call(board, two, ABI_NATIVE, 10 + nr);
	}
	assert_int_equal(count_calls(two), 5);
	for (uint32_t p = one->calls; p; p = board->calls[p].next) {
		assert_in_range(board->calls[p].nr, 0, 4);
		assert_int_equal(board->calls[p].calls, 1);
		seen |= 1u << board->calls[p].nr;
	}
	assert_int_equal(seen, 0x1f);
	/* Nobody's call is at the place that ends a list. */
	assert_ptr_not_equal(board_call(board, one, ABI_NATIVE, 0),
			     &board->calls[0]);
	assert_int_equal(board->used_calls, 11);
}

static void a_place_is_used_again_from_zero(void **state)
{
	struct board_task *task = take_new(10);
	struct board_call *call = board_call(board, task, ABI_NATIVE, 7);

	(void)state;
	call->calls = 5;
	call->blocked_ns = 6;
	board_call(board, task, ABI_COMPAT, 7)->calls = 9;
	task->state = BOARD_LEFT;
	task->booked_ns = 6;
	task->gap = 8;
	task->gaps_ns = 3;
	task->seen[1].gap = 8;
	strcpy(task->comm, "smbd");
	board_take_down(board, task);
	assert_int_equal(task->state, BOARD_DOWN);
	/* Until it is taken it can be read. */
	assert_int_equal(call->calls, 5);
	check_taken_again(task, 10);
	assert_int_equal(task->state, BOARD_UNUSED);
	assert_int_equal(task->tid, 0);
	assert_int_equal(task->booked_ns, 0);
	assert_int_equal(task->gap, 0);
	assert_int_equal(task->gaps_ns, 0);
	assert_int_equal(task->seen[1].gap, 0);
	assert_string_equal(task->comm, "");
	/* Its calls are there, with nothing in them, and take no new room. */
	assert_int_equal(count_calls(task), 2);
	assert_ptr_equal(board_call(board, task, ABI_NATIVE, 7), call);
	assert_int_equal(call->calls, 0);
	assert_int_equal(call->blocked_ns, 0);
	assert_int_equal(board_call(board, task, ABI_COMPAT, 7)->calls, 0);
	assert_int_equal(board->used_calls, 3);
}

static void places_come_back_in_turn(void **state)
{
	struct board_task *one = take_new(10), *two = take_new(11);
	struct board_task *three = take_new(12);

	(void)state;
	board_take_down(board, two);
	board_take_down(board, one);
	check_taken_again(two, 11);
	check_taken_again(one, 10);
	/* The one that is still in use is not given away. */
	assert_ptr_equal(take_new(13), three + 1);
}

static void there_is_room_for_so_many_threads(void **state)
{
	pid_t was = -1;

	(void)state;
	for (int i = 0; i < BOARD_TASKS; i++)
		assert_non_null(board_take(board, &was));
	assert_null(board_take(board, &was));
	assert_int_equal(was, 0);
	assert_int_equal(board->used_tasks, BOARD_TASKS);
	board->tasks[77].tid = 4711;
	board_take_down(board, &board->tasks[77]);
	check_taken_again(&board->tasks[77], 4711);
	assert_null(board_take(board, &was));
}

static void there_is_room_for_so_many_calls(void **state)
{
	struct board_task *task = take_new(10);
	struct board_call *call;

	(void)state;
	board->used_calls = BOARD_CALLS - 1;
	call = board_call(board, task, ABI_NATIVE, 7);
	assert_non_null(call);
	assert_null(board_call(board, task, ABI_NATIVE, 8));
	assert_int_equal(count_calls(task), 1);
	assert_ptr_equal(board_call(board, task, ABI_NATIVE, 7), call);
}

/* More threads than places, over time; the counters wrap as well. */
static void places_come_back_for_ever(void **state)
{
	struct board_task *one = take_new(1), *two = take_new(2);

	(void)state;
	board->down_head = board->down_tail = UINT32_MAX - BOARD_TASKS;
	for (int i = 1; i < 2 * BOARD_TASKS; i += 2) {
		board_take_down(board, one);
		board_take_down(board, two);
		check_taken_again(one, i);
		check_taken_again(two, i + 1);
		one->tid = i + 2;
		two->tid = i + 3;
	}
	assert_int_equal(board->used_tasks, 2);
}

#define ON_BOARD(test) \
	cmocka_unit_test_setup_teardown(test, open_board, close_board)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOARD(a_new_board_is_empty),
		ON_BOARD(a_call_is_found_again),
		ON_BOARD(calls_are_listed_by_thread),
		ON_BOARD(a_place_is_used_again_from_zero),
		ON_BOARD(places_come_back_in_turn),
		ON_BOARD(there_is_room_for_so_many_threads),
		ON_BOARD(there_is_room_for_so_many_calls),
		ON_BOARD(places_come_back_for_ever),
	};

	return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}

#else

static void places(void **state)
{
	(void)state;
	skip_because("build: without libseccomp");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(places) };

	return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}

#endif
