/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/calibrate.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/procparse.h"
#include "collect/seccomp/filter.h"
#include "collect/seccomp/helper.h"

#define WARM_UP 50
#define CALLS 300
/* Behind them, each after a sleep. */
#define COLD 7
/* A machine that needs longer for this has other worries. */
#define LIMIT_MS 5000

/* Shared by the calibrating process, its child and us. */
struct trial {
	struct sock_fprog filter;
	struct notify_mode mode;
	int listener;		/* -1: not yet */
	int err;		/* of installing, or of answering */
	pid_t child;
	bool no_pid;		/* notifications do not say who */
	bool late_ends;		/* as on the board */
	int64_t parked_ns, queued_ns, gaps_ns;
	int64_t warm_ns[CALLS], cold_ns[COLD];	/* each call, by its caller */
};

static int64_t timed_call(void)
{
	int64_t from_ns = clock_mono_ns();

	syscall(SYS_getppid);
	return clock_mono_ns() - from_ns;
}

static void sleep_for(long ns)
{
	struct timespec pause = { .tv_nsec = ns };

	nanosleep(&pause, NULL);
}

static void call_repeatedly(struct trial *trial)
{
	int fd;

	/* Nobody would answer it any more. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = notify_install(&trial->filter, &trial->mode);
	if (fd < 0)
		board_set(trial->err, fd);
	else
		board_set(trial->listener, fd);
	for (int i = 0; fd >= 0 && i < WARM_UP + 1; i++)
		syscall(SYS_getppid);
	for (int i = 0; fd >= 0 && i < CALLS; i++)
		trial->warm_ns[i] = timed_call();
	for (int i = 0; fd >= 0 && i < COLD; i++) {
		sleep_for(BOARD_COLD_NS);
		trial->cold_ns[i] = timed_call();
	}
	_exit(0);
}

/* As the receiver does, from a descriptor that it keeps. */
static void read_clocks(int fd, int64_t now_ns, struct board_clocks *ret)
{
	struct proc_sched sched;
	char buf[128];

	if (procfs_reread(fd, buf, sizeof(buf)) > 0 &&
	    !proc_parse_sched(buf, &sched))
		*ret = (struct board_clocks){ now_ns, (int64_t)sched.cpu_ns,
					      (int64_t)sched.runq_ns };
}

static int answer_all(struct trial *trial, const struct procfs *fs, bool sync)
{
	struct board_clocks first = { 0 }, last = { 0 }, cold;
	int clocks = procfs_open(fs, "%d/schedstat", trial->child);
	int64_t continued_ns = 0;
	union notify_buffer buffer;

	for (int i = 0; i < WARM_UP + CALLS + 1 + COLD; i++) {
		int err = notify_receive(trial->listener, &buffer);
		int64_t now_ns = clock_mono_ns();

		if (err)
			return err;
		trial->no_pid = !buffer.notif.pid;
		if (i > WARM_UP && i <= WARM_UP + CALLS)
			trial->gaps_ns += now_ns - continued_ns;
		/* As the receiver does. */
		if (!sync && i % HELPER_FOLLOW_EVERY == 0)
			helper_follow(fs, trial->child);
		if (i == WARM_UP)
			read_clocks(clocks, now_ns, &first);
		if (i == WARM_UP + CALLS)
			read_clocks(clocks, now_ns, &last);
		if (i > WARM_UP + CALLS)
			read_clocks(clocks, now_ns, &cold);
		err = notify_continue(trial->listener, buffer.notif.id);
		if (err)
			return err;
		continued_ns = clock_mono_ns();
	}
	trial->queued_ns = last.runq_ns - first.runq_ns;
	trial->parked_ns = last.at_ns - first.at_ns -
			   (last.cpu_ns - first.cpu_ns) - trial->queued_ns;
	return 0;
}

/* The child has ended, and is not reaped: is that the end? */
static bool ends_late(const struct trial *trial, pid_t child)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT))
		if (errno != EINTR)
			return false;
	return !notify_is_over(trial->listener);
}

