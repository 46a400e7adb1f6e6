/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/proc/proc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "collect/gate.h"
#include "collect/machine.h"
#include "collect/proc/crowd.h"
#include "collect/proc/pace.h"

/* A timer this late says that we were held up. */
#define LATE_NS (20 * NS_PER_MS)
/* Rounds may be further apart than ends that are heard of too late may be. */
#define LONGEST_NS (100 * NS_PER_MS)
#define KEPT_BACK_FDS 64	/* for reports, pipes and one-off reads */

struct proc_collector {
	struct collector base;
	struct proc_ctx ctx;
	struct collector_cfg cfg;
	struct crowd crowd;
	struct pace pace;
	int timer_fd;
	int64_t due_ns;		/* when it is to expire */
	int64_t round_ns;	/* when the next round is to be */
	struct proc_machine machine;	/* at the last report */
	struct launch_fate *fate;	/* shared with the command */
	struct command command;
	bool reaped;
	bool stalled;		/* held up as it served, the last time */
};

static struct proc_collector *self(struct collector *c)
{
	return (struct proc_collector *)c;
}

/* schedstat exists, and counts: booted with nodelayacct it may not. */
static bool sched_works(const struct procfs *fs)
{
	struct proc_sched sched;
	char buf[128];

	return procfs_read(fs, buf, sizeof(buf), "self/schedstat") > 0 &&
	       !proc_parse_sched(buf, &sched) && sched.slices;
}

static int proc_probe(const struct procfs *fs, unsigned *measures,
		      struct why *why)
{
	char buf[1024];

	*measures = PROC_MEASURES;
	if (procfs_read(fs, buf, sizeof(buf), "self/stat") <= 0)
		return why_set(why, ENOENT, "/proc is not mounted or not "
			       "readable here; mount it with 'mount -t proc "
			       "proc /proc'");
	if (!sched_works(fs))
		*measures &= ~PROC_SCHED_MEASURES;
	/* Given capabilities by its file, it may not read its own. */
	if (procfs_read(fs, buf, sizeof(buf), "self/io") == -ENOENT)
		*measures &= ~PROC_IO_MEASURES;
	return 0;
}

/* Three descriptors a thread: take what the hard limit gives. */
static long raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > 1000000)
		return 1000000;
	return (long)limit.rlim_cur - KEPT_BACK_FDS;
}

static void proc_close(struct collector *c)
{
	struct proc_collector *proc = self(c);

	if (!proc)
		return;
	crowd_done(&proc->crowd);
	if (proc->timer_fd >= 0)
		close(proc->timer_fd);
	if (proc->ctx.ends_fd > 0)
		close(proc->ctx.ends_fd);
	gate_fate_free(proc->fate);
	free(proc);
}

/* Timer and ends of processes; the timer has the id that no process has. */
static int open_events(struct proc_collector *proc, struct why *why)
{
	struct epoll_event event = { .events = EPOLLIN };

	proc->ctx.ends_fd = epoll_create1(EPOLL_CLOEXEC);
	proc->timer_fd = timerfd_create(CLOCK_MONOTONIC,
					TFD_CLOEXEC | TFD_NONBLOCK);
	if (proc->ctx.ends_fd < 0 || proc->timer_fd < 0 ||
	    epoll_ctl(proc->ctx.ends_fd, EPOLL_CTL_ADD, proc->timer_fd,
		      &event))
		return why_set(why, errno, "cannot make a timer: %s",
			       strerror(errno));
	return 0;
}

static int proc_open(struct collector **ret, const struct collector_cfg *cfg,
		     const struct sink *sink, struct why *why)
{
	struct proc_collector *proc = calloc(1, sizeof(*proc));
	int err;

	if (!proc)
		return why_set(why, ENOMEM, "out of memory");
	proc->base.ops = &collector_proc;
	proc->timer_fd = -1;
	proc->cfg = *cfg;
	proc->ctx = (struct proc_ctx){
		.fs = cfg->procfs,
		.sink = sink,
		.follow = cfg->follow,
		.details = cfg->details,
		.has_sched = sched_works(cfg->procfs),
		.tick_ns = NS_PER_SEC / sysconf(_SC_CLK_TCK),
	};
	err = crowd_init(&proc->crowd, &proc->ctx);
	if (err)
		why_set(why, -err, "out of memory");
	if (!err)
		err = open_events(proc, why);
	if (!err && cfg->launch)
		err = gate_fate_new(&proc->fate, why);
	if (err)
		proc_close(&proc->base);
	else
		*ret = &proc->base;
	return err;
}

static int arm(struct proc_collector *proc, int64_t delay_ns,
	       struct why *why)
{
	int64_t now_ns = clock_mono_ns();
	struct itimerspec spec = { 0 };

	proc->round_ns = now_ns + delay_ns;
	if (delay_ns > LONGEST_NS)
		delay_ns = LONGEST_NS;
	proc->due_ns = now_ns + delay_ns;
	spec.it_value.tv_sec = delay_ns / NS_PER_SEC;
	spec.it_value.tv_nsec = delay_ns % NS_PER_SEC;
	if (timerfd_settime(proc->timer_fd, 0, &spec, NULL))
		return why_set(why, errno, "cannot set a timer: %s",
			       strerror(errno));
	return 0;
}

/* From @began_ns on; @newborn: the targets were born since. */
static int begin(struct proc_collector *proc, int64_t began_ns, bool newborn,
		 struct why *why)
{
	struct proc_ctx *ctx = &proc->ctx;

