// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

/* The kernel's names of what the C library calls on this architecture. */
static const char *const call_names[CALL_MAX] = {
	[CALL_SLEEP]	= "clock_nanosleep",
#ifdef SYS_poll
	[CALL_POLL]	= "poll",
#else
	[CALL_POLL]	= "ppoll",
#endif
	[CALL_READ]	= "read",
	[CALL_WRITE]	= "write",
	[CALL_FUTEX]	= "futex",
	[CALL_WAIT]	= "wait4",
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		die("clock_gettime");
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t thread_cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void die(const char *what)
{
	fprintf(stderr, "mix: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / NSEC_PER_SEC),
		.tv_nsec = (long)(ns % NSEC_PER_SEC),
	};
}

void rng_init(struct rng *rng, uint64_t seed)
{
	/* The state must not be zero, and small seeds should not look alike. */
	rng->state = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	if (!rng->state)
		rng->state = 1;
}

uint64_t rng_vary(struct rng *rng, uint64_t base, unsigned int percent)
{
	uint64_t span = base * percent / 100;

	rng->state ^= rng->state << 13;
	rng->state ^= rng->state >> 7;
	rng->state ^= rng->state << 17;
	return base - span + rng->state % (2 * span + 1);
}

void truth_begin(struct truth *t, uint64_t start_ns)
{
	memset(t, 0, sizeof(*t));
	t->threads = 1;
	t->start_ns = start_ns;
	if (!start_ns) {
		t->start_ns = now_ns();
		t->start_cpu_ns = thread_cpu_ns();
	}
}

void truth_end(struct truth *t)
{
	t->wall_ns = now_ns() - t->start_ns;
	t->cpu_ns = thread_cpu_ns() - t->start_cpu_ns;
}

void truth_add(struct truth *sum, const struct truth *t)
{
	sum->wall_ns += t->wall_ns;
	sum->cpu_ns += t->cpu_ns;
	sum->starved_ns += t->starved_ns;
	sum->threads += t->threads;
	sum->processes += t->processes;
	for (int i = 0; i < CALL_MAX; i++) {
		sum->calls[i].count += t->calls[i].count;
		sum->calls[i].wall_ns += t->calls[i].wall_ns;
		sum->calls[i].blocked_ns += t->calls[i].blocked_ns;
		sum->calls[i].late_ns += t->calls[i].late_ns;
	}
}

void truth_print(const struct truth *t, const char *mode)
{
	const char *comma = "";

	printf("{\"mode\":\"%s\",\"wall_ns\":%" PRIu64 ",\"cpu_ns\":%" PRIu64,
	       mode, t->wall_ns, t->cpu_ns);
	printf(",\"starved_ns\":%" PRIu64 ",\"threads\":%" PRIu64
	       ",\"processes\":%" PRIu64 ",\"calls\":{",
	       t->starved_ns, t->threads, t->processes);
	for (int i = 0; i < CALL_MAX; i++) {
		const struct call_truth *c = &t->calls[i];

		if (!c->count)
			continue;
		printf("%s\"%s\":{\"count\":%" PRIu64 ",\"wall_ns\":%" PRIu64
		       ",\"blocked_ns\":%" PRIu64 ",\"late_ns\":%" PRIu64 "}",
		       comma, call_names[i], c->count, c->wall_ns,
		       c->blocked_ns, c->late_ns);
		comma = ",";
	}
	printf("}}\n");
	if (fflush(stdout))
		die("stdout");
}

void call_enter(struct stamp *s)
{
	/* Reading the CPU clock is a call itself: keep it out of the wall. */
	s->cpu_ns = thread_cpu_ns();
	s->wall_ns = now_ns();
}

uint64_t call_exit(struct truth *t, enum work_call call, const struct stamp *s)
{
	uint64_t wall = now_ns() - s->wall_ns;
	uint64_t cpu = thread_cpu_ns() - s->cpu_ns;
	uint64_t blocked = wall > cpu ? wall - cpu : 0;
	struct call_truth *c = &t->calls[call];

	c->count++;
	c->wall_ns += wall;
	c->blocked_ns += blocked;
	return blocked;
}

void call_late(struct truth *t, enum work_call call, uint64_t ns)
{
	t->calls[call].late_ns += ns;
}

/* For a call that was to end by itself after @asked. */
static void timed_exit(struct truth *t, enum work_call call,
		       const struct stamp *s, uint64_t asked)
{
	uint64_t blocked = call_exit(t, call, s);

	call_late(t, call, blocked > asked ? blocked - asked : 0);
}

void work_sleep(struct truth *t, uint64_t ns)
{
	struct timespec ts = to_timespec(ns);
	struct stamp s;
	int err;

	call_enter(&s);
	err = clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
	timed_exit(t, CALL_SLEEP, &s, ns);
	if (err) {
		/* Nobody signals a workload: an observer must not either. */
		errno = err;
		die("clock_nanosleep");
	}
}

void work_poll(struct truth *t, uint64_t ns)
{
	int ms = (int)(ns / NSEC_PER_MSEC);
	struct stamp s;
	int ret;

	call_enter(&s);
	ret = poll(NULL, 0, ms);
	timed_exit(t, CALL_POLL, &s, (uint64_t)ms * NSEC_PER_MSEC);
	if (ret)
		die("poll");
}

void work_futex(struct truth *t, uint64_t ns)
{
	struct timespec ts = to_timespec(ns);
	uint32_t word = 0;
	struct stamp s;
	long ret;

	call_enter(&s);
	ret = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0);
	timed_exit(t, CALL_FUTEX, &s, ns);
	if (ret != -1 || errno != ETIMEDOUT)
		die("futex");
}

void work_timerfd(struct truth *t, int fd, uint64_t ns)
{
	struct itimerspec its = { .it_value = to_timespec(ns) };
	uint64_t expirations;
	struct stamp s;
	ssize_t len;

	if (timerfd_settime(fd, 0, &its, NULL))
		die("timerfd_settime");
	call_enter(&s);
	len = read(fd, &expirations, sizeof(expirations));
	timed_exit(t, CALL_READ, &s, ns);
	if (len != sizeof(expirations))
		die("read of the timer");
}

/* Some microseconds in user mode, so that the clocks are not all we do. */
static void spin(void)
{
	unsigned int x = 1;

	for (int i = 0; i < 4000; i++) {
		x = x * 1664525 + 1013904223;
		/* Or the compiler would find the last value by itself. */
		__asm__ volatile("" : "+r" (x));
	}
}

void work_compute(struct truth *t, uint64_t ns)
{
	uint64_t wall = now_ns();
	uint64_t cpu = thread_cpu_ns();
	uint64_t used;

	do {
		spin();
		used = thread_cpu_ns() - cpu;
	} while (used < ns);
	wall = now_ns() - wall;
	if (wall > used)
		t->starved_ns += wall - used;
}

void work_burn(struct truth *t, uint64_t end_ns)
{
	uint64_t wall = now_ns();
	uint64_t cpu = thread_cpu_ns();
	uint64_t now;

	do {
		spin();
		now = now_ns();
	} while (now < end_ns);
	cpu = thread_cpu_ns() - cpu;
	wall = now - wall;
	if (wall > cpu)
		t->starved_ns += wall - cpu;
}
