// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mix MODE SECONDS [SEED|THREADS]: a known mixture of waiting and computing.
 *
 * Prints "ready PID", waits for a line "go" on stdin, runs the mode, prints
 * its own truths (see truth.h) as one JSON object on one line, and ends with 0.
 * The main thread works too, or its waiting is part of the truths, so that the
 * sums cover every thread from "go" to the end.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "mix.h"

#define IDLE_STACK	(64 * 1024)

struct mode {
	const char *name;
	void (*prepare)(struct run *run);	/* before "ready"; NULL: none */
	void (*work)(struct run *run, struct truth *sum);
};

static void sleep_work(struct run *run, struct truth *sum)
{
	struct truth t;

	truth_begin(&t, 0);
	doze(&t, &run->rng, run->end_ns);
	truth_end(&t);
	truth_add(sum, &t);
}

static void *burner(void *arg)
{
	struct helper *h = arg;

	truth_begin(&h->truth, h->start_ns);
	work_burn(&h->truth, h->end_ns);
	truth_end(&h->truth);
	return NULL;
}

/* Two threads that want the same CPU, each all the time. */
static void burners_work(struct run *run, struct truth *sum)
{
	struct helper h = { .end_ns = run->end_ns };
	cpu_set_t allowed, one;
	struct truth t;
	int cpu = CPU_SETSIZE;

	/* The last one allowed: the first one often serves the interrupts. */
	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		die("sched_getaffinity");
	while (--cpu > 0 && !CPU_ISSET(cpu, &allowed))
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity");

	truth_begin(&t, 0);
	helper_start(&h, burner);
	work_burn(&t, run->end_ns);
	helper_join(&h, &t, sum);
	truth_end(&t);
	truth_add(sum, &t);
}

/* Writes the time of writing, by which the reader knows how late it woke. */
static void *pipe_writer(void *arg)
{
	struct helper *h = arg;
	struct truth *t = &h->truth;

	truth_begin(t, h->start_ns);
	while (now_ns() < h->end_ns) {
		struct stamp s;
		uint64_t now;
		ssize_t len;

		work_sleep(t, rng_vary(&h->rng, 10 * NSEC_PER_MSEC, 30));
		call_enter(&s);
		now = now_ns();
		len = write(h->fd, &now, sizeof(now));
		call_exit(t, CALL_WRITE, &s);
		if (len != sizeof(now))
			die("write to the pipe");
	}
	close(h->fd);
	truth_end(t);
	return NULL;
}

static void pipe_work(struct run *run, struct truth *sum)
{
	struct helper h = { .end_ns = run->end_ns, .rng = run->rng };
	struct truth t;
	int fds[2];

	if (pipe(fds))
		die("pipe");
	h.fd = fds[1];
	truth_begin(&t, 0);
	helper_start(&h, pipe_writer);
	for (;;) {
		uint64_t sent, blocked, now;
		struct stamp s;
		ssize_t len;

		call_enter(&s);
		len = read(fds[0], &sent, sizeof(sent));
		blocked = call_exit(&t, CALL_READ, &s);
		if (len != sizeof(sent))
			break;
		now = now_ns();
		if (now - sent < blocked)
			call_late(&t, CALL_READ, now - sent);
		else
			call_late(&t, CALL_READ, blocked);
	}
	helper_join(&h, &t, sum);
	truth_end(&t);
	truth_add(sum, &t);
	close(fds[0]);
}

/* One thread with four ways to spend its time, in no fixed rhythm. */
static void waits_work(struct run *run, struct truth *sum)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct rng *rng = &run->rng;
	struct truth t;

	if (fd < 0)
		die("timerfd_create");
	truth_begin(&t, 0);
	while (now_ns() < run->end_ns) {
		work_poll(&t, rng_vary(rng, 20 * NSEC_PER_MSEC, 30));
		work_timerfd(&t, fd, rng_vary(rng, 8 * NSEC_PER_MSEC, 30));
		work_futex(&t, rng_vary(rng, 5 * NSEC_PER_MSEC, 30));
		work_compute(&t, rng_vary(rng, 10 * NSEC_PER_MSEC, 30));
	}
	truth_end(&t);
	truth_add(sum, &t);
	close(fd);
}

