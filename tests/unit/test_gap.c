/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From gaps to blocked time: one thread on a board, its clocks made up.
 * Times are relative to the first window's beginning.
 */
#include "unit.h"

#ifdef HAVE_LIBSECCOMP

#include <string.h>

#include "collect/seccomp/gap.h"
#include "model/abi.h"

#define US 1000LL

#define POLL 7
#define SYNC 74
#define WAIT 61
#define READ 0

#define PARKED_EACH (5 * US)
#define QUEUED_EACH (2 * US)

static struct board *board;
static struct board_task *task;

static int take_place(void **state)
{
	struct why why = { 0 };
	pid_t was;

	(void)state;
	if (board_open(&board, &why))
		return -1;
	board->parked_each_ns = PARKED_EACH;
	board->queued_each_ns = QUEUED_EACH;
	board->gap_each_ns = 10 * US;
	task = board_take(board, &was);
	task->gap = 1;
	return task ? 0 : -1;
}

static int give_back(void **state)
{
	(void)state;
	board_close(board);
	return 0;
}

static void begin(int64_t at_ns, int nr)
{
	gap_begin(board, task, at_ns, ABI_NATIVE, nr, true);
}

/* The thread is parked again, its clocks are read. */
static void end(int64_t at_ns, int64_t cpu_ns, int64_t runq_ns)
{
	struct board_clocks clocks = { at_ns, cpu_ns, runq_ns };

	gap_close(board, task, at_ns, &clocks);
}

/* A gap whose clocks are not read. */
static void pass(int64_t from_ns, int64_t to_ns, int nr)
{
	begin(from_ns, nr);
	gap_close(board, task, to_ns, NULL);
}

/* The window ends at @at_ns, and @left_ns of it are nobody's but the calls'. */
static void end_leaving(int64_t at_ns, int64_t left_ns)
{
	int64_t answers = (int64_t)task->gaps + 1;

	end(at_ns, at_ns - left_ns - answers * PARKED_EACH, 0);
}

/* NULL where the thread never made it. */
static const struct board_call *made(int abi, int nr)
{
	uint32_t place = task->calls;

	while (place && (board->calls[place].abi != abi ||
			 board->calls[place].nr != nr))
		place = board->calls[place].next;
	return place ? &board->calls[place] : NULL;
}

static void check_call(int abi, int nr, uint64_t calls, int64_t blocked_ns)
{
	const struct board_call *call = made(abi, nr);

	assert_non_null(call);
	assert_int_equal(call->calls, calls);
	assert_int_equal(call->blocked_ns, blocked_ns);
}

static int64_t all_blocked(void)
{
	int64_t sum = 0;

	for (uint32_t p = task->calls; p; p = board->calls[p].next)
		sum += board->calls[p].blocked_ns;
	return sum;
}

/* What every window has to leave behind. */
static void check_sums(void)
{
	assert_int_equal(all_blocked(), task->booked_ns);
	assert_int_equal(task->cpu_ns + task->runq_ns + task->booked_ns +
			 task->parked_ns, task->wall_ns);
}

static void a_long_gap_is_its_calls_less_our_answer(void **state)
{
	(void)state;
	begin(5 * US, POLL);
	assert_int_equal(task->continued_ns, 5 * US);
	end(100 * MS, 1 * MS, 2 * MS);
	check_call(ABI_NATIVE, POLL, 1, 97 * MS - PARKED_EACH);
	assert_int_equal(task->parked_ns, PARKED_EACH);
	assert_int_equal(task->queued_ns, QUEUED_EACH);
	assert_int_equal(task->wall_ns, 100 * MS);
	assert_int_equal(task->cpu_ns, 1 * MS);
	assert_int_equal(task->runq_ns, 2 * MS);
	assert_int_equal(task->answers, 1);
	check_sums();
	/* It is parked, and the next gap is another one. */
	assert_int_equal(task->continued_ns, 0);
	assert_int_equal(task->gap, 2);
}

/* Caches get cold while all sleep, so the answer after a sleep takes longer:
 * the longer it was, up to that of the trial. */
