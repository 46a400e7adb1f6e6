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
#include "collect/proc/crowd.h"
#include "collect/proc/pace.h"

/* A round this late says that we were held up. */
#define LATE_NS (20 * NS_PER_MS)
#define KEPT_BACK_FDS 64	/* for reports, pipes and one-off reads */

#define SCHED_MEASURES \
	(1u << MEASURE_RUNQ | 1u << MEASURE_SWITCHES | 1u << MEASURE_STOLEN)
#define IO_MEASURES \
	(1u << MEASURE_READS | 1u << MEASURE_WRITES | \
	 1u << MEASURE_READ_CHARS | 1u << MEASURE_WRITE_CHARS | \
	 1u << MEASURE_READ_BYTES | 1u << MEASURE_WRITE_BYTES)
#define ALL_MEASURES \
	(1u << MEASURE_WALL | 1u << MEASURE_BLOCKED | 1u << MEASURE_CPU | \
	 1u << MEASURE_USER | 1u << MEASURE_SYSTEM | 1u << MEASURE_VCSW | \
	 1u << MEASURE_ICSW | SCHED_MEASURES | IO_MEASURES)

struct proc_collector {
	struct collector base;
	struct proc_ctx ctx;
	struct collector_cfg cfg;
	struct crowd crowd;
	struct pace pace;
	int timer_fd;
	int64_t due_ns;		/* when it is to expire */
	struct proc_machine machine;	/* at the last report */
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

	*measures = ALL_MEASURES;
	if (procfs_read(fs, buf, sizeof(buf), "self/stat") <= 0)
		return why_set(why, ENOENT, "/proc is not mounted or not "
			       "readable here; mount it with 'mount -t proc "
			       "proc /proc'");
	if (!sched_works(fs))
		*measures &= ~SCHED_MEASURES;
	if (procfs_read(fs, buf, sizeof(buf), "self/io") <= 0)
		*measures &= ~IO_MEASURES;
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
	if (err)
		proc_close(&proc->base);
	else
		*ret = &proc->base;
	return err;
}

static int arm(struct proc_collector *proc, int64_t delay_ns,
	       struct why *why)
{
	struct itimerspec spec = { .it_value = {
		.tv_sec = delay_ns / NS_PER_SEC,
		.tv_nsec = delay_ns % NS_PER_SEC,
	} };

	proc->due_ns = clock_mono_ns() + delay_ns;
	if (timerfd_settime(proc->timer_fd, 0, &spec, NULL))
		return why_set(why, errno, "cannot set a timer: %s",
			       strerror(errno));
	return 0;
}

/* What the machine's CPUs did for no task since the last report. */
static struct machine machine_since(struct proc_collector *proc)
{
	struct proc_machine now;
	struct machine ret = { 0 };
	char buf[4096];

	if (procfs_read(proc->ctx.fs, buf, sizeof(buf), "stat") <= 0 ||
	    proc_parse_machine(buf, &now))
		return ret;
	ret.interrupts_ns = (int64_t)(now.interrupts -
				      proc->machine.interrupts) *
			    proc->ctx.tick_ns;
	ret.stolen_ns = (int64_t)(now.stolen - proc->machine.stolen) *
			proc->ctx.tick_ns;
	proc->machine = now;
	return ret;
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
	machine_since(proc);
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

static int proc_start(struct collector *c, struct why *why)
{
	return begin(self(c), clock_mono_ns(), false, why);
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

static int proc_drain(struct collector *c, struct why *why)
{
	struct proc_collector *proc = self(c);
	uint64_t expirations;
	bool due = read(proc->timer_fd, &expirations,
			sizeof(expirations)) > 0;

	/* We were stopped, or did not get a CPU: what ended did so before. */
	proc->ctx.held_up = clock_mono_ns() > proc->due_ns + LATE_NS;
	crowd_ends(&proc->crowd);
	if (!proc->crowd.n_tasks)
		return 1;
	if (!due)
		return 0;
	crowd_round(&proc->crowd, pace_looks(&proc->pace,
					     proc->crowd.n_tasks));
	if (!proc->crowd.n_tasks)
		return 1;
	return arm(proc, pace_next(&proc->pace, clock_own_cpu_ns()), why);
}

static int proc_tick(struct collector *c, int64_t now_ns, struct why *why)
{
	struct event event = { .kind = EVENT_MACHINE };
	struct proc_collector *proc = self(c);

	(void)now_ns;
	(void)why;
	crowd_update(&proc->crowd);
	event.machine = machine_since(proc);
	proc->ctx.sink->event(proc->ctx.sink->ctx, &event);
	return 0;
}

const struct collector_ops collector_proc = {
	.name = "proc",
	.summary = "reads /proc of a running process; clocks are exact, "
		   "calls are sampled",
	.modes = COLLECT_ATTACH,
	.measures = ALL_MEASURES,
	.by_call = 1u << MEASURE_WALL | 1u << MEASURE_BLOCKED |
		   1u << MEASURE_CPU | 1u << MEASURE_RUNQ |
		   1u << MEASURE_STOLEN,
	.estimated = 1u << MEASURE_BLOCKED | 1u << MEASURE_WALL |
		     1u << MEASURE_STOLEN,
	.probe = proc_probe,
	.open = proc_open,
	.start = proc_start,
	.fd = proc_fd,
	.drain = proc_drain,
	.tick = proc_tick,
	.target = proc_target,
	.close = proc_close,
};