/* Never signalled: who waits for it is parked until the process ends. */
static pthread_mutex_t park_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t park_cond = PTHREAD_COND_INITIALIZER;

static void *idle_parked(void *arg)
{
	pthread_mutex_lock(&park_lock);
	for (;;)
		pthread_cond_wait(&park_cond, &park_lock);
	return arg;
}

static void *idle_waking(void *arg)
{
	const struct timespec ts = { .tv_nsec = 100 * NSEC_PER_MSEC };

	for (;;)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
	return arg;
}

/* The threads are there before "ready", so that an observer finds them all. */
static void idle_prepare(struct run *run)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, IDLE_STACK);
	for (uint64_t i = 0; i < run->arg; i++) {
		pthread_t thread;
		int err;

		err = pthread_create(&thread, &attr,
				     i % 2 ? idle_waking : idle_parked, NULL);
		if (err) {
			errno = err;
			die("pthread_create");
		}
	}
	pthread_attr_destroy(&attr);
}

static void idle_work(struct run *run, struct truth *sum)
{
	struct timespec ts = {
		.tv_sec = (time_t)(run->length_ns / NSEC_PER_SEC),
		.tv_nsec = (long)(run->length_ns % NSEC_PER_SEC),
	};
	uint64_t start = now_ns();
	struct timespec cpu[2];

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu[0]);
	clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu[1]);
	sum->threads = run->arg + 1;
	sum->wall_ns = (now_ns() - start) * sum->threads;
	sum->cpu_ns = (uint64_t)(cpu[1].tv_sec - cpu[0].tv_sec) * NSEC_PER_SEC +
		      (uint64_t)cpu[1].tv_nsec - (uint64_t)cpu[0].tv_nsec;
}

static void undumpable_prepare(struct run *run __attribute__((unused)))
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		die("PR_SET_DUMPABLE");
}

/* A name that would write to the clipboard of a careless terminal. */
static void hostile_prepare(struct run *run __attribute__((unused)))
{
	if (prctl(PR_SET_NAME, "\033]52;c;x\a", 0, 0, 0))
		die("PR_SET_NAME");
}

static const struct mode modes[] = {
	{ "sleep",	NULL,			sleep_work },
	{ "burners",	NULL,			burners_work },
	{ "pipe",	NULL,			pipe_work },
	{ "waits",	NULL,			waits_work },
	{ "threads",	NULL,			threads_work },
	{ "procs",	NULL,			procs_work },
	{ "idle",	idle_prepare,		idle_work },
	{ "undumpable",	undumpable_prepare,	sleep_work },
	{ "hostile",	hostile_prepare,	sleep_work },
};

static int usage(void)
{
	fprintf(stderr, "usage: mix MODE SECONDS [SEED|THREADS]\nmodes:");
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		fprintf(stderr, " %s", modes[i].name);
	fprintf(stderr, "\n");
	return 2;
}

int main(int argc, char **argv)
{
	const struct mode *mode = NULL;
	struct truth sum = { 0 };
	struct run run = { 0 };
	double seconds;
	char line[16];

	if (argc < 3 || argc > 4)
		return usage();
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(argv[1], modes[i].name))
			mode = &modes[i];
	seconds = strtod(argv[2], NULL);
	if (!mode || !(seconds > 0 && seconds < 1e6))
		return usage();
	run.length_ns = (uint64_t)(seconds * (double)NSEC_PER_SEC);
	run.arg = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	rng_init(&run.rng, run.arg);
	if (mode->prepare)
		mode->prepare(&run);

	printf("ready %d\n", (int)getpid());
	if (fflush(stdout) || !fgets(line, sizeof(line), stdin) ||
	    strcmp(line, "go\n")) {
		fprintf(stderr, "mix: no \"go\" on stdin\n");
		return 1;
	}
	run.end_ns = now_ns() + run.length_ns;
	sum.processes = 1;
	mode->work(&run, &sum);
	truth_print(&sum, mode->name);
	return 0;
}
