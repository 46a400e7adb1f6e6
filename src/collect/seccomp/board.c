/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/board.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

int board_open(struct board **ret, struct why *why)
{
	struct board *board = mmap(NULL, sizeof(*board),
				   PROT_READ | PROT_WRITE, MAP_SHARED |
				   MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (board == MAP_FAILED)
		return why_set(why, ENOMEM, "out of memory for what is "
			       "counted: %zu MB of address space are needed",
			       sizeof(*board) >> 20);
	board_lock(board);
	memset(board->page, 0, sizeof(board->page));
	board->listener = -1;
	board->used_calls = 1;	/* 0 is the end of a list */
	*ret = board;
	return 0;
}

void board_lock(struct board *board)
{
	/* The kernel must not have to wait for it while a thread is parked;
	 * without the right to lock a page it is most likely there. */
	mlock(board->page, sizeof(board->page));
}

void board_close(struct board *board)
{
	if (board)
		munmap(board, sizeof(*board));
}

struct board_call *board_call(struct board *board, struct board_task *task,
			      int abi, int nr)
{
	struct board_call *call;
	uint32_t place;
	int n = 0;

	for (place = task->calls; place; place = call->next, n++) {
		call = &board->calls[place];
		if (call->nr == nr && call->abi == abi)
			return call;
	}
	/* More than any kernel has: made up, to make the list long. */
	if (n >= BOARD_DIFFERENT && nr != BOARD_OTHERS)
		return board_call(board, task, abi, BOARD_OTHERS);
	if (board->used_calls == BOARD_CALLS)
		return NULL;
	place = board->used_calls;
	call = &board->calls[place];
	*call = (struct board_call){ .abi = abi, .nr = nr,
				     .next = task->calls };
	board_set(board->used_calls, place + 1);
	/* A reader that finds it finds it whole. */
	__atomic_store_n(&task->calls, place, __ATOMIC_RELEASE);
	return call;
}

/* A place is used again with its calls, which are set to zero. */
static void clear(struct board *board, struct board_task *task)
{
	uint32_t calls = task->calls;

	for (uint32_t place = calls; place; place = board->calls[place].next) {
		board->calls[place].calls = 0;
		board->calls[place].blocked_ns = 0;
	}
	*task = (struct board_task){ .calls = calls };
}

struct board_task *board_take(struct board *board, pid_t *was)
{
	uint32_t head = __atomic_load_n(&board->down_head, __ATOMIC_ACQUIRE);
	struct board_task *task;

	*was = 0;
	if (board->down_tail != head) {
		task = &board->tasks[board->down[board->down_tail %
						 BOARD_TASKS]];
		board_set(board->down_tail, board->down_tail + 1);
		*was = task->tid;
		clear(board, task);
		return task;
	}
	if (board->used_tasks == BOARD_TASKS)
		return NULL;
	task = &board->tasks[board->used_tasks];
	board_set(board->used_tasks, board->used_tasks + 1);
	return task;
}

void board_take_down(struct board *board, struct board_task *task)
{
	board_set(task->state, BOARD_DOWN);
	board->down[board->down_head % BOARD_TASKS] =
		(uint32_t)(task - board->tasks);
	__atomic_store_n(&board->down_head, board->down_head + 1,
			 __ATOMIC_RELEASE);
}