static void an_answer_after_a_long_gap_takes_longer(void **state)
{
	(void)state;
	board->cold_extra_ns = 40 * US;
	begin(US, POLL);
	end(2 * BOARD_COLD_NS, 0, 0);
	check_call(ABI_NATIVE, POLL, 1,
		   2 * BOARD_COLD_NS - PARKED_EACH - 40 * US);
	assert_int_equal(made(ABI_NATIVE, POLL)->cold_us, 40);
	begin(2 * BOARD_COLD_NS, POLL);
	end(5 * BOARD_COLD_NS / 2, 0, 0);
	check_call(ABI_NATIVE, POLL, 2,
		   5 * BOARD_COLD_NS / 2 - 2 * PARKED_EACH - 60 * US);
	assert_int_equal(made(ABI_NATIVE, POLL)->cold_us, 60);
	begin(3 * BOARD_COLD_NS, READ);
	end(3 * BOARD_COLD_NS + 100 * US, BOARD_COLD_NS / 2, 0);
	check_call(ABI_NATIVE, READ, 1, 100 * US - PARKED_EACH);
	assert_int_equal(made(ABI_NATIVE, READ)->cold_us, 0);
	check_sums();
}

/* More than it queued cannot have been for the CPU that we were on. */
static void no_more_than_it_queued_is_ours(void **state)
{
	(void)state;
	begin(0, POLL);
	end(10 * MS, 1 * MS, 500);
	assert_int_equal(task->queued_ns, 500);
}

static void a_gap_that_only_ran_books_nothing(void **state)
{
	(void)state;
	begin(PARKED_EACH, READ);
	end(10 * MS, 10 * MS - PARKED_EACH, 0);
	check_call(ABI_NATIVE, READ, 1, 0);
	assert_int_equal(task->parked_ns, PARKED_EACH);
	check_sums();
	/* Answered faster than the calibration said. */
	begin(10 * MS, READ);
	end(20 * MS, 20 * MS - PARKED_EACH - 1000, 0);
	check_call(ABI_NATIVE, READ, 2, 0);
	check_sums();
}

static void clocks_are_read_for_long_gaps_and_old_windows(void **state)
{
	(void)state;
	/* Short, as one of a call that does nothing, in a new window. */
	begin(5 * US, READ);
	assert_false(gap_wants_clocks(board, task, 6 * US));
	assert_false(gap_wants_clocks(board, task, 15 * US));
	/* Long enough for a wait. */
	assert_true(gap_wants_clocks(board, task, 1 * MS));
	/* The same where each answer takes as long. */
	board->gap_each_ns = 800 * US;
	assert_false(gap_wants_clocks(board, task, 1 * MS));
	/* Short, in a window of many short ones. */
	task->continued_ns = 5 * MS;
	assert_true(gap_wants_clocks(board, task, 5 * MS + US));
	task->base.at_ns = 5 * MS - US;
	assert_false(gap_wants_clocks(board, task, 5 * MS + US));
}

/* Gaps of 10, 20 and 5 us, and a longer one with which the window ends. */
static void what_is_left_is_the_longest_short_gaps(void **state)
{
	(void)state;
	pass(0, 10 * US, POLL);
	pass(20 * US, 40 * US, WAIT);
	pass(50 * US, 55 * US, POLL);
	begin(100 * US, SYNC);
	end_leaving(200 * US, 115 * US);
	check_call(ABI_NATIVE, SYNC, 1, 100 * US);
	check_call(ABI_NATIVE, WAIT, 1, 15 * US);
	check_call(ABI_NATIVE, POLL, 2, 0);
	assert_int_equal(task->parked_ns, 4 * PARKED_EACH);
	check_sums();
	assert_int_equal(task->gaps, 0);
}

static void short_gaps_come_first_where_one_is_longer(void **state)
{
	(void)state;
	pass(0, 10 * US, POLL);
	pass(20 * US, 40 * US, WAIT);
	begin(100 * US, SYNC);
	end_leaving(105 * US, 32 * US);
	check_call(ABI_NATIVE, WAIT, 1, 30 * US);
	check_call(ABI_NATIVE, SYNC, 1, 2 * US);
	check_call(ABI_NATIVE, POLL, 1, 0);
	check_sums();
}

