/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/tracecost.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "compare/traced.h"

/* To end its children and wait for them; it takes a millisecond or so. */
#define PATIENCE_NS (500 * NS_PER_MS)

struct tracecost {
	pid_t pid;
	int fd;
	bool answered;
	struct traced_answer answer;
};

int tracecost_start(struct tracecost **ret, struct why *why)
{
	struct tracecost *cost = calloc(1, sizeof(*cost));
	pid_t parent = getpid();
	int fds[2];

	if (!cost)
		return why_set(why, ENOMEM, "out of memory");
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK)) {
		free(cost);
		return why_set(why, errno, "no pipe: %s", strerror(errno));
	}
	cost->pid = fork();
	if (!cost->pid)
		traced_main(fds[1], parent);
	close(fds[1]);
	cost->fd = fds[0];
	if (cost->pid < 0) {
		why_set(why, errno, "cannot fork: %s", strerror(errno));
		tracecost_stop(cost);
		return -why->err;
	}
	child_join(cost->pid, 0);
	*ret = cost;
	return 0;
}

int tracecost_fd(const struct tracecost *cost)
{
	return cost->fd;
}

/* One write of less than a pipe takes at once: all of it or nothing. */
static void look(struct tracecost *cost)
{
	struct traced_answer *answer = &cost->answer;
	ssize_t n = read(cost->fd, answer, sizeof(*answer));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	cost->answered = true;
	if (n == (ssize_t)sizeof(*answer)) {
		answer->text[sizeof(answer->text) - 1] = '\0';
		return;
	}
	*answer = (struct traced_answer){
		.err = EIO, .text = "what measures strace was ended",
	};
}

int tracecost_read(struct tracecost *cost, struct tracecost_figures *ret,
		   struct why *why)
{
	if (!cost->answered)
		look(cost);
	if (!cost->answered)
		return 0;
	if (cost->answer.err)
		return why_set(why, cost->answer.err, "%s", cost->answer.text);
	ret->bare_ns = cost->answer.bare_ns;
	ret->traced_ns = cost->answer.traced_ns;
	return 1;
}

/* Whether it has ended, within the time that it needs to do so by itself. */
static bool ends_by_itself(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = NS_PER_MS };
	int64_t end_ns = clock_mono_ns() + PATIENCE_NS;
	pid_t ended;

	kill(pid, SIGTERM);
	while (!(ended = waitpid(pid, NULL, WNOHANG)) &&
	       clock_mono_ns() < end_ns)
		nanosleep(&pause, NULL);
	return ended == pid || (ended < 0 && errno == ECHILD);
}

void tracecost_stop(struct tracecost *cost)
{
	if (!cost)
		return;
	if (cost->pid > 0 && !ends_by_itself(cost->pid)) {
		/* Its children are in its group. */
		kill(-cost->pid, SIGKILL);
		waitpid(cost->pid, NULL, 0);
	}
	close(cost->fd);
	free(cost);
}
