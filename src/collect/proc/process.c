/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/proc/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/abi.h"

/* Older kernels take a lock of the whole thread group to sum its io. */
#define IO_EVERY_NS (100 * NS_PER_MS)

struct key process_key(const struct process *p)
{
	return (struct key){ .pid = p->pid, .process_start = p->start,
			     .tid = TID_PROCESS, .abi = ABI_TASK };
}

void proc_note(const struct proc_ctx *ctx, const struct process *p,
	       const char *text)
{
	struct event event = { .kind = EVENT_NOTE, .text = text };

	if (p)
		event.key = process_key(p);
	ctx->sink->event(ctx->sink->ctx, &event);
}

void proc_lost(const struct proc_ctx *ctx, enum loss kind, int64_t amount)
{
	sink_lost(ctx->sink, kind, amount);
}

static void post_name(const struct proc_ctx *ctx, const struct process *p)
{
	struct event event = { .kind = EVENT_NAME, .key = process_key(p),
			       .text = p->last.comm };

	ctx->sink->event(ctx->sink->ctx, &event);
	/* It is its first thread's name. */
	event.key.tid = p->pid;
	event.key.thread_start = p->start;
	ctx->sink->event(ctx->sink->ctx, &event);
}

/* By number alone where it was not found as a child. */
static void post_parent(const struct proc_ctx *ctx, const struct process *p)
{
	struct event event = { .kind = EVENT_PARENT, .key = process_key(p) };

	event.parent.pid = p->parent ? p->parent->pid : p->last.ppid;
	event.parent.start = p->parent ? p->parent->start : 0;
	ctx->sink->event(ctx->sink->ctx, &event);
}

static int64_t sub(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b);
}

static int64_t ticks_ns(const struct proc_ctx *ctx, uint64_t ticks)
{
	return (int64_t)ticks * ctx->tick_ns;
}

void proc_io_cell(struct cell *cell, const struct proc_io *now,
		  const struct proc_io *before)
{
	cell_add(cell, MEASURE_READS, sub(now->reads, before->reads));
	cell_add(cell, MEASURE_WRITES, sub(now->writes, before->writes));
	cell_add(cell, MEASURE_READ_CHARS,
		 sub(now->read_chars, before->read_chars));
	cell_add(cell, MEASURE_WRITE_CHARS,
		 sub(now->write_chars, before->write_chars));
	cell_add(cell, MEASURE_READ_BYTES,
		 sub(now->read_bytes, before->read_bytes));
	cell_add(cell, MEASURE_WRITE_BYTES,
		 sub(now->write_bytes, before->write_bytes));
}

static void io_sum(struct proc_io *into, const struct proc_io *from)
{
	into->read_chars += from->read_chars;
	into->write_chars += from->write_chars;
	into->reads += from->reads;
	into->writes += from->writes;
	into->read_bytes += from->read_bytes;
	into->write_bytes += from->write_bytes;
}

/* Without a descriptor that is kept open, by name; ids may be used again. */
static int read_stat(const struct proc_ctx *ctx, const struct process *p,
		     struct proc_stat *ret)
{
	char buf[1024];
	ssize_t n = p->fd_stat < 0 ?
		    procfs_read(ctx->fs, buf, sizeof(buf), "%d/stat", p->pid) :
		    procfs_reread(p->fd_stat, buf, sizeof(buf));

	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	return proc_parse_stat(buf, ret);
}

static int read_io(const struct proc_ctx *ctx, const struct process *p,
		   struct proc_io *ret)
{
	char buf[512];
	ssize_t n = p->fd_io < 0 ?
		    procfs_read(ctx->fs, buf, sizeof(buf), "%d/io", p->pid) :
		    procfs_reread(p->fd_io, buf, sizeof(buf));

	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	return proc_parse_io(buf, ret);
}

/* Not permitted; of a process that is about to end, to nobody but root. */
static void close_io(struct proc_ctx *ctx, struct process *p)
{
	struct proc_stat now;
	char text[256];

	if (p->fd_io >= 0)
		close(p->fd_io);
	p->fd_io = -1;
	p->has_io = false;
	if (read_stat(ctx, p, &now) || now.bare)
		return;
	snprintf(text, sizeof(text), "bytes and read/write totals of %s %d "
		 "are not known: its /proc/PID/io may not be read; run as "
		 "root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH",
		 p->last.comm, p->pid);
	proc_note(ctx, p, text);
}

