/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the modes of mix share. */
#ifndef WORK_MIX_H
#define WORK_MIX_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "truth.h"

struct run {
	uint64_t arg;		/* the seed, or the number of threads */
	uint64_t length_ns;
	uint64_t end_ns;	/* monotonic, set at "go" */
	struct rng rng;
};

/* A second thread beside the main one; the main one joins it. */
struct helper {
	pthread_t thread;
	uint64_t start_ns;
	uint64_t end_ns;
	struct rng rng;
	int fd;
	bool busy;
	struct truth truth;
};

void helper_start(struct helper *h, void *(*fn)(void *));
/* The joining thread's wait goes to @t, the helper's truth to @sum. */
void helper_join(struct helper *h, struct truth *t, struct truth *sum);

/* Asleep for 70 percent, computing for 30, in periods of about 10 ms. */
void doze(struct truth *t, struct rng *rng, uint64_t end_ns);

/* The modes with about four short-lived threads or processes at any time. */
void threads_work(struct run *run, struct truth *sum);
void procs_work(struct run *run, struct truth *sum);

#endif
