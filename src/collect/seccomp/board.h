/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that our processes share. The receiver writes what it counts,
 * the session reads it at its leisure, and the keeper sees which
 * notification is not answered yet. It is reserved as a whole and takes room
 * only as far as it is used: about 400 bytes a thread and 40 for each call
 * that it makes.
 *
 * One writer for every field: the receiver, where nothing else is said. All
 * sums only ever rise, so that a reader needs no lock; it sees a thread's
 * fields at slightly different moments, and the next reading makes up for it.
 * Fields that are read elsewhere are accessed with board_get() and
 * board_set(), relaxed atomics.
 */
#ifndef COLLECT_SECCOMP_BOARD_H
#define COLLECT_SECCOMP_BOARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/launch.h"
#include "base/why.h"
#include "collect/seccomp/notify.h"

#define BOARD_TASKS 65536	/* threads at a time */
#define BOARD_CALLS 1000000	/* different calls, summed over threads */
#define BOARD_DIFFERENT 700	/* of one thread; then they are BOARD_OTHERS */
#define BOARD_OTHERS (-1)	/* the number of calls that nobody has a name for */
#define BOARD_SEEN 4
#define BOARD_COLD_NS 5000000

#define board_get(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define board_set(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define board_add(x, v) board_set(x, (x) + (v))

/* A call of one thread; a list, as most threads make few different ones. */
struct board_call {
	int32_t abi, nr;
	uint32_t next;		/* the place of the next one, 0: none */
	uint32_t cold_us;	/* that answers took longer after its gaps */
	uint64_t calls;		/* let go on, so made */
	int64_t blocked_ns;
};

/* What a gap was seen to be spent in; written by the session. */
struct board_seen {
	uint64_t gap;		/* in which gap; written last */
	int32_t abi, nr;
	int64_t weight_ns;
};

enum board_state {
	BOARD_UNUSED,
	BOARD_LIVE,
	BOARD_LEFT,	/* its thread is gone, the session may take it down */
	BOARD_DOWN,	/* by the session: read to the end, to be used again */
};

/* Clocks of schedstat, and when they were read. */
struct board_clocks {
	int64_t at_ns, cpu_ns, runq_ns;
};

/*
 * A gap is the time from when a call is let go until the thread is notified
 * again: the call, and whatever follows. A window is one or more gaps between
 * two readings of the thread's clocks.
 */
struct board_task {
	uint32_t state;		/* enum board_state; LEFT, DOWN: the session */
	int32_t tid, pid;
	uint64_t start, process_start;
	int32_t ppid;		/* who started its process, 0: not known */
	uint64_t parent_start;	/* likewise */
	uint64_t number;	/* in the order of admission */
	char comm[16];
	uint32_t calls;		/* the place of its first board_call */
	bool handles;		/* has a handler without SA_RESTART */
	uint64_t gap;		/* number of the present gap */
	int64_t continued_ns;	/* when it began, 0: parked now */
	int32_t abi, nr;	/* of the call that it began with */
	uint64_t answers;
	int64_t parked_ns;	/* asleep, waiting for our answers */
	int64_t queued_ns;	/* and then for a CPU that we were on */
	int64_t booked_ns;	/* all calls' blocked_ns */
	int64_t cpu_ns, runq_ns, wall_ns;	/* in all windows */
	/* the receiver's own: */
	struct board_clocks base;	/* at the window's beginning */
	uint32_t gaps;			/* of the window, before the present */
	int64_t gaps_ns;
	int64_t longest_ns;
	int32_t longest_abi, longest_nr;
	struct board_seen seen[BOARD_SEEN];
};

/* A handler without SA_RESTART was installed. */
struct board_warning {
	int32_t pid, signal;
	char comm[16];
};

#define BOARD_WARNINGS 64

struct board {
	/* The kernel writes here: who can see it can answer it. */
	union {
		struct {
			union notify_buffer buffer;	/* the receiver's */
			union notify_buffer stand_in;	/* the keeper's */
		};
		char page[4096];
	};
	struct launch_fate fate;	/* by the command-to-be */
	struct notify_mode mode;	/* as is this */
	int32_t listener;		/* and this: -1 until there is one */
	pid_t command, receiver, keeper;	/* by the kernel, or 0 */
	pid_t session;
	uint32_t stop;		/* by the session: the receiver is to end */
	uint64_t received;	/* by the receiver; the keeper looks at it */
	uint64_t interrupted;	/* attempts that a signal took back */
	uint64_t unaccounted;	/* answered, but there was no room */
	uint64_t kept;		/* answered by the keeper: not accounted */
	uint64_t restarted;	/* threads whose clocks made no sense */
	/* By the calibration, before there is a receiver. */
	bool late_ends;		/* who has ended counts until it is reaped */
	int64_t parked_each_ns, queued_each_ns, gap_each_ns;
	int64_t cold_extra_ns;	/* an answer takes so much longer after a
				 * gap of BOARD_COLD_NS: caches are cold */
	uint32_t used_tasks;	/* ever used, from the front */
	uint32_t used_calls;
	uint64_t admitted;	/* threads ever; they can all be read */
	uint32_t warnings;	/* ever given */
	struct board_warning warning[BOARD_WARNINGS];
	/* Places that the session took down, for the receiver. */
	uint32_t down_head;	/* by the session */
	uint32_t down_tail;
	uint32_t down[BOARD_TASKS];
	struct board_task tasks[BOARD_TASKS];
	struct board_call calls[BOARD_CALLS];
};

int board_open(struct board **ret, struct why *why);
void board_close(struct board *board);

/* The thread's record of a call, made where there is none; NULL: no room. */
struct board_call *board_call(struct board *board, struct board_task *task,
			      int abi, int nr);

/* Keep the page that the kernel writes to in memory, as far as that may be
 * done: for each process anew. */
void board_lock(struct board *board);

/* A place for a thread, cleared, and whose it was, or 0; NULL: no room. */
struct board_task *board_take(struct board *board, pid_t *was);

/* For the session: a place that is BOARD_LEFT has been read to the end. */
void board_take_down(struct board *board, struct board_task *task);

#endif