/* What is off the CPU for longer than all gaps was held up by us. */
static void no_more_is_booked_than_the_gaps_took(void **state)
{
	(void)state;
	pass(0, 20 * US, WAIT);
	begin(100 * US, SYNC);
	end_leaving(110 * US, 90 * US);
	check_call(ABI_NATIVE, WAIT, 1, 20 * US);
	check_call(ABI_NATIVE, SYNC, 1, 10 * US);
	assert_int_equal(task->parked_ns, 60 * US + 2 * PARKED_EACH);
	check_sums();
}

/* A window does not remember the gaps of the one before. */
static void a_new_window_begins_empty(void **state)
{
	(void)state;
	pass(0, 20 * US, WAIT);
	begin(30 * US, SYNC);
	end_leaving(60 * US, 50 * US);
	begin(60 * US, POLL);
	/* The clocks go on from where they were read. */
	end(160 * US, task->base.cpu_ns, 0);
	check_call(ABI_NATIVE, WAIT, 1, 20 * US);
	check_call(ABI_NATIVE, POLL, 1, 100 * US - PARKED_EACH);
	check_sums();
}

/* A call that is not notified follows one that is: looks tell them apart. */
static void a_gap_is_split_by_what_it_was_seen_in(void **state)
{
	(void)state;
	begin(0, READ);
	gap_see(task, task->gap, ABI_NATIVE, WAIT, 20 * MS);
	gap_see(task, task->gap, ABI_NATIVE, SYNC, 10 * MS);
	gap_see(task, task->gap, ABI_NATIVE, WAIT, 10 * MS);
	end_leaving(100 * MS, 80 * MS);
	check_call(ABI_NATIVE, WAIT, 0, 60 * MS);
	check_call(ABI_NATIVE, SYNC, 0, 20 * MS);
	check_call(ABI_NATIVE, READ, 1, 0);
	check_sums();
}

static void what_another_gap_was_seen_in_does_not_count(void **state)
{
	struct gap_share shares[BOARD_SEEN];

	(void)state;
	begin(0, READ);
	gap_see(task, task->gap, ABI_NATIVE, WAIT, 20 * MS);
	end_leaving(30 * MS, 20 * MS);
	check_call(ABI_NATIVE, WAIT, 0, 20 * MS);
	begin(30 * MS, POLL);
	/* A look that was late, of the gap before. */
	gap_see(task, task->gap - 1, ABI_NATIVE, SYNC, 20 * MS);
	assert_int_equal(gap_shares(task, task->gap, shares), 1);
	assert_int_equal(shares[0].abi, ABI_NATIVE);
	assert_int_equal(shares[0].nr, POLL);
	assert_true(shares[0].part == 1);
	end(60 * MS, task->base.cpu_ns, 0);
	check_call(ABI_NATIVE, POLL, 1, 30 * MS - PARKED_EACH);
	check_call(ABI_NATIVE, WAIT, 0, 20 * MS);
	assert_null(made(ABI_NATIVE, SYNC));
}

/* The same number means another call with another ABI. */
static void the_abi_of_what_was_seen_is_kept(void **state)
{
	(void)state;
	begin(0, READ);
	gap_see(task, task->gap, ABI_NATIVE, WAIT, 10 * MS);
	gap_see(task, task->gap, ABI_COMPAT, WAIT, 30 * MS);
	end_leaving(50 * MS, 40 * MS);
	check_call(ABI_NATIVE, WAIT, 0, 10 * MS);
	check_call(ABI_COMPAT, WAIT, 0, 30 * MS);
}

static void a_gap_is_seen_in_a_few_calls_at_most(void **state)
{
	struct gap_share shares[BOARD_SEEN];
	double parts = 0;

	(void)state;
	/* Places of gaps that are over are used again. */
	for (int gap = 1; gap <= 3; gap++) {
		task->gap = (uint64_t)gap;
		for (int nr = 0; nr < BOARD_SEEN + 3; nr++)
			gap_see(task, task->gap, ABI_NATIVE, nr, MS);
		assert_int_equal(gap_shares(task, task->gap, shares),
				 BOARD_SEEN);
	}
	for (int i = 0; i < BOARD_SEEN; i++) {
		assert_true(shares[i].nr < BOARD_SEEN);
		parts += shares[i].part;
	}
	assert_true(parts > 0.999 && parts < 1.001);
}

