// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads and processes that come and go. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mix.h"

#define SLOTS	4	/* of them at a time */

void helper_start(struct helper *h, void *(*fn)(void *))
{
	int err;

	h->start_ns = now_ns();
	err = pthread_create(&h->thread, NULL, fn, h);
	if (err) {
		errno = err;
		die("pthread_create");
	}
}

void helper_join(struct helper *h, struct truth *t, struct truth *sum)
{
	struct stamp s;

	call_enter(&s);
	pthread_join(h->thread, NULL);
	call_exit(t, CALL_FUTEX, &s);
	truth_add(sum, &h->truth);
}

void doze(struct truth *t, struct rng *rng, uint64_t end_ns)
{
	while (now_ns() < end_ns) {
		work_sleep(t, rng_vary(rng, 7 * NSEC_PER_MSEC, 20));
		work_compute(t, rng_vary(rng, 3 * NSEC_PER_MSEC, 20));
	}
}

/* The life of a short-lived thread or process. */
static void short_life(struct helper *h)
{
	truth_begin(&h->truth, h->start_ns);
	if (h->busy)
		doze(&h->truth, &h->rng, h->end_ns);
	else
		while (now_ns() < h->end_ns)
			work_sleep(&h->truth, 10 * NSEC_PER_MSEC);
	truth_end(&h->truth);
}

static void *short_thread(void *arg)
{
	short_life(arg);
	return NULL;
}

/* Fills a slot for another life of 150 to 250 ms; every second one computes. */
static void slot_fill(struct helper *h, struct run *run, unsigned int nr)
{
	h->end_ns = now_ns() + rng_vary(&run->rng, 200 * NSEC_PER_MSEC, 25);
	h->busy = nr % 2;
	rng_init(&h->rng, run->arg * 1000 + nr);
}

/* The slot whose life ends next, or -1 if all are empty. */
static int slot_next(const struct helper *slots)
{
	int next = -1;

	for (int i = 0; i < SLOTS; i++)
		if (slots[i].end_ns &&
		    (next < 0 || slots[i].end_ns < slots[next].end_ns))
			next = i;
	return next;
}

void threads_work(struct run *run, struct truth *sum)
{
	struct helper slots[SLOTS] = { 0 };
	unsigned int nr = 0;
	struct truth t;
	int i;

	truth_begin(&t, 0);
	for (; nr < SLOTS; nr++) {
		slot_fill(&slots[nr], run, nr);
		helper_start(&slots[nr], short_thread);
	}
	while ((i = slot_next(slots)) >= 0) {
		helper_join(&slots[i], &t, sum);
		slots[i].end_ns = 0;
		if (now_ns() >= run->end_ns)
			continue;
		slot_fill(&slots[i], run, nr++);
		helper_start(&slots[i], short_thread);
	}
	truth_end(&t);
	truth_add(sum, &t);
}

static uint64_t timeval_ns(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * NSEC_PER_SEC +
	       (uint64_t)tv->tv_usec * 1000;
}

static pid_t child_start(struct helper *h)
{
	pid_t pid;

	h->start_ns = now_ns();
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		short_life(h);
		_exit(0);
	}
	return pid;
}

void procs_work(struct run *run, struct truth *sum)
{
	struct helper *slots;
	pid_t pids[SLOTS];
	unsigned int nr = 0;
	struct truth t;
	int i;

	/* The children leave their truths in here. */
	slots = mmap(NULL, SLOTS * sizeof(*slots), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED)
		die("mmap");
	truth_begin(&t, 0);
	for (; nr < SLOTS; nr++) {
		slot_fill(&slots[nr], run, nr);
		pids[nr] = child_start(&slots[nr]);
	}
	while ((i = slot_next(slots)) >= 0) {
		struct rusage usage;
		struct stamp s;
		int status;
		pid_t pid;

		call_enter(&s);
		pid = wait4(pids[i], &status, 0, &usage);
		call_exit(&t, CALL_WAIT, &s);
		if (pid != pids[i] || status)
			die("a child failed");
		slots[i].truth.processes = 1;
		/* With its exit, which it cannot measure itself. */
		slots[i].truth.cpu_ns = timeval_ns(&usage.ru_utime) +
					timeval_ns(&usage.ru_stime);
		truth_add(sum, &slots[i].truth);
		slots[i].end_ns = 0;
		if (now_ns() >= run->end_ns)
			continue;
		slot_fill(&slots[i], run, nr++);
		pids[i] = child_start(&slots[i]);
	}
	truth_end(&t);
	truth_add(sum, &t);
	munmap(slots, SLOTS * sizeof(*slots));
}
