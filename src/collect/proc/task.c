/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/proc/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/abi.h"

/*
 * Clocks that rise faster than time belong to another thread, which took
 * over this id in execve. A CPU without a tick (nohz_full) brings them up
 * to date once a second.
 */
#define CLOCK_SLACK_NS (1500 * NS_PER_MS)

static const char *const see_file[] = {
	[SEE_SYSCALL] = "syscall",
	[SEE_WCHAN] = "wchan",
	[SEE_STATE] = "stat",
};

static struct key task_key(const struct task *task, int abi, int nr)
{
	struct key key = process_key(task->process);

	key.tid = task->tid;
	key.thread_start = task->start;
	key.abi = abi;
	key.nr = nr;
	return key;
}

/* Read through *fd, which is kept open as long as there are spare ones. */
static ssize_t read_kept(struct proc_ctx *ctx, const struct task *task,
			 int *fd, const char *file, char *buf, size_t size)
{
	ssize_t n;
	int once;

	if (*fd >= 0)
		return procfs_reread(*fd, buf, size);
	once = procfs_open(ctx->fs, "%d/task/%d/%s", task->process->pid,
			   task->tid, file);
	if (once < 0)
		return once;
	n = procfs_reread(once, buf, size);
	if (n < 0 || ctx->spare_fds <= 0) {
		close(once);
	} else {
		*fd = once;
		ctx->spare_fds--;
	}
	return n;
}

static void drop_fd(struct proc_ctx *ctx, int *fd)
{
	if (*fd >= 0) {
		close(*fd);
		ctx->spare_fds++;
	}
	*fd = -1;
}

static int read_sched(struct proc_ctx *ctx, struct task *task,
		      struct proc_sched *ret)
{
	char buf[128];
	ssize_t n = read_kept(ctx, task, &task->fd_sched, "schedstat", buf,
			      sizeof(buf));

	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	return proc_parse_sched(buf, ret);
}

static int read_task_stat(const struct proc_ctx *ctx,
			  const struct task *task, struct proc_stat *ret)
{
	char buf[1024];
	ssize_t n = procfs_read(ctx->fs, buf, sizeof(buf), "%d/task/%d/stat",
				task->process->pid, task->tid);

	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	return proc_parse_stat(buf, ret);
}

/*
 * When a thread began that is found now: inside its clock tick, after a
 * moment at which it was absent, and early enough for all it has run.
 */
static int64_t birth_ns(const struct proc_ctx *ctx, const struct task *task,
			int64_t absent_ns, int64_t now_ns)
{
	int64_t lo = (int64_t)task->start * ctx->tick_ns - ctx->boot_offset_ns;
	int64_t hi = lo + ctx->tick_ns;
	int64_t latest = now_ns - (int64_t)(task->last.cpu_ns +
					    task->last.runq_ns);

	if (lo < absent_ns)
		lo = absent_ns;
	if (hi > latest)
		hi = latest;
	return lo < hi ? lo + (hi - lo) / 2 : hi;
}

static void post_clocks(const struct proc_ctx *ctx, const struct task *task,
			int64_t wall_ns, const struct proc_sched *delta)
{
	struct key key = task_key(task, ABI_TASK, 0);
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_WALL, wall_ns);
	if (delta) {
		int64_t cpu = (int64_t)delta->cpu_ns;
		int64_t runq = (int64_t)delta->runq_ns;

		task->process->seen_cpu_ns += cpu;
		cell_add(&cell, MEASURE_CPU, cpu);
		cell_add(&cell, MEASURE_RUNQ, runq);
		cell_add(&cell, MEASURE_BLOCKED, wall_ns - cpu - runq);
		cell_add(&cell, MEASURE_SWITCHES, (int64_t)delta->slices);
	}
	ctx->sink->cell(ctx->sink->ctx, &key, &cell);
}

static void post_name(const struct proc_ctx *ctx, const struct task *task,
		      const char *comm)
{
	struct event event = { .kind = EVENT_NAME, .text = comm,
			       .key = task_key(task, ABI_TASK, 0) };

	ctx->sink->event(ctx->sink->ctx, &event);
}

