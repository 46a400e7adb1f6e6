// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * many THREADS SECONDS [MS]: so many threads, each of which polls once and then
 * waits in poll; prints "ready" when all have begun to, and ends in time. Each
 * makes two calls of poll; with MS, one more every so many milliseconds.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct shared {
	pthread_barrier_t barrier;
	int ms, pace_ms;
};

static void *wait_long(void *arg)
{
	struct shared *shared = arg;

	poll(NULL, 0, 0);
	pthread_barrier_wait(&shared->barrier);
	for (int left = shared->ms; left > 0; left -= shared->pace_ms)
		poll(NULL, 0, shared->pace_ms);
	return NULL;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[1]) : 0;
	pthread_t *threads = calloc((size_t)n + 1, sizeof(*threads));
	struct shared shared;
	pthread_attr_t attr;

	if (n <= 0 || !threads) {
		fputs("usage: many THREADS SECONDS [MS]\n", stderr);
		return 2;
	}
	shared.ms = (int)(1000 * atof(argv[2]));
	shared.pace_ms = argc > 3 ? atoi(argv[3]) : shared.ms;
	if (shared.pace_ms <= 0)
		shared.pace_ms = 1;
	pthread_barrier_init(&shared.barrier, NULL, (unsigned)n + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 * 1024);
	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], &attr, wait_long, &shared))
			return 1;
	pthread_barrier_wait(&shared.barrier);
	puts("ready");
	fflush(stdout);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