static void open_io(struct proc_ctx *ctx, struct process *p)
{
	int err;

	if (ctx->spare_fds > 0)
		p->fd_io = procfs_open(ctx->fs, "%d/io", p->pid);
	err = read_io(ctx, p, &p->last_io);
	p->has_io = !err;
	if (err && err != -ESRCH)
		close_io(ctx, p);
}

/* Its end is heard of at once then. */
static void watch_end(const struct proc_ctx *ctx, struct process *p)
{
	struct epoll_event event = { .events = EPOLLIN,
				     .data.u32 = (uint32_t)p->pid };

	p->fd_end = -1;
	if (ctx->ends_fd <= 0 || ctx->spare_fds <= 0)
		return;
	p->fd_end = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->fd_end >= 0)
		epoll_ctl(ctx->ends_fd, EPOLL_CTL_ADD, p->fd_end, &event);
}

bool process_is_over(const struct process *p)
{
	return p->last.state == 'Z' && p->last.threads <= 1;
}

int process_open(struct process **ret, struct proc_ctx *ctx, pid_t pid,
		 struct process *parent)
{
	struct process *p = calloc(1, sizeof(*p));
	bool lived;
	int err;

	if (!p)
		return -ENOMEM;
	ctx->spare_fds -= 3;
	p->pid = pid;
	p->parent = parent;
	p->fd_io = p->fd_end = -1;
	p->fd_stat = ctx->spare_fds > 0 ?
		     procfs_open(ctx->fs, "%d/stat", pid) : -1;
	err = read_stat(ctx, p, &p->last);
	if (!err && process_is_over(p))
		err = -ESRCH;
	if (err) {
		process_free(ctx, p);
		return err;
	}
	p->start = p->last.start;
	post_parent(ctx, p);
	post_name(ctx, p);
	open_io(ctx, p);
	watch_end(ctx, p);
	/* What began after accounting did is accounted from its zero. */
	lived = ctx->attaching ||
		(int64_t)(p->start + 1) * ctx->tick_ns -
		ctx->boot_offset_ns < ctx->began_ns;
	if (!lived) {
		p->last.utime = p->last.stime = 0;
		p->last.cutime = p->last.cstime = 0;
		p->last_io = (struct proc_io){ 0 };
	}
	p->base_ticks = p->last.utime + p->last.stime;
	p->absorbed_utime = p->last.cutime;
	p->absorbed_stime = p->last.cstime;
	p->absorbed_cpu_ns = ticks_ns(ctx, p->last.cutime + p->last.cstime);
	*ret = p;
	return 0;
}

void process_free(struct proc_ctx *ctx, struct process *p)
{
	if (!p)
		return;
	ctx->spare_fds += 3;
	if (p->fd_stat >= 0)
		close(p->fd_stat);
	if (p->fd_io >= 0)
		close(p->fd_io);
	if (p->fd_end >= 0)
		close(p->fd_end);
	free(p);
}

/*
 * CPU time of children beyond what they were seen to use. Their unseen
 * life was at least that long; the part of it that is not in wall yet, as
 * the estimated tail of a thread, is added there.
 *
 * A followed child that ended is absorbed before it is waited for, so the
 * difference can be below zero until then.
 */