/* Absolute values of what is per thread on request. */
static int read_details(const struct proc_ctx *ctx, const struct task *task,
			struct cell *ret)
{
	static const struct proc_io zero;
	pid_t pid = task->process->pid;
	struct proc_status status;
	struct proc_stat stat;
	struct proc_io io;
	char buf[4096];

	if (read_task_stat(ctx, task, &stat))
		return -ESRCH;
	post_name(ctx, task, stat.comm);
	cell_add(ret, MEASURE_USER, (int64_t)stat.utime * ctx->tick_ns);
	cell_add(ret, MEASURE_SYSTEM, (int64_t)stat.stime * ctx->tick_ns);
	if (!ctx->has_sched)
		cell_add(ret, MEASURE_CPU, (int64_t)(stat.utime + stat.stime) *
					   ctx->tick_ns);
	if (procfs_read(ctx->fs, buf, sizeof(buf), "%d/task/%d/status", pid,
			task->tid) > 0 && !proc_parse_status(buf, &status)) {
		cell_add(ret, MEASURE_VCSW, (int64_t)status.vcsw);
		cell_add(ret, MEASURE_ICSW, (int64_t)status.icsw);
	}
	if (task->process->has_io &&
	    procfs_read(ctx->fs, buf, sizeof(buf), "%d/task/%d/io", pid,
			task->tid) > 0 && !proc_parse_io(buf, &io))
		proc_io_cell(ret, &io, &zero);
	return 0;
}

int task_open(struct task **ret, struct proc_ctx *ctx, struct process *p,
	      pid_t tid, int64_t absent_ns)
{
	struct task *task = calloc(1, sizeof(*task));
	struct proc_stat stat;
	int err;

	if (!task)
		return -ENOMEM;
	task->tid = tid;
	task->process = p;
	task->fd_sched = task->fd_see = task->fd_children = -1;
	task->see = p->see;
	err = read_task_stat(ctx, task, &stat);
	if (!err && ctx->has_sched)
		err = read_sched(ctx, task, &task->last);
	if (err) {
		task_free(ctx, task);
		return err;
	}
	task->start = stat.start;
	task->since_ns = task->last_ns = clock_mono_ns();
	post_name(ctx, task, stat.comm);
	if (ctx->attaching) {
		task->attached = true;
		task->first = task->last;
		if (ctx->details)
			read_details(ctx, task, &task->last_details);
	} else {
		int64_t born = birth_ns(ctx, task, absent_ns, task->last_ns);

		if (born < ctx->began_ns)
			born = ctx->began_ns;
		post_clocks(ctx, task, task->last_ns - born,
			    ctx->has_sched ? &task->last : NULL);
		task->since_ns = born;
	}
	p->tasks++;
	*ret = task;
	return 0;
}

void task_free(struct proc_ctx *ctx, struct task *task)
{
	if (!task)
		return;
	drop_fd(ctx, &task->fd_sched);
	drop_fd(ctx, &task->fd_see);
	drop_fd(ctx, &task->fd_children);
	free(task);
}

ssize_t task_children(struct proc_ctx *ctx, struct task *task, char *buf,
		      size_t size)
{
	ssize_t n = read_kept(ctx, task, &task->fd_children, "children", buf,
			      size);

	/* The kernel gives no more than a page at a time. */
	if (n > 0 && task->fd_children >= 0)
		n = procfs_reread_on(task->fd_children, buf, size, n);
	return n;
}

void task_restart(struct proc_ctx *ctx, struct task *task)
{
	proc_lost(ctx, LOSS_TASKS, 1);
	task->husk = false;
	task->since_ns = task->last_ns = clock_mono_ns();
	if (ctx->has_sched && read_sched(ctx, task, &task->last))
		task->last = (struct proc_sched){ 0 };
	task->first = task->last;
}

bool task_exists(struct proc_ctx *ctx, const struct task *task)
{
	struct proc_stat stat;

	return !read_task_stat(ctx, task, &stat);
}