	if (!ctx->has_sched)
		proc_note(ctx, NULL, "run queue time is not known and "
			  "blocked time only estimated: this kernel keeps no "
			  "schedstat (no CONFIG_SCHED_INFO, or booted with "
			  "nodelayacct)");
	machine_since(ctx->fs, &proc->machine);
	/* Not before a command has been launched, which would inherit it. */
	ctx->spare_fds = raise_fd_limit();
	ctx->began_ns = began_ns;
	ctx->boot_offset_ns = clock_boot_ns() - clock_mono_ns();
	ctx->attaching = !newborn;
	for (size_t i = 0; i < proc->cfg.n_pids; i++) {
		int err = crowd_add(&proc->crowd, proc->cfg.pids[i]);

		if (err == -ENOMEM)
			return why_set(why, ENOMEM, "out of memory");
	}
	ctx->attaching = false;
	pace_init(&proc->pace, proc->cfg.rate_hz, (uint64_t)ctx->began_ns);
	pace_skip(&proc->pace, clock_own_cpu_ns());
	if (!proc->crowd.n_tasks)
		return why_set(why, ESRCH, "the target ended before it could "
			       "be attached to");
	crowd_tell(&proc->crowd);
	return arm(proc, NS_PER_MS, why);
}

/* The command waits until it is under accounting. */
static int launch(struct proc_collector *proc, struct why *why)
{
	int64_t began_ns = clock_mono_ns();
	struct gate gate = GATE_NONE;
	int err = gate_launch(&gate, proc->cfg.launch, &proc->command,
			      proc->fate, why);

	proc->cfg.pids = &proc->command.pid;
	proc->cfg.n_pids = 1;
	if (!err)
		err = begin(proc, began_ns, true, why);
	gate_open(&gate, &proc->command, !err);
	return err;
}

static int proc_start(struct collector *c, struct why *why)
{
	struct proc_collector *proc = self(c);

	if (proc->cfg.launch)
		return launch(proc, why);
	return begin(proc, clock_mono_ns(), false, why);
}

int proc_start_newborn(struct collector *c, int64_t began_ns,
		       struct why *why)
{
	return begin(self(c), began_ns, true, why);
}

/* What has lived all along is found at its next look. */
static int proc_target(struct collector *c, pid_t pid, bool added,
		       struct why *why)
{
	struct proc_collector *proc = self(c);

	if (!added)
		return 0;
	if (crowd_add(&proc->crowd, pid) == -ENOMEM)
		return why_set(why, ENOMEM, "out of memory");
	return arm(proc, NS_PER_MS, why);
}

static int proc_fd(const struct collector *c)
{
	return ((const struct proc_collector *)c)->ctx.ends_fd;
}

/* The command is waited for, whatever is accounted of it. */
static int is_over(const struct proc_collector *proc)
{
	return !proc->crowd.n_tasks && (!proc->command.pid || proc->reaped);
}

static int serve(struct proc_collector *proc, struct why *why)
{
	uint64_t expirations;
	bool due = read(proc->timer_fd, &expirations,
			sizeof(expirations)) > 0;
	int64_t early_ns;

	crowd_ends(&proc->crowd);
	if (!due || !proc->crowd.n_tasks)
		return is_over(proc);
	early_ns = proc->round_ns - clock_mono_ns();
	if (early_ns > 0)
		return arm(proc, early_ns, why);
	crowd_round(&proc->crowd, pace_looks(&proc->pace,
					     proc->crowd.n_tasks));
	if (!proc->crowd.n_tasks)
		return is_over(proc);
	return arm(proc, pace_next(&proc->pace, clock_own_cpu_ns()), why);
}

/* We may be stopped, or without a CPU, between two times as well as in the
 * middle of one: what ends meanwhile does so before we hear of it. */
static int proc_drain(struct collector *c, struct why *why)
{
	struct proc_collector *proc = self(c);
	int64_t now_ns = clock_mono_ns();
	bool late = proc->stalled || now_ns > proc->due_ns + LATE_NS;
	int err;

	proc->ctx.in_time_ns = late ? 0 : now_ns + LATE_NS;
	err = serve(proc, why);
	proc->stalled = clock_mono_ns() - now_ns > LATE_NS;
	return err;
}

static int proc_tick(struct collector *c, int64_t now_ns, struct why *why)
{
	struct event event = { .kind = EVENT_MACHINE };
	struct proc_collector *proc = self(c);

	(void)now_ns;
	(void)why;
	crowd_update(&proc->crowd);
	event.machine = machine_since(proc->ctx.fs, &proc->machine);
	proc->ctx.sink->event(proc->ctx.sink->ctx, &event);
	return 0;
}

static const struct command *proc_command(const struct collector *c)
{
	const struct proc_collector *proc = (const struct proc_collector *)c;

	return proc->command.pid || proc->command.signal ?
	       &proc->command : NULL;
}

static void proc_reaped(struct collector *c, const struct rusage *usage)
{
	(void)usage;
	self(c)->reaped = true;
}

const struct collector_ops collector_proc = {
	.name = "proc",
	.summary = "reads /proc, of any process; clocks are exact, "
		   "calls are sampled",
	.modes = COLLECT_ATTACH | COLLECT_LAUNCH,
	.measures = PROC_MEASURES,
	.by_call = PROC_BY_CALL,
	.estimated = PROC_ESTIMATED,
	.in_detail = PROC_IN_DETAIL,
	.probe = proc_probe,
	.open = proc_open,
	.start = proc_start,
	.fd = proc_fd,
	.drain = proc_drain,
	.tick = proc_tick,
	.target = proc_target,
	.command = proc_command,
	.reaped = proc_reaped,
	.close = proc_close,
};