static void post_children(struct proc_ctx *ctx, struct process *p,
			  const struct proc_stat *now)
{
	int64_t user = sub(now->cutime, p->absorbed_utime + p->children_utime);
	int64_t system = sub(now->cstime,
			     p->absorbed_stime + p->children_stime);
	struct key key = process_key(p);
	struct cell cell = { 0 };
	int64_t cpu = ticks_ns(ctx, now->cutime + now->cstime) -
		      p->absorbed_cpu_ns - p->children_cpu_ns;

	key.tid = TID_CHILDREN;
	if (user >= 0 && system >= 0 && user + system > 0) {
		p->children_utime += (uint64_t)user;
		p->children_stime += (uint64_t)system;
		cell_add(&cell, MEASURE_USER, user * ctx->tick_ns);
		cell_add(&cell, MEASURE_SYSTEM, system * ctx->tick_ns);
	}
	if (cpu > 0) {
		p->children_cpu_ns += cpu;
		cell_add(&cell, MEASURE_CPU, cpu);
		if (cpu > p->tails_ns)
			cell_add_estimate(&cell, MEASURE_WALL,
					  cpu - p->tails_ns);
		p->tails_ns = cpu > p->tails_ns ? 0 : p->tails_ns - cpu;
		proc_lost(ctx, LOSS_CHILDREN_CPU_NS, cpu);
	}
	if (cell.have)
		ctx->sink->cell(ctx->sink->ctx, &key, &cell);
}

/*
 * The tails of ended children were guessed to hold CPU time that did not show
 * (yet): then they did not run. @ns of it is left.
 */
static void post_unused(struct proc_ctx *ctx, struct process *p, int64_t ns)
{
	struct key key = process_key(p);
	struct cell cell = { 0 };

	if (ns == p->unused_ns)
		return;
	key.tid = TID_CHILDREN;
	cell_add_estimate(&cell, MEASURE_BLOCKED, ns - p->unused_ns);
	ctx->sink->cell(ctx->sink->ctx, &key, &cell);
	p->unused_ns = ns;
}

/* Whether @io has risen by all that the ended children had done. */
static bool holds_pending(const struct process *p, const struct proc_io *io)
{
	const struct proc_io *last = &p->last_io, *add = &p->pending_io;

	return io->read_chars - last->read_chars >= add->read_chars &&
	       io->write_chars - last->write_chars >= add->write_chars &&
	       io->reads - last->reads >= add->reads &&
	       io->writes - last->writes >= add->writes &&
	       io->read_bytes - last->read_bytes >= add->read_bytes &&
	       io->write_bytes - last->write_bytes >= add->write_bytes;
}

/*
 * The kernel adds a child's io to its parent's when the parent waits for
 * it, but not where SIGCHLD is ignored: the rise itself has to tell.
 */
static void add_io(struct process *p, const struct proc_io *io,
		   struct cell *cell)
{
	if (holds_pending(p, io)) {
		io_sum(&p->last_io, &p->pending_io);
		p->pending_io = (struct proc_io){ 0 };
	}
	proc_io_cell(cell, io, &p->last_io);
	p->last_io = *io;
}

void process_read_io(struct proc_ctx *ctx, struct process *p,
		     struct proc_io *io)
{
	int err = p->has_io ? read_io(ctx, p, io) : 0;

	if (err && err != -ESRCH)
		close_io(ctx, p);
	if (err || !p->has_io)
		*io = p->last_io;
}

static void unclaim(struct cell *cell, struct cell *claimed)
{
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (cell_has(cell, m) && cell_has(claimed, m)) {
			cell->value[m] -= claimed->value[m];
			claimed->value[m] = 0;
		}
}

/*
 * CPU time that ended threads used after the last look at them: what the
 * process has used and its threads were not seen to, as far as their
 * unseen life can hold it.
 */
static void post_rest_cpu(struct proc_ctx *ctx, struct process *p,
			  const struct proc_stat *now, struct cell *cell)
{
	int64_t rest = ticks_ns(ctx, now->utime + now->stime -
				     p->base_ticks) - p->seen_cpu_ns;

	if (rest > p->own_tails_ns)
		rest = p->own_tails_ns;
	if (rest <= p->rest_cpu_ns)
		return;
	cell_add(cell, MEASURE_CPU, rest - p->rest_cpu_ns);
	p->rest_cpu_ns = rest;
}

