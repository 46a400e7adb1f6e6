/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/gap.h"

#include "base/clock.h"
#include "model/abi.h"

/* A gap this many times as long as one of a call that does nothing may hold
 * a wait: two switches of the CPU take as long. */
#define LONG_TIMES 4
#define LONG_AT_LEAST_NS 30000
/* Shorter ones than this part of the trial's leave caches warm. */
#define COLD_FROM 16
/* The clocks are read at least so often, so that windows stay short. */
#define WINDOW_NS (2 * NS_PER_MS)
/* Clocks that rise faster than time belong to another thread, which took
 * over this id in execve; without a tick they rise once a second. */
#define CLOCK_SLACK_NS (1500 * NS_PER_MS)

static int64_t at_least(int64_t value, int64_t least)
{
	return value < least ? least : value;
}

static int64_t at_most(int64_t value, int64_t most)
{
	return value > most ? most : value;
}

bool gap_wants_clocks(const struct board *board,
		      const struct board_task *task, int64_t now_ns)
{
	int64_t longer = at_least(LONG_TIMES * board->gap_each_ns,
				  LONG_AT_LEAST_NS);

	return now_ns - task->continued_ns >= longer ||
	       now_ns - task->base.at_ns >= WINDOW_NS;
}

int gap_shares(const struct board_task *task, uint64_t gap,
	       struct gap_share *ret)
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < BOARD_SEEN; i++) {
		const struct board_seen *seen = &task->seen[i];

		if (__atomic_load_n(&seen->gap, __ATOMIC_ACQUIRE) != gap ||
		    !gap || seen->weight_ns <= 0)
			continue;
		ret[n++] = (struct gap_share){ seen->abi, seen->nr,
					       (double)seen->weight_ns };
		sum += (double)seen->weight_ns;
	}
	if (!n)
		ret[n++] = (struct gap_share){ task->abi, task->nr, sum = 1 };
	for (int i = 0; i < n; i++)
		ret[i].part /= sum;
	return n;
}

void gap_see(struct board_task *task, uint64_t gap, int abi, int nr,
	     int64_t weight_ns)
{
	struct board_seen *free = NULL;

	for (int i = 0; i < BOARD_SEEN; i++) {
		struct board_seen *seen = &task->seen[i];

		if (seen->gap != gap) {
			free = seen;
		} else if (seen->abi == abi && seen->nr == nr) {
			seen->weight_ns += weight_ns;
			return;
		}
	}
	if (!free)
		return;
	free->gap = 0;
	free->abi = abi;
	free->nr = nr;
	free->weight_ns = weight_ns;
	__atomic_store_n(&free->gap, gap, __ATOMIC_RELEASE);
}

static void book(struct board *board, struct board_task *task, int abi,
		 int nr, int64_t ns)
{
	struct board_call *call = board_call(board, task, abi, nr);

	if (!call || ns <= 0)
		return;
	board_add(call->blocked_ns, ns);
	board_add(task->booked_ns, ns);
}

/* The present gap's part, by what it was seen in. */
static void book_gap(struct board *board, struct board_task *task, int64_t ns)
{
	struct gap_share shares[BOARD_SEEN];
	int n = gap_shares(task, task->gap, shares);

	for (int i = 0; i < n; i++)
		book(board, task, shares[i].abi, shares[i].nr,
		     (int64_t)((double)ns * shares[i].part));
}

/* Give @left to the gaps of the window, the longest first. */
static void share_out(struct board *board, struct board_task *task,
		      int64_t gap_ns, int64_t left)
{
	int64_t present;

	if (gap_ns >= task->longest_ns) {
		present = at_most(left, gap_ns);
		book_gap(board, task, present);
		left = at_most(left - present, task->gaps_ns);
		book(board, task, task->longest_abi, task->longest_nr, left);
		return;
	}
	present = at_most(left, task->gaps_ns);
	book(board, task, task->longest_abi, task->longest_nr, present);
	book_gap(board, task, at_most(left - present, gap_ns));
}