static void an_interrupted_attempt_is_no_call(void **state)
{
	(void)state;
	gap_begin(board, task, 5 * US, ABI_NATIVE, POLL, false);
	assert_int_equal(board->interrupted, 1);
	assert_int_equal(board->unaccounted, 0);
	assert_int_equal(task->answers, 1);
	end(10 * MS, 0, 0);
	assert_null(made(ABI_NATIVE, POLL));
	check_call(ABI_STATE, STATE_OUTSIDE, 0, 10 * MS - PARKED_EACH);
	check_sums();
}

static void a_call_without_room_is_not_lost_in_silence(void **state)
{
	(void)state;
	board->used_calls = BOARD_CALLS;
	begin(0, POLL);
	assert_int_equal(board->unaccounted, 1);
	assert_int_equal(board->interrupted, 0);
	end(10 * MS, 0, 0);
	assert_int_equal(task->booked_ns, 0);
	check_sums();
}

/* Another thread took over the id: nothing of it is this one's. */
static void check_restart(int64_t at_ns, int64_t cpu_ns, int64_t runq_ns)
{
	uint64_t restarted = board->restarted;
	struct board_task before = *task;

	end(at_ns, cpu_ns, runq_ns);
	assert_int_equal(board->restarted, restarted + 1);
	assert_int_equal(task->booked_ns, before.booked_ns);
	assert_int_equal(task->parked_ns, before.parked_ns);
	assert_int_equal(task->wall_ns, before.wall_ns);
	assert_int_equal(task->cpu_ns, before.cpu_ns);
	assert_int_equal(task->runq_ns, before.runq_ns);
	assert_int_equal(task->base.at_ns, at_ns);
	assert_int_equal(task->base.cpu_ns, cpu_ns);
	assert_int_equal(task->base.runq_ns, runq_ns);
	check_sums();
}

static void clocks_that_make_no_sense_begin_anew(void **state)
{
	(void)state;
	begin(0, POLL);
	end(100 * MS, 50 * MS, 10 * MS);
	assert_int_equal(board->restarted, 0);
	begin(100 * MS, POLL);
	check_restart(200 * MS, 20 * MS, 10 * MS);
	begin(200 * MS, POLL);
	check_restart(300 * MS, 20 * MS, 5 * MS);
	/* Much faster than time. */
	begin(300 * MS, POLL);
	check_restart(400 * MS, 3600 * SEC, 5 * MS);
	/* From then on it is as ever. */
	begin(400 * MS, SYNC);
	end(500 * MS, 3600 * SEC, 5 * MS);
	check_call(ABI_NATIVE, SYNC, 1, 100 * MS - PARKED_EACH);
	check_sums();
}

/* The clock of a thread that runs is brought up to date at ticks. */
static void clocks_may_be_late(void **state)
{
	(void)state;
	begin(0, READ);
	end(1 * MS, 0, 0);
	begin(1 * MS, READ);
	end(2 * MS, 5 * MS, 0);
	assert_int_equal(board->restarted, 0);
	assert_int_equal(task->cpu_ns, 5 * MS);
	check_sums();
}

static int64_t open_at(int64_t at_ns, int64_t cpu_ns, int64_t runq_ns)
{
	struct board_clocks now = { at_ns, cpu_ns, runq_ns };

	return gap_open_blocked(board, task, &now);
}