/* Add the clocks' advance since the last look. */
static void account(struct proc_ctx *ctx, struct task *task, int64_t now_ns,
		    const struct proc_sched *now)
{
	int64_t wall = now_ns - task->last_ns;
	struct proc_sched delta = {
		now->cpu_ns - task->last.cpu_ns,
		now->runq_ns - task->last.runq_ns,
		now->slices - task->last.slices,
	};
	bool sane = now->cpu_ns >= task->last.cpu_ns &&
		    now->runq_ns >= task->last.runq_ns &&
		    (int64_t)(delta.cpu_ns + delta.runq_ns) <=
		    wall + CLOCK_SLACK_NS;

	if (!sane) {
		proc_lost(ctx, LOSS_TASKS, 1);
		task->since_ns = now_ns;
		task->first = *now;
	}
	post_clocks(ctx, task, wall, sane && ctx->has_sched ? &delta : NULL);
	task->last = *now;
	task->last_ns = now_ns;
}

static int state_row(char state)
{
	return state == 'R' ? STATE_RUNNING :
	       state == 'T' || state == 't' ? STATE_OUTSIDE : STATE_ASLEEP;
}

static int see_state(struct proc_ctx *ctx, struct task *task, int *abi,
		     int32_t *nr)
{
	struct proc_stat stat;
	int err = read_task_stat(ctx, task, &stat);

	if (err)
		return err;
	*abi = ABI_STATE;
	*nr = state_row(stat.state);
	return 0;
}

/* "0" means running, or not permitted: it tells nothing. */
static int see_wchan(struct proc_ctx *ctx, struct task *task,
		     const char *text, int *abi, int32_t *nr)
{
	if (!*text || !strcmp(text, "0"))
		return see_state(ctx, task, abi, nr);
	*abi = ABI_WCHAN;
	*nr = ctx->sink->label(ctx->sink->ctx, text);
	return 0;
}

static int see_syscall(const char *text, int *abi, int32_t *nr)
{
	struct proc_syscall seen;
	int err = proc_parse_syscall(text, &seen);

	if (err)
		return err;
	*abi = ABI_STATE;
	if (seen.where == WHERE_CALL)
		*abi = abi_guess(seen.nr, seen.sp, nr);
	else
		*nr = seen.where == WHERE_RUNNING ? STATE_RUNNING :
						    STATE_OUTSIDE;
	return 0;
}

/* Where the thread is now, by the best file that may be read. */
static int see(struct proc_ctx *ctx, struct task *task, int *abi, int32_t *nr)
{
	struct process *p = task->process;
	char buf[256];
	ssize_t n;

	for (;;) {
		if (task->see != p->see) {
			drop_fd(ctx, &task->fd_see);
			task->see = p->see;
		}
		if (task->see == SEE_STATE)
			return see_state(ctx, task, abi, nr);
		n = read_kept(ctx, task, &task->fd_see, see_file[task->see],
			      buf, sizeof(buf));
		if (n >= 0)
			break;
		/* -ENOENT: the thread is gone, or the kernel lacks it. */
		if (n == -ESRCH || (n == -ENOENT &&
				    see_state(ctx, task, abi, nr)))
			return -ESRCH;
		if (n == -EMFILE || n == -ENFILE || n == -ENOMEM)
			return (int)n;
		process_see_less(ctx, p, (int)n);
	}
	return task->see == SEE_WCHAN ? see_wchan(ctx, task, buf, abi, nr) :
	       see_syscall(buf, abi, nr);
}

int task_look(struct proc_ctx *ctx, struct task *task)
{
	struct event event = { .kind = EVENT_SAMPLE };
	struct proc_sched now = { 0 };
	int64_t before = task->last_ns;
	int32_t nr = 0;
	int abi, err;
	char state;

	if (ctx->has_sched) {
		err = read_sched(ctx, task, &now);
		if (err)
			return err;
	}
	account(ctx, task, clock_mono_ns(), &now);
	task->looks++;
	err = see(ctx, task, &abi, &nr);
	if (err)
		return err;
	/* A stop keeps the number of the call that it came after. A signal
	 * stops all threads, a debugger one by one. */
	state = task->process->last.state;
	if ((state == 'T' || (state == 't' &&
			      task->tid == task->process->pid)) &&
	    abi_is_wait(abi, nr)) {
		abi = ABI_STATE;
		nr = STATE_OUTSIDE;
	}
	task->in_call = abi >= ABI_WCHAN;
	event.key = task_key(task, abi, nr);
	event.weight_ns = (double)(task->last_ns - before);
	ctx->sink->event(ctx->sink->ctx, &event);
	return 0;
}