static void begin_window(struct board_task *task,
			 const struct board_clocks *clocks)
{
	task->base = *clocks;
	task->gaps = 0;
	task->gaps_ns = 0;
	task->longest_ns = 0;
}

/* How much longer the answer at the end of a gap took than others: up to
 * that of the trial, the longer all was idle. */
static int64_t cold_extra(const struct board *board,
			  const struct board_task *task, int64_t gap_ns)
{
	double part = (double)at_most(gap_ns, BOARD_COLD_NS) / BOARD_COLD_NS;

	if (!task->continued_ns || gap_ns < BOARD_COLD_NS / COLD_FROM)
		return 0;
	return (int64_t)(part * (double)board->cold_extra_ns);
}

static void note_cold(struct board *board, struct board_task *task,
		      int64_t extra_ns)
{
	struct board_call *call;

	if (extra_ns < 1000 || task->abi < ABI_NATIVE)
		return;
	call = board_call(board, task, task->abi, task->nr);
	if (call)
		board_add(call->cold_us, (uint32_t)(extra_ns / 1000));
}

static void close_window(struct board *board, struct board_task *task,
			 int64_t gap_ns, const struct board_clocks *clocks)
{
	int64_t wall = clocks->at_ns - task->base.at_ns;
	int64_t cpu = clocks->cpu_ns - task->base.cpu_ns;
	int64_t runq = clocks->runq_ns - task->base.runq_ns;
	int64_t answers = (int64_t)task->gaps + 1, booked = task->booked_ns;
	int64_t extra = cold_extra(board, task, gap_ns);
	int64_t off = wall - cpu - runq, left;

	if (cpu < 0 || runq < 0 || cpu + runq > wall + CLOCK_SLACK_NS) {
		board_add(board->restarted, 1);
		begin_window(task, clocks);
		return;
	}
	left = off - answers * board->parked_each_ns - extra;
	note_cold(board, task, extra);
	if (left > 0)
		share_out(board, task, gap_ns, left);
	board_add(task->parked_ns, off - (task->booked_ns - booked));
	board_add(task->queued_ns, at_most(runq, answers *
						 board->queued_each_ns));
	board_add(task->cpu_ns, cpu);
	board_add(task->runq_ns, runq);
	board_add(task->wall_ns, wall);
	begin_window(task, clocks);
}

void gap_close(struct board *board, struct board_task *task, int64_t now_ns,
	       const struct board_clocks *clocks)
{
	int64_t gap_ns = now_ns - task->continued_ns;

	if (clocks) {
		close_window(board, task, gap_ns, clocks);
	} else {
		task->gaps++;
		task->gaps_ns += gap_ns;
		if (gap_ns > task->longest_ns) {
			task->longest_ns = gap_ns;
			task->longest_abi = task->abi;
			task->longest_nr = task->nr;
		}
	}
	board_set(task->continued_ns, 0);
	board_add(task->gap, 1);
}

void gap_begin(struct board *board, struct board_task *task, int64_t now_ns,
	       int abi, int nr, bool accepted)
{
	struct board_call *call;

	if (accepted) {
		call = board_call(board, task, abi, nr);
		if (call)
			board_add(call->calls, 1);
		else
			board_add(board->unaccounted, 1);
		board_set(task->abi, abi);
		board_set(task->nr, nr);
	} else {
		board_add(board->interrupted, 1);
		board_set(task->abi, ABI_STATE);
		board_set(task->nr, STATE_OUTSIDE);
	}
	board_add(task->answers, 1);
	board_set(task->continued_ns, now_ns);
}

int64_t gap_open_blocked(const struct board *board,
			 const struct board_task *task,
			 const struct board_clocks *now)
{
	int64_t answers = (int64_t)task->gaps + 1;
	int64_t off = now->at_ns - task->base.at_ns -
		      (now->cpu_ns - task->base.cpu_ns) -
		      (now->runq_ns - task->base.runq_ns) -
		      answers * board->parked_each_ns;

	return at_least(at_most(off, now->at_ns - task->continued_ns), 0);
}