static void an_open_gap_is_blocked_within_bounds(void **state)
{
	(void)state;
	pass(0, 10 * US, READ);
	begin(1 * MS, POLL);
	/* Two answers of ours are in it. */
	assert_int_equal(open_at(11 * MS, 4 * MS, 1 * MS),
			 6 * MS - 2 * PARKED_EACH);
	/* Not more than the gap is long, not less than nothing. */
	assert_int_equal(open_at(11 * MS, 0, 0), 10 * MS);
	assert_int_equal(open_at(11 * MS, 11 * MS, 0), 0);
	assert_int_equal(open_at(11 * MS, 0, 20 * MS), 0);
	/* Nothing was booked by looking. */
	assert_int_equal(task->booked_ns, 0);
	assert_int_equal(task->gaps, 1);
}

/* Whatever gaps there are, each nanosecond is in one sum. */
static void sums_close(void **state)
{
	static const int calls[] = { READ, POLL, SYNC, WAIT };
	int64_t now = 0, cpu = 0, runq = 0;
	uint64_t accepted = 0, counted = 0;
	struct rng rng = { 5 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int64_t gap_ns = (int64_t)rng_below(&rng, rng_below(&rng, 8) ?
						    50 * US : 20 * MS);
		bool taken = rng_below(&rng, 10);
		int64_t ran;

		now += (int64_t)rng_below(&rng, 10 * US);
		gap_begin(board, task, now, ABI_NATIVE,
			  calls[rng_below(&rng, N_OF(calls))], taken);
		accepted += taken;
		if (!rng_below(&rng, 5))
			gap_see(task, task->gap, ABI_NATIVE,
				calls[rng_below(&rng, N_OF(calls))], gap_ns);
		ran = (int64_t)rng_below(&rng, (uint64_t)gap_ns + 1);
		now += gap_ns;
		cpu += ran;
		runq += (int64_t)rng_below(&rng, (uint64_t)(gap_ns - ran) + 1);
		if (!gap_wants_clocks(board, task, now)) {
			gap_close(board, task, now, NULL);
			continue;
		}
		end(now, cpu, runq);
		check_sums();
		assert_int_equal(task->wall_ns, now);
		assert_int_equal(task->cpu_ns, cpu);
		assert_int_equal(task->runq_ns, runq);
	}
	assert_int_equal(board->restarted, 0);
	assert_int_equal(board->interrupted, 20000 - accepted);
	assert_true(task->booked_ns > 0 && task->parked_ns > 0);
	for (uint32_t p = task->calls; p; p = board->calls[p].next) {
		counted += board->calls[p].calls;
		assert_true(board->calls[p].blocked_ns >= 0);
	}
	assert_int_equal(counted, accepted);
}

#define ON_BOARD(test) \
	cmocka_unit_test_setup_teardown(test, take_place, give_back)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOARD(a_long_gap_is_its_calls_less_our_answer),
		ON_BOARD(an_answer_after_a_long_gap_takes_longer),
		ON_BOARD(no_more_than_it_queued_is_ours),
		ON_BOARD(a_gap_that_only_ran_books_nothing),
		ON_BOARD(clocks_are_read_for_long_gaps_and_old_windows),
		ON_BOARD(what_is_left_is_the_longest_short_gaps),
		ON_BOARD(short_gaps_come_first_where_one_is_longer),
		ON_BOARD(no_more_is_booked_than_the_gaps_took),
		ON_BOARD(a_new_window_begins_empty),
		ON_BOARD(a_gap_is_split_by_what_it_was_seen_in),
		ON_BOARD(what_another_gap_was_seen_in_does_not_count),
		ON_BOARD(the_abi_of_what_was_seen_is_kept),
		ON_BOARD(a_gap_is_seen_in_a_few_calls_at_most),
		ON_BOARD(an_interrupted_attempt_is_no_call),
		ON_BOARD(a_call_without_room_is_not_lost_in_silence),
		ON_BOARD(clocks_that_make_no_sense_begin_anew),
		ON_BOARD(clocks_may_be_late),
		ON_BOARD(an_open_gap_is_blocked_within_bounds),
		ON_BOARD(sums_close),
	};

	return cmocka_run_group_tests_name("gap", tests, NULL, NULL);
}

#else

static void gaps(void **state)
{
	(void)state;
	skip_because("build: without libseccomp");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(gaps) };

	return cmocka_run_group_tests_name("gap", tests, NULL, NULL);
}

#endif