void task_details(struct proc_ctx *ctx, struct task *task)
{
	static const enum measure shared[] = {
		MEASURE_USER, MEASURE_SYSTEM, MEASURE_CPU, MEASURE_READS,
		MEASURE_WRITES,
		MEASURE_READ_CHARS, MEASURE_WRITE_CHARS, MEASURE_READ_BYTES,
		MEASURE_WRITE_BYTES
	};
	struct key key = task_key(task, ABI_TASK, 0);
	struct cell now = { 0 }, delta;

	if (read_details(ctx, task, &now))
		return;
	delta = now;
	for (int m = 0; m < MEASURE_COUNT; m++)
		delta.value[m] -= task->last_details.value[m];
	task->last_details = now;
	ctx->sink->cell(ctx->sink->ctx, &key, &delta);
	for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++)
		if (cell_has(&delta, shared[i]))
			cell_add(&task->process->claimed, shared[i],
				 delta.value[shared[i]]);
}

/*
 * Life after the last look. Its CPU time shows in the totals of the process
 * or, for a process, of its parent; how long it slept and queued is guessed
 * to be as in the rest of its life.
 */
static void post_tail(struct proc_ctx *ctx, struct task *task, int64_t tail)
{
	double life = (double)(task->last_ns - task->since_ns);
	double runq = (double)(task->last.runq_ns - task->first.runq_ns);
	double cpu = (double)(task->last.cpu_ns - task->first.cpu_ns);
	struct key key = task_key(task, ABI_TASK, 0);
	struct process *p = task->process;
	struct cell cell = { 0 };
	int64_t asleep = 0, queued = 0;

	cell_add_estimate(&cell, MEASURE_WALL, tail);
	/* The moment of birth is a guess, too: one reading says nothing. */
	if (ctx->has_sched && life > 0 && task->looks) {
		double scale = (double)tail / life;

		/* Queueing is of a life's beginning, above all: no more of
		 * it is taken to come than there was. */
		queued = (int64_t)(runq * (scale < 1 ? scale : 1));
		asleep = life <= runq + cpu ? 0 :
			 (int64_t)((life - runq - cpu) / (life - runq) *
				   (double)(tail - queued));
		cell_add_estimate(&cell, MEASURE_RUNQ, queued);
		cell_add_estimate(&cell, MEASURE_BLOCKED, asleep);
	}
	ctx->sink->cell(ctx->sink->ctx, &key, &cell);
	proc_lost(ctx, LOSS_TAIL_NS, tail);
	p->own_tails_ns += tail;
	if (p->parent && p->ending)
		p->parent->tails_ns += tail - asleep - queued;
}

/* How long it lived on after its last look: until its process told of its
 * end, else until the middle between when it was known to live and now. */
static int64_t tail_ns(const struct task *task)
{
	int64_t lived_ns = task->process->matched_ns, tail;

	if (task->process->ended_ns)
		return task->process->ended_ns - task->last_ns;
	if (lived_ns < task->last_ns)
		lived_ns = task->last_ns;
	tail = lived_ns + (clock_mono_ns() - lived_ns) / 2 - task->last_ns;
	/* Of a short life, as much is behind as is to come, on average. */
	if (!task->attached && tail > task->last_ns - task->since_ns)
		tail = task->last_ns - task->since_ns;
	return tail;
}

void task_end(struct proc_ctx *ctx, struct task *task)
{
	struct event event = { .kind = EVENT_EXIT,
			       .key = task_key(task, ABI_TASK, 0) };
	int64_t tail = tail_ns(task);
	struct proc_sched now;

	task->process->tasks--;
	if (task->husk)
		return;
	if (ctx->has_sched && !read_sched(ctx, task, &now)) {
		/* A zombie: its clocks are final, only the end is guessed. */
		int64_t ran = (int64_t)(now.cpu_ns - task->last.cpu_ns +
					now.runq_ns - task->last.runq_ns);

		account(ctx, task, task->last_ns + (tail > ran ? tail : ran),
			&now);
	} else if (tail > 0) {
		post_tail(ctx, task, tail);
	}
	ctx->sink->event(ctx->sink->ctx, &event);
}
