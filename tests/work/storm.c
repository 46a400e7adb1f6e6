// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * storm THREADS CALLS FORKS: so many threads, each of which makes CALLS calls
 * of getppid and, spread among them, forks FORKS children that make 100 calls
 * of getuid each and are waited for. Waits for a line on stdin before, and
 * prints as JSON how many calls it made.
 *
 * storm chdir: strace's classic: 8 children of 4 threads that call chdir 65
 * times each, every other time for a directory that is not there.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_CALLS = 100, CHILDREN = 8, CHILD_THREADS = 4, CHDIRS = 65 };

struct job {
	long calls, forks;
};

static void child(void)
{
	for (int i = 0; i < CHILD_CALLS; i++)
		syscall(SYS_getuid);
	_exit(0);
}

static void *storm(void *arg)
{
	const struct job *job = arg;
	long next = job->forks ? job->calls / job->forks : job->calls + 1;

	for (long i = 1; i <= job->calls; i++) {
		pid_t pid;

		syscall(SYS_getppid);
		if (i % next || i / next > job->forks)
			continue;
		pid = fork();
		if (!pid)
			child();
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			abort();
	}
	return NULL;
}

static void *change(void *arg)
{
	(void)arg;
	for (int i = 0; i < CHDIRS; i++)
		if (chdir(i % 2 ? "/" : "/no such directory") && i % 2)
			abort();
	return NULL;
}

static void run_threads(int n, void *(*work)(void *arg), void *arg)
{
	pthread_t threads[64];

	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, work, arg))
			abort();
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static int classic(void)
{
	int calls = CHILDREN * CHILD_THREADS * CHDIRS;

	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (!pid) {
			run_threads(CHILD_THREADS, change, NULL);
			_exit(0);
		}
		if (pid < 0)
			return 1;
	}
	while (wait(NULL) > 0)
		;
	printf("{\"chdir\": %d, \"errors\": %d}\n", calls,
	       CHILDREN * CHILD_THREADS * ((CHDIRS + 1) / 2));
	return 0;
}

int main(int argc, char **argv)
{
	int n = argc > 3 ? atoi(argv[1]) : 0;
	struct job job;
	char line[16];

	if (argc == 2 && !strcmp(argv[1], "chdir"))
		return classic();
	if (n <= 0 || n > 64) {
		fputs("usage: storm THREADS CALLS FORKS | storm chdir\n",
		      stderr);
		return 2;
	}
	job = (struct job){ atol(argv[2]), atol(argv[3]) };
	puts("ready");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	run_threads(n, storm, &job);
	printf("{\"getppid\": %ld, \"getuid\": %ld}\n", n * job.calls,
	       n * job.forks * CHILD_CALLS);
	return 0;
}
