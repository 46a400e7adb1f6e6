/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare/traced.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/launch.h"
#include "base/procfs.h"
#include "compare/stats.h"

#define LIMIT_NS (2 * NS_PER_SEC)
/* The median of the batches: one that was preempted does not count. */
#define BATCHES 5
#define CALLS 400
#define WARM_UP 50

extern char **environ;

struct work {
	int signal_fd;		/* SIGTERM */
	int64_t deadline_ns;
	struct procfs procfs;
	int link;		/* to the loop: figures from it, a byte to it */
	int errors;		/* what strace says */
	pid_t loop, strace;	/* 0: none */
	char *path;		/* strace's */
	struct why why;
};

/* --- the child that makes calls ---------------------------------------- */

static void call(int times)
{
	for (int i = 0; i < times; i++)
		syscall(SYS_getppid);
}

static int64_t time_calls(void)
{
	double batch[BATCHES];

	call(WARM_UP);
	for (int i = 0; i < BATCHES; i++) {
		int64_t began_ns = clock_mono_ns();

		call(CALLS);
		batch[i] = (double)(clock_mono_ns() - began_ns) / CALLS;
	}
	return (int64_t)stats_median(batch, BATCHES);
}

static void send_figure(int link)
{
	int64_t ns = time_calls();

	if (send(link, &ns, sizeof(ns), MSG_NOSIGNAL) != sizeof(ns))
		_exit(1);
}

static void loop_main(int link, pid_t parent)
{
	char go;

	child_reset(parent);
	child_close_others(link);
	/* An strace without privileges may trace nobody who has some, nor one
	 * whose memory is not to be dumped, as a file with capabilities makes
	 * it; and with Yama nobody's child but its own. */
	caps_keep(0, NULL);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	send_figure(link);
	if (recv(link, &go, sizeof(go), 0) != sizeof(go))
		_exit(1);
	send_figure(link);
	for (;;)
		pause();
}

/* --- waiting ----------------------------------------------------------- */

/* Until @fd (-1: none) is readable, or for @limit_ms at most; -ETIMEDOUT
 * where all of the time is over, -EINTR where the end is wanted. */
