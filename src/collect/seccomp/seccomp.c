/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/seccomp.h"

#define NAME "seccomp"
#define SUMMARY "launches a command and counts its calls without ptrace; " \
		"blocked time by call is estimated"

#ifdef HAVE_LIBSECCOMP

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "collect/seccomp/calibrate.h"
#include "collect/seccomp/crew.h"
#include "collect/seccomp/ends.h"
#include "collect/seccomp/filter.h"
#include "collect/seccomp/harvest.h"
#include "collect/seccomp/warn.h"

/* So often, so that places of threads that have ended are free again. */
#define HARVEST_NS (100 * NS_PER_MS)

struct seccomp_collector {
	struct collector base;
	struct collector_cfg cfg;
	const struct sink *sink;
	struct callset notified;
	struct sock_fprog filter;
	struct board *board;
	struct crew crew;
	struct harvest harvest;
	struct collector *inner;	/* the proc collector */
	struct command command;
	int epoll_fd;
	int timer_fd;		/* of harvests */
	struct warner warner;
	struct ends ends;
	bool over;
	int64_t user_ns, system_ns;	/* the command's, once it has ended */
};

static struct seccomp_collector *self(struct collector *c)
{
	return (struct seccomp_collector *)c;
}

static int seccomp_probe(const struct procfs *fs, unsigned *measures,
			 struct why *why)
{
	int err = collector_proc.probe(fs, measures, why);

	*measures |= SECCOMP_OWN_MEASURES;
	return err;
}

static void seccomp_close(struct collector *c)
{
	struct seccomp_collector *s = self(c);

	if (!s)
		return;
	crew_close(&s->crew);
	collector_proc.close(s->inner);
	harvest_done(&s->harvest);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	if (s->timer_fd >= 0)
		close(s->timer_fd);
	board_close(s->board);
	free(s->filter.filter);
	free(s);
}

static int choose_calls(struct seccomp_collector *s,
			const struct callnames *names, struct why *why)
{
	struct callset asked;

	if (s->cfg.calls)
		s->notified = *s->cfg.calls;
	else
		callset_fill(&s->notified);
	asked = s->notified;
	filter_limit(&s->notified, names, s->cfg.all_calls);
	if (callset_is_empty(&s->notified) && !callset_is_empty(&asked))
		return why_set(why, EINVAL, "none of these calls has to "
			       "expect to be interrupted, so the seccomp "
			       "collector leaves them alone; -A accounts "
			       "them, at the risk that the manual tells");
	return filter_build(&s->filter, &s->notified, names,
			    s->cfg.all_calls, why);
}

/* What needs the names of calls; they are not kept. */
static int prepare(struct seccomp_collector *s, struct why *why)
{
	struct callnames names;
	int err = callnames_init(&names, why);

	if (!err)
		err = choose_calls(s, &names, why);
	if (!err)
		err = calibrate(s->board, s->cfg.procfs, &names, why);
	callnames_done(&names);
	return err;
}

/* Goes on also when the proc collector has nobody to look at. */
static int open_timer(struct seccomp_collector *s, struct why *why)
{
	struct itimerspec spec = {
		.it_interval.tv_nsec = HARVEST_NS,
		.it_value.tv_nsec = HARVEST_NS,
	};

	s->timer_fd = timerfd_create(CLOCK_MONOTONIC,
				     TFD_CLOEXEC | TFD_NONBLOCK);
	if (s->timer_fd < 0 || timerfd_settime(s->timer_fd, 0, &spec, NULL))
		return why_set(why, errno, "cannot make a timer: %s",
			       strerror(errno));
	return 0;
}

static int open_inner(struct seccomp_collector *s, struct why *why)
{
	struct collector_cfg cfg = s->cfg;

	cfg.pids = &s->command.pid;
	cfg.n_pids = 1;
	cfg.launch = NULL;
	return collector_proc.open(&s->inner, &cfg, &s->harvest.through, why);
}

static int seccomp_open(struct collector **ret,
			const struct collector_cfg *cfg,
			const struct sink *sink, struct why *why)
{
	struct seccomp_collector *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return why_set(why, ENOMEM, "out of memory");
	s->base.ops = &collector_seccomp;
	s->cfg = *cfg;
	s->sink = sink;
	s->warner.sink = sink;
	s->warner.fs = cfg->procfs;
	s->crew.listener = s->timer_fd = -1;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = s->epoll_fd < 0 ? why_set(why, errno, "epoll_create1: %s",
					strerror(errno)) : 0;
	if (!err)
		err = board_open(&s->board, why);
	s->warner.board = s->board;
	if (!err)
		err = prepare(s, why);
	if (!err && harvest_init(&s->harvest, s->board, cfg->procfs, sink,
				 &s->notified, cfg->calls))
		err = why_set(why, ENOMEM, "out of memory");
	if (!err)
		err = open_inner(s, why);
	if (!err)
		err = open_timer(s, why);
	if (err)
		seccomp_close(&s->base);
	else
		*ret = &s->base;
	return err;
}

static void note_what_is_left_out(const struct seccomp_collector *s)
{
	if (s->cfg.all_calls)
		return;
	sink_note(s->sink, "only calls that may wait and have to expect EINTR "
		  "are counted (--list=%wait lists them; where others wait "
		  "shows by looks); -A counts all, at a risk that the manual "
		  "tells");
}