int process_read(struct proc_ctx *ctx, struct process *p, bool all)
{
	struct key key = process_key(p);
	struct cell cell = { 0 };
	struct proc_stat now;
	struct proc_io io;
	int64_t user, system, now_ns = clock_mono_ns();
	int err = read_stat(ctx, p, &now);

	if (!err && now.start != p->start)
		err = -ESRCH;
	if (err)
		return err;
	user = sub(now.utime, p->last.utime) * ctx->tick_ns;
	system = sub(now.stime, p->last.stime) * ctx->tick_ns;
	cell_add(&cell, MEASURE_USER, user);
	cell_add(&cell, MEASURE_SYSTEM, system);
	if (ctx->has_sched)
		post_rest_cpu(ctx, p, &now, &cell);
	else
		cell_add(&cell, MEASURE_CPU, user + system);
	if (p->has_io && !p->had_children &&
	    (all || now_ns - p->io_ns >= IO_EVERY_NS)) {
		process_read_io(ctx, p, &io);
		add_io(p, &io, &cell);
		p->io_ns = now_ns;
	}
	unclaim(&cell, &p->claimed);
	ctx->sink->cell(ctx->sink->ctx, &key, &cell);
	if (strcmp(now.comm, p->last.comm)) {
		p->last = now;
		post_name(ctx, p);
	}
	p->last = now;
	return 0;
}

void process_settle(struct proc_ctx *ctx, struct process *p,
		    const struct proc_io *io)
{
	struct key key = process_key(p);
	struct cell cell = { 0 };

	if (ctx->follow)
		post_children(ctx, p, &p->last);
	if (ctx->has_sched)
		post_unused(ctx, p, p->tails_ns);
	if (!p->had_children || !p->has_io)
		return;
	add_io(p, io, &cell);
	unclaim(&cell, &p->claimed);
	ctx->sink->cell(ctx->sink->ctx, &key, &cell);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * Its own children may have ended after it was read last, and reported more
 * than it has of them by that reading.
 */
void process_end(struct proc_ctx *ctx, struct process *p)
{
	struct event event = { .kind = EVENT_EXIT, .key = process_key(p) };
	struct process *parent = p->parent;

	ctx->sink->event(ctx->sink->ctx, &event);
	if (!parent)
		return;
	parent->absorbed_utime += p->last.utime +
				  larger(p->last.cutime, p->absorbed_utime +
							 p->children_utime);
	parent->absorbed_stime += p->last.stime +
				  larger(p->last.cstime, p->absorbed_stime +
							 p->children_stime);
	/* What it will hand on in nanoseconds: all its life, as it was seen. */
	parent->absorbed_cpu_ns += ticks_ns(ctx, p->base_ticks) +
		p->seen_cpu_ns + p->rest_cpu_ns +
		(int64_t)larger((uint64_t)ticks_ns(ctx, p->last.cutime +
							p->last.cstime),
				(uint64_t)(p->absorbed_cpu_ns +
					   p->children_cpu_ns));
	io_sum(&parent->pending_io, &p->last_io);
	io_sum(&parent->pending_io, &p->pending_io);
	/* Their CPU time will show in the parent's, too. */
	parent->tails_ns += p->tails_ns;
	post_unused(ctx, p, 0);
}

void process_see_less(struct proc_ctx *ctx, struct process *p, int err)
{
	char text[400], yama[16] = "";
	const char *cause, *what, *remedy;

	if (p->see == SEE_SYSCALL && err == -EPERM) {
		procfs_read(ctx->fs, yama, sizeof(yama),
			    "sys/kernel/yama/ptrace_scope");
		p->see = SEE_WCHAN;
		what = "is shown by the kernel function they sleep in";
		cause = *yama ? "kernel.yama.ptrace_scope keeps "
			"/proc/PID/syscall from ordinary users" :
			"/proc/PID/syscall may not be read";
	} else {
		what = "is not known";
		cause = err == -ENOENT ?
			"this kernel has no /proc/PID/syscall" :
			"it is another user's, or not dumpable (it changed its "
			"user, or asked for it), so its /proc/PID/syscall "
			"may not be read";
		p->see = SEE_STATE;
	}
	/* Scope 3 says no to root, too, and cannot be taken back. */
	remedy = err == -ENOENT ? "" : *yama == '3' ?
		 "; only a boot with a lower scope changes that" :
		 "; run as root, or with CAP_SYS_PTRACE and "
		 "CAP_DAC_READ_SEARCH";
	snprintf(text, sizeof(text), "the call that threads of %s %d are "
		 "blocked in %s: %s%s", p->last.comm, p->pid, what, cause,
		 remedy);
	proc_note(ctx, p, text);
}