static int await(struct work *w, int fd, int limit_ms)
{
	struct pollfd fds[] = {
		{ .fd = w->signal_fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	int64_t left = (w->deadline_ns - clock_mono_ns()) / NS_PER_MS;

	if (left <= 0)
		return why_set(&w->why, ETIMEDOUT, "strace has not traced "
			       "4,000 calls within 2 seconds");
	if (poll(fds, 2, left < limit_ms ? (int)left : limit_ms) < 0)
		return errno == EINTR ? 0 : why_set(&w->why, errno, "poll: %s",
						    strerror(errno));
	return fds[0].revents ? -EINTR : 0;
}

/* What the loop measured. */
static int receive(struct work *w, int64_t *ret_ns)
{
	for (;;) {
		ssize_t n = recv(w->link, ret_ns, sizeof(*ret_ns),
				 MSG_DONTWAIT);
		int err;

		if (n == sizeof(*ret_ns))
			return 0;
		if (n >= 0 || errno != EAGAIN)
			return why_set(&w->why, EIO, "the process that strace "
				       "was measured with has ended");
		err = await(w, w->link, 1000);
		if (err)
			return err;
	}
}

/* Who traces the loop; 0: nobody. */
static int tracer(const struct work *w)
{
	static const char key[] = "TracerPid:";
	char buf[4096];
	const char *line;

	if (procfs_read(&w->procfs, buf, sizeof(buf), "%d/status",
			w->loop) <= 0)
		return 0;
	line = strstr(buf, key);
	return line ? atoi(line + strlen(key)) : 0;
}

/* --- strace ------------------------------------------------------------ */

static void strace_main(const struct work *w, int errors, pid_t parent)
{
	char pid[16], *argv[] = { "strace", "-cf", "-o", "/dev/null", "-p",
				  pid, NULL };

	child_reset(parent);
	child_join(0, 0);
	snprintf(pid, sizeof(pid), "%d", w->loop);
	if (!child_streams(-1, -1, errors))
		execve(w->path, argv, environ);
	_exit(127);
}

static int start_strace(struct work *w)
{
	pid_t parent = getpid();
	int fds[2];

	if (tracer(w))
		return why_set(&w->why, EPERM, "a debugger or strace follows "
			       "smbsysacct itself, and a process has one "
			       "tracer at most");
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return why_set(&w->why, errno, "no pipe: %s", strerror(errno));
	w->errors = fds[0];
	w->strace = fork();
	if (!w->strace)
		strace_main(w, fds[1], parent);
	close(fds[1]);
	if (w->strace > 0)
		child_join(w->strace, 0);
	return w->strace < 0 ? why_set(&w->why, errno, "cannot fork: %s",
				       strerror(errno)) : 0;
}

/* Where Yama forbids it, strace does not know why. */
static const char *of_yama(const struct work *w)
{
	char buf[8];

	if (procfs_read(&w->procfs, buf, sizeof(buf),
			"sys/kernel/yama/ptrace_scope") <= 0)
		return "";
	return *buf == '3' ? "; kernel.yama.ptrace_scope is 3, with which "
			     "nobody may trace" :
	       *buf == '2' ? "; kernel.yama.ptrace_scope is 2, with which only "
			     "root may trace" : "";
}

/* Its last line ends with the error: "strace: ptrace(...): Operation not
 * permitted". */
static int explain(struct work *w)
{
	char said[512], *end, *reason;
	ssize_t n = read(w->errors, said, sizeof(said) - 1);

	said[n > 0 ? n : 0] = '\0';
	end = said + strlen(said);
	while (end > said && end[-1] == '\n')
		*--end = '\0';
	reason = strrchr(said, '\n');
	reason = reason ? reason + 1 : said;
	if (strrchr(reason, ':'))
		reason = strrchr(reason, ':') + 1;
	reason += strspn(reason, " ");
	return why_set(&w->why, EPERM, "strace may not trace here, not even a "
		       "child of ours: %.100s%s", *reason ? reason :
		       "it says nothing", of_yama(w));
}

static int await_tracer(struct work *w)
{
	while (!tracer(w)) {
		int err = await(w, -1, 1);

		if (err)
			return err;
		if (waitpid(w->strace, NULL, WNOHANG) == w->strace) {
			w->strace = 0;
			return explain(w);
		}
	}
	return 0;
}

/* --- all of it --------------------------------------------------------- */

static int start_loop(struct work *w)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return why_set(&w->why, errno, "no socket: %s",
			       strerror(errno));
	w->link = fds[0];
	w->loop = fork();
	if (!w->loop)
		loop_main(fds[1], parent);
	close(fds[1]);
	return w->loop < 0 ? why_set(&w->why, errno, "cannot fork: %s",
				     strerror(errno)) : 0;
}

static int measure(struct work *w, struct traced_answer *answer)
{
	int err = procfs_init(&w->procfs, "/proc", &w->why);

	if (!err && launch_find(&w->path, "strace", NULL))
		err = why_set(&w->why, ENOENT, "strace is not installed");
	if (!err)
		err = start_loop(w);
	if (!err)
		err = receive(w, &answer->bare_ns);
	if (!err)
		err = start_strace(w);
	if (!err)
		err = await_tracer(w);
	if (!err && send(w->link, "", 1, MSG_NOSIGNAL) != 1)
		err = why_set(&w->why, errno, "no socket: %s",
			      strerror(errno));
	if (!err)
		err = receive(w, &answer->traced_ns);
	if (!err && answer->traced_ns <= answer->bare_ns)
		err = why_set(&w->why, ERANGE, "calls took no longer under "
			      "strace: the machine is too busy to measure it");
	return err;
}

/* All of them, also those that strace tries at its start what it can do
 * with: they are in its group, and come to us to be waited for. */
static void end_children(const struct work *w)
{
	if (w->loop > 0)
		kill(w->loop, SIGKILL);
	if (w->strace > 0 && kill(-w->strace, SIGKILL))
		kill(w->strace, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

void traced_main(int out, pid_t parent)
{
	struct work w = { .deadline_ns = clock_mono_ns() + LIMIT_NS,
			  .procfs = { .root = -1 }, .link = -1,
			  .errors = -1 };
	struct traced_answer answer = { 0 };
	sigset_t mask;
	int err;

	child_reset(parent);
	child_join(0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	child_close_others(out);
	child_streams(-1, -1, -1);
	w.signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	err = w.signal_fd < 0 ? why_set(&w.why, errno, "no signalfd: %s",
					strerror(errno)) :
				measure(&w, &answer);
	end_children(&w);
	answer.err = -err;
	snprintf(answer.text, sizeof(answer.text), "%.*s",
		 (int)sizeof(answer.text) - 1, w.why.text);
	/* Of one whose end is wanted nobody reads anything. */
	_exit(write(out, &answer, sizeof(answer)) != sizeof(answer));
}
