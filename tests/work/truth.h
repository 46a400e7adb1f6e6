/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a workload knows about itself, measured with nothing but its own clocks.
 *
 * One struct truth belongs to one thread, which alone writes to it; whoever
 * joins or waits for that thread adds it to a total afterwards. Nothing here
 * reads /proc: that is what the tool under test does.
 *
 * A call's blocked_ns is the wall time around it less the CPU time within it.
 * It still holds the time in the run queue after the wake-up, which a program
 * cannot see; late_ns is an upper bound of that part, where one is known.
 */
#ifndef WORK_TRUTH_H
#define WORK_TRUTH_H

#include <poll.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

#define NSEC_PER_MSEC	1000000ULL
#define NSEC_PER_SEC	1000000000ULL

enum work_call {
	CALL_SLEEP,
	CALL_POLL,
	CALL_READ,
	CALL_WRITE,
	CALL_FUTEX,
	CALL_WAIT,
	CALL_MAX
};

struct call_truth {
	uint64_t count;
	uint64_t wall_ns;
	uint64_t blocked_ns;
	uint64_t late_ns;
};

struct truth {
	uint64_t start_ns;	/* monotonic; not part of the sums */
	uint64_t start_cpu_ns;
	uint64_t wall_ns;
	uint64_t cpu_ns;
	uint64_t starved_ns;	/* computing, but not on a CPU */
	uint64_t threads;
	uint64_t processes;
	struct call_truth calls[CALL_MAX];
};

/* Both clocks at the entry of a call that may wait. */
struct stamp {
	uint64_t wall_ns;
	uint64_t cpu_ns;
};

/* A small generator (xorshift): the same seed gives the same run. */
struct rng {
	uint64_t state;
};

uint64_t now_ns(void);
uint64_t thread_cpu_ns(void);
void die(const char *what) __attribute__((noreturn));

void rng_init(struct rng *rng, uint64_t seed);
/* @base plus or minus at most @percent of it, uniformly. */
uint64_t rng_vary(struct rng *rng, uint64_t base, unsigned int percent);

/*
 * @start_ns is when the thread's life began, by the clock of whoever created
 * it; 0 stands for now, and leaves out the CPU time used before.
 */
void truth_begin(struct truth *t, uint64_t start_ns);
void truth_end(struct truth *t);
void truth_add(struct truth *sum, const struct truth *t);
/* One JSON object on one line of stdout. */
void truth_print(const struct truth *t, const char *mode);

void call_enter(struct stamp *s);
/* Returns the blocked time of this call. */
uint64_t call_exit(struct truth *t, enum work_call call, const struct stamp *s);
/* At most @ns of the last call's blocked time may have been the run queue. */
void call_late(struct truth *t, enum work_call call, uint64_t ns);

/* Calls that wait for about @ns, and are accounted. */
void work_sleep(struct truth *t, uint64_t ns);
void work_poll(struct truth *t, uint64_t ns);
void work_futex(struct truth *t, uint64_t ns);
void work_timerfd(struct truth *t, int fd, uint64_t ns);
/* Computes for @ns of this thread's CPU time. */
void work_compute(struct truth *t, uint64_t ns);
/* Computes until @end_ns of the monotonic clock. */
void work_burn(struct truth *t, uint64_t end_ns);

#endif