static int watch(const struct seccomp_collector *s, int fd, struct why *why)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return why_set(why, errno, "epoll_ctl: %s", strerror(errno));
	return 0;
}

/* It could not be put under the filter, and has ended. */
static bool never_began(const struct launch_fate *fate)
{
	return fate->failed && !fate->in_exec;
}

static int seccomp_start(struct collector *c, struct why *why)
{
	struct seccomp_collector *s = self(c);
	struct collector_cfg *cfg = &s->cfg;
	int64_t began_ns = clock_mono_ns();
	int err;

	err = crew_start(&s->crew, s->board, cfg->launch, &s->filter,
			 cfg->procfs, cfg->launch->own_argv, why);
	s->command = (struct command){
		.pid = s->board->command,
		.fate = &s->board->fate,
		.no_new_privs = s->board->mode.no_new_privs,
	};
	if (err && never_began(&s->board->fate)) {
		waitpid(s->command.pid, NULL, 0);
		s->command.pid = 0;
	}
	if (err)
		return err;
	ends_init(&s->ends, cfg->procfs, s->board);
	note_what_is_left_out(s);
	err = proc_start_newborn(s->inner, began_ns, why);
	/* It may have ended already, which is no failure of ours. */
	if (err == -ESRCH)
		err = 0;
	if (!err)
		err = watch(s, collector_proc.fd(s->inner), why);
	/* Not the listener: it would have to look for whom to wake at each
	 * notification. The receiver ends with the last thread, which a
	 * SIGCHLD tells. */
	if (!err)
		err = watch(s, s->timer_fd, why);
	return err;
}

static int seccomp_fd(const struct collector *c)
{
	return ((const struct seccomp_collector *)c)->epoll_fd;
}

/* A process that nobody saw being born, as its parent ended at once. */
static void adopt(struct seccomp_collector *s)
{
	pid_t pid = s->harvest.missed;

	if (pid)
		collector_proc.target(s->inner, pid, true, NULL);
}

static void harvest(struct seccomp_collector *s)
{
	harvest_all(&s->harvest);
	adopt(s);
	warn_new(&s->warner, s->harvest.server);
}

static int seccomp_drain(struct collector *c, struct why *why)
{
	struct seccomp_collector *s = self(c);
	int err = collector_proc.drain(s->inner, why);
	uint64_t expirations;

	if (err < 0)
		return err;
	/* All that the proc collector knows have ended if it says 1. */
	s->over = s->over || crew_is_over(&s->crew) ||
		  ends_seen(&s->ends, err == 1, clock_mono_ns());
	if (s->over) {
		crew_end_receiver(&s->crew);
		return 1;
	}
	if (crew_tend(&s->crew))
		sink_note(s->sink, "warning: the receiver was killed; calls "
			  "since then are answered by notify-keeper and not "
			  "accounted");
	if (read(s->timer_fd, &expirations, sizeof(expirations)) > 0)
		harvest(s);
	return 0;
}

static int seccomp_tick(struct collector *c, int64_t now_ns, struct why *why)
{
	struct seccomp_collector *s = self(c);
	int err = collector_proc.tick(s->inner, now_ns, why);

	if (err)
		return err;
	harvest(s);
	/* What others still use is not in the sum. */
	if (s->user_ns + s->system_ns && (s->over || crew_is_over(&s->crew)))
		harvest_usage(&s->harvest, s->user_ns, s->system_ns);
	return 0;
}

static int64_t time_ns(const struct timeval *time)
{
	return time->tv_sec * NS_PER_SEC + time->tv_usec * 1000;
}

static void seccomp_reaped(struct collector *c, const struct rusage *usage)
{
	struct seccomp_collector *s = self(c);

	s->user_ns = time_ns(&usage->ru_utime);
	s->system_ns = time_ns(&usage->ru_stime);
}

static const struct command *seccomp_command(const struct collector *c)
{
	return &((const struct seccomp_collector *)c)->command;
}

static int64_t seccomp_helpers_cpu(const struct collector *c)
{
	return crew_cpu_ns(&((const struct seccomp_collector *)c)->crew);
}

/* The receiver first: what it has taken is in the last report. */
static void seccomp_release(struct collector *c)
{
	crew_end_receiver(&self(c)->crew);
}

const struct collector_ops collector_seccomp = {
	.name = NAME,
	.summary = SUMMARY,
	.modes = COLLECT_LAUNCH,
	.measures = SECCOMP_MEASURES,
	.by_call = SECCOMP_BY_CALL,
	.estimated = SECCOMP_ESTIMATED,
	.in_detail = PROC_IN_DETAIL,
	.holds_up = true,
	.offered = true,
	.probe = seccomp_probe,
	.open = seccomp_open,
	.start = seccomp_start,
	.fd = seccomp_fd,
	.drain = seccomp_drain,
	.tick = seccomp_tick,
	.command = seccomp_command,
	.reaped = seccomp_reaped,
	.helpers_cpu_ns = seccomp_helpers_cpu,
	.release = seccomp_release,
	.close = seccomp_close,
};

#else

const struct collector_ops collector_seccomp = {
	.name = NAME,
	.summary = SUMMARY,
	.modes = COLLECT_LAUNCH,
	.measures = SECCOMP_MEASURES,
	.by_call = SECCOMP_BY_CALL,
	.estimated = SECCOMP_ESTIMATED,
	.missing = "built without libseccomp",
};

#endif