/* The calibrating process: a hang of it hangs nobody else. */
static void calibrating(struct trial *trial, const struct procfs *fs)
{
	pid_t child = launch_clone(CLONE_FILES, &trial->child);
	int err;

	if (!child)
		call_repeatedly(trial);
	if (child < 0)
		trial->err = -errno;
	while (!board_get(trial->err) && board_get(trial->listener) < 0)
		sleep_for(100000);
	if (!trial->err) {
		bool sync = !notify_sync(trial->listener);

		/* As the helpers will have to. */
		err = launch_own_table();
		if (!err)
			err = answer_all(trial, fs, sync);
		if (!err)
			trial->late_ends = ends_late(trial, child);
		board_set(trial->err, err);
		if (err)
			kill(child, SIGKILL);
	}
	/* Not to be left to a process 1 that may not reap it either. */
	if (child > 0)
		waitpid(child, NULL, 0);
	_exit(0);
}

static int explain(int err, struct why *why)
{
	switch (-err) {
	case EBUSY:
		return why_set(why, EBUSY, "system calls of this process are "
			       "supervised already, by another smbsysacct or "
			       "a container's supervisor, and the kernel "
			       "allows one: start it outside of that, or "
			       "attach with -p");
	case EACCES:
	case EPERM:
		return why_set(why, -err, "seccomp filters, or tables of "
			       "descriptors of one's own, are forbidden here, "
			       "most likely by a container: allow seccomp(2) "
			       "and close_range(2) there, or attach with -p");
	case ENOSYS:
	case EINVAL:
		return why_set(why, ENOSYS, "this kernel cannot hand system "
			       "calls to a supervisor (seccomp user "
			       "notification with CONTINUE, Linux 5.5): start "
			       "the command, then attach with -p");
	case ESRCH:
		return why_set(why, ESRCH, "the kernel does not say who makes "
			       "a call, as this is a deeper pid namespace "
			       "than the command's: start both in the same "
			       "one");
	case ETIMEDOUT:
		return why_set(why, ETIMEDOUT, "seccomp notifications were "
			       "not answered in %d seconds in a trial: start "
			       "the command, then attach with -p",
			       LIMIT_MS / 1000);
	default:
		return why_set(why, -err, "a trial of seccomp notification "
			       "failed: %s; start the command, then attach "
			       "with -p", strerror(-err));
	}
}

static int await_end(pid_t pid)
{
	int64_t end_ns = clock_mono_ns() + LIMIT_MS * NS_PER_MS;
	int status = 0;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (clock_mono_ns() > end_ns) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			return -ETIMEDOUT;
		}
		sleep_for(100000);
	}
	return WIFEXITED(status) ? 0 : -EINTR;
}

static int try_it(struct trial *trial, const struct procfs *fs)
{
	pid_t pid = -1, ignored;
	int err;

	pid = launch_clone(0, &ignored);
	if (!pid)
		calibrating(trial, fs);
	if (pid < 0)
		return -errno;
	err = await_end(pid);
	if (!err)
		err = trial->err;
	if (!err && trial->no_pid)
		err = -ESRCH;
	return err;
}

static int by_length(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* Of warm calls the median. Caches get colder than in the trial, as a command
 * sleeps longer and does more: of cold calls the last but one. */
static int64_t cold_extra(struct trial *trial)
{
	int64_t extra;

	qsort(trial->warm_ns, CALLS, sizeof(*trial->warm_ns), by_length);
	qsort(trial->cold_ns, COLD, sizeof(*trial->cold_ns), by_length);
	extra = trial->cold_ns[COLD - 2] - trial->warm_ns[CALLS / 2];
	return extra > 0 ? extra : 0;
}

int calibrate(struct board *board, const struct procfs *fs,
	      const struct callnames *names, struct why *why)
{
	struct callset one = { 0 };
	struct trial *trial;
	int err;

	trial = mmap(NULL, sizeof(*trial), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (trial == MAP_FAILED)
		return why_set(why, ENOMEM, "out of memory");
	trial->listener = -1;
	callset_put(&one, names, "getppid", true);
	err = filter_build(&trial->filter, &one, names, true, why);
	if (!err) {
		err = try_it(trial, fs);
		if (err)
			err = explain(err, why);
	}
	board->parked_each_ns = trial->parked_ns / CALLS;
	board->queued_each_ns = trial->queued_ns / CALLS;
	board->gap_each_ns = trial->gaps_ns / CALLS;
	board->cold_extra_ns = cold_extra(trial);
	board->late_ends = trial->late_ends;
	free(trial->filter.filter);
	munmap(trial, sizeof(*trial));
	return err;
}
