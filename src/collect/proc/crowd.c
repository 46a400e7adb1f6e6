/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/proc/crowd.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

/* What a target can make grow has a limit. */
#define MAX_TASKS 100000
/* Room for the children of one thread: 30,000 pids. */
#define CHILDREN_SIZE (256 * 1024)

struct search {
	struct crowd *crowd;
	struct process *process;	/* whose threads, or whose children */
	int64_t absent_ns;
};

int crowd_init(struct crowd *crowd, struct proc_ctx *ctx)
{
	*crowd = (struct crowd){ .ctx = ctx };
	map_init(&crowd->processes, sizeof(int32_t));
	map_init(&crowd->by_tid, sizeof(int32_t));
	crowd->fd_loadavg = procfs_open(ctx->fs, "loadavg");
	crowd->children = malloc(CHILDREN_SIZE);
	return crowd->children ? 0 : -ENOMEM;
}

static void remove_task(struct crowd *crowd, struct task *task)
{
	struct task *moved = crowd->tasks[--crowd->n_tasks];

	crowd->tasks[task->index] = moved;
	moved->index = task->index;
	map_del(&crowd->by_tid, &task->tid);
	task_free(crowd->ctx, task);
}

static void remove_process(struct crowd *crowd, struct process *p)
{
	struct process *other;
	size_t pos = 0;

	while ((other = map_next(&crowd->processes, &pos)))
		if (other->parent == p)
			other->parent = NULL;
	map_del(&crowd->processes, &p->pid);
	process_free(crowd->ctx, p);
}

void crowd_done(struct crowd *crowd)
{
	struct process *p;
	size_t pos = 0;

	while (crowd->n_tasks)
		remove_task(crowd, crowd->tasks[0]);
	while ((p = map_next(&crowd->processes, &pos)))
		process_free(crowd->ctx, p);
	map_done(&crowd->processes);
	map_done(&crowd->by_tid);
	free(crowd->tasks);
	free(crowd->children);
	if (crowd->fd_loadavg >= 0)
		close(crowd->fd_loadavg);
	*crowd = (struct crowd){ .fd_loadavg = -1 };
}

static int room_for_task(struct crowd *crowd)
{
	size_t capacity = crowd->capacity ? crowd->capacity * 2 : 64;
	struct task **tasks;

	if (crowd->n_tasks >= MAX_TASKS) {
		if (!crowd->told_limit)
			proc_note(crowd->ctx, NULL, "more than 100000 "
				  "threads: those beyond are not accounted; "
				  "attach to fewer processes");
		crowd->told_limit = true;
		return -ENOSPC;
	}
	if (crowd->n_tasks < crowd->capacity)
		return 0;
	tasks = realloc(crowd->tasks, capacity * sizeof(*tasks));
	if (!tasks)
		return -ENOMEM;
	crowd->tasks = tasks;
	crowd->capacity = capacity;
	return 0;
}

/* Threads that cannot be added are found again at the next scan. */
static int add_task(pid_t tid, void *arg)
{
	struct search *search = arg;
	struct crowd *crowd = search->crowd;
	struct task *task;

	if (map_get(&crowd->by_tid, &tid))
		return 0;
	if (room_for_task(crowd) ||
	    task_open(&task, crowd->ctx, search->process, tid,
		      search->absent_ns))
		return 0;
	if (map_add(&crowd->by_tid, task)) {
		task_free(crowd->ctx, task);
		return -ENOMEM;
	}
	task->checked_ns = search->absent_ns;
	task->index = crowd->n_tasks;
	crowd->tasks[crowd->n_tasks++] = task;
	return 0;
}

static void scan_tasks(struct crowd *crowd, struct process *p)
{
	struct search search = { crowd, p, p->scanned_ns };
	int64_t begin = clock_mono_ns();
	char path[32];

	snprintf(path, sizeof(path), "%d/task", p->pid);
	p->scanned_ns = begin;
	procfs_each_id(crowd->ctx->fs, path, add_task, &search);
}

static int add_process(struct crowd *crowd, pid_t pid,
		       struct process *parent, int64_t absent_ns)
{
	struct process *p;
	int err;

	/* Our own looks are no work of the target, though we may be its child:
	 * the report has what we cost. */
	if (map_get(&crowd->processes, &pid) || pid == getpid())
		return 0;
	err = process_open(&p, crowd->ctx, pid, parent);
	if (err)
		return err;
	p->scanned_ns = absent_ns;
	err = map_add(&crowd->processes, p);
	if (err) {
		process_free(crowd->ctx, p);
		return err;
	}
	scan_tasks(crowd, p);
	if (!p->tasks) {
		remove_process(crowd, p);
		return -ESRCH;
	}
	if (parent)
		parent->had_children = true;
	return 0;
}

/* A thread's children, from its children file. */
static void find_children(struct crowd *crowd, struct task *task)
{
	int64_t absent_ns = task->checked_ns;
	char *next = crowd->children, *end;
	ssize_t n;

	if (!crowd->ctx->follow)
		return;
	task->births = crowd->births;
	task->checked_ns = crowd->births_ns;
	n = task_children(crowd->ctx, task, crowd->children, CHILDREN_SIZE);
	if (n == -ENOENT && !crowd->told_children &&
	    task_exists(crowd->ctx, task)) {
		crowd->told_children = true;
		proc_note(crowd->ctx, NULL, "children are not followed: "
			  "this kernel has no /proc/PID/task/TID/children");
	}
	if (n <= 0)
		return;
	for (;; next = end) {
		long pid = strtol(next, &end, 10);

		/* Each has a blank behind it; without one it was cut. */
		if (end == next || *end != ' ')
			break;
		if (pid > 0 && pid <= INT_MAX)
			add_process(crowd, (pid_t)pid, task->process,
				    absent_ns);
	}
}

/* The descendants of the threads from @first on, who are added behind. */
static void find_descendants(struct crowd *crowd, size_t first)
{
	for (size_t i = first; i < crowd->n_tasks; i++)
		find_children(crowd, crowd->tasks[i]);
}

static void read_births(struct crowd *crowd)
{
	char buf[128];
	int64_t now_ns = clock_mono_ns();

	if (crowd->fd_loadavg < 0 ||
	    procfs_reread(crowd->fd_loadavg, buf, sizeof(buf)) < 0 ||
	    proc_parse_loadavg(buf, &crowd->births))
		crowd->births = ++crowd->extra_births;
	crowd->births_ns = now_ns;
}

/* One that was not found as a child may be one all the same. */
static void find_parent(struct crowd *crowd, pid_t pid)
{
	struct process *p = map_get(&crowd->processes, &pid);
	int32_t ppid = p ? p->last.ppid : 0;

	if (!p || p->parent)
		return;
	p->parent = map_get(&crowd->processes, &ppid);
	if (p->parent)
		p->parent->had_children = true;
}

int crowd_add(struct crowd *crowd, pid_t pid)
{
	bool attaching = crowd->ctx->attaching;
	size_t first = crowd->n_tasks;
	int err;

	read_births(crowd);
	err = add_process(crowd, pid, NULL, attaching ? crowd->births_ns :
			  crowd->ctx->began_ns);
	if (!attaching)
		find_parent(crowd, pid);
	find_descendants(crowd, first);
	return err;
}

/*
 * Whether something may have been born since the last time. An id is taken
 * a moment before its task can be seen, so each change is followed twice.
 */
static bool births_due(const struct crowd *crowd, pid_t *births,
		       bool *settled)
{
	bool due = *births != crowd->births || !*settled;

	*settled = *births == crowd->births;
	*births = crowd->births;
	return due;
}

static void end_process(struct crowd *crowd, struct process *p);

/* Notice which of its children have ended by now. */
static void notice_ends(struct crowd *crowd, const struct process *parent)
{
	struct process *p;
	size_t pos = 0;

	while ((p = map_next(&crowd->processes, &pos))) {
		if (p->parent != parent)
			continue;
		if (process_read(crowd->ctx, p, false) == -ESRCH ||
		    process_is_over(p))
			end_process(crowd, p);
	}
}

static void settle(struct crowd *crowd, struct process *p)
{
	struct proc_io io = p->last_io;

	/* Without children process_read() has told of its io. */
	if (p->had_children) {
		process_read_io(crowd->ctx, p, &io);
		notice_ends(crowd, p);
	}
	process_settle(crowd->ctx, p, &io);
}

static void end_process(struct crowd *crowd, struct process *p)
{
	p->ending = true;
	for (size_t i = 0; i < crowd->n_tasks && p->tasks; )
		if (crowd->tasks[i]->process == p) {
			task_end(crowd->ctx, crowd->tasks[i]);
			remove_task(crowd, crowd->tasks[i]);
		} else {
			i++;
		}
	settle(crowd, p);
	process_end(crowd->ctx, p);
	remove_process(crowd, p);
}

/*
 * New threads show in the number of threads; one that was born when another
 * ended shows as soon as that end is noticed.
 */
static void scan_if_due(struct crowd *crowd, struct process *p)
{
	if (p->last.threads == (long)p->tasks)
		p->scanned_ns = p->matched_ns = clock_mono_ns();
	else
		scan_tasks(crowd, p);
}

/* At a leader's turn. 1: the process has ended and is forgotten. */
static int look_process(struct crowd *crowd, struct task *leader, bool all)
{
	struct process *p = leader->process;
	int err = process_read(crowd->ctx, p, all);

	if (err == -ESRCH || (!err && process_is_over(p))) {
		end_process(crowd, p);
		return 1;
	}
	/* execve by another thread, which is the leader now. */
	if (!err && p->last.state != 'Z' && leader->husk)
		task_restart(crowd->ctx, leader);
	if (!err && p->last.state == 'Z' && !leader->husk) {
		/* pthread_exit in main: the others go on without it. */
		task_end(crowd->ctx, leader);
		p->tasks++;
		leader->husk = true;
	}
	scan_if_due(crowd, p);
	return 0;
}

/* One thread's turn. 1: it has ended and is forgotten. */
static int look(struct crowd *crowd, struct task *task, bool all)
{
	bool is_leader = task->tid == task->process->pid;

	/* The leader's state first: a zombie's sample would mean nothing. */
	if (is_leader && look_process(crowd, task, all))
		return 1;
	if (!task->husk && task_look(crowd->ctx, task) == -ESRCH &&
	    !is_leader) {
		task_end(crowd->ctx, task);
		remove_task(crowd, task);
		return 1;
	}
	if (births_due(crowd, &task->births, &task->settled)) {
		size_t first = crowd->n_tasks;

		find_children(crowd, task);
		find_descendants(crowd, first);
	} else {
		task->checked_ns = crowd->births_ns;
	}
	return 0;
}

static void told_end(struct crowd *crowd, int32_t pid)
{
	struct process *p = map_get(&crowd->processes, &pid);

	if (!p)
		return;
	if (process_read(crowd->ctx, p, false) == -ESRCH ||
	    process_is_over(p)) {
		int64_t now_ns = clock_mono_ns();

		if (now_ns <= crowd->ctx->in_time_ns)
			p->ended_ns = now_ns;
		end_process(crowd, p);
	} else {
		/* It was another one's, who had this id before. */
		epoll_ctl(crowd->ctx->ends_fd, EPOLL_CTL_DEL, p->fd_end,
			  NULL);
	}
}

void crowd_ends(struct crowd *crowd)
{
	struct epoll_event events[32];
	int n;

	do {
		n = epoll_wait(crowd->ctx->ends_fd, events, 32, 0);
		for (int i = 0; i < n; i++)
			if (events[i].data.u32)
				told_end(crowd, (int32_t)events[i].data.u32);
	} while (n == 32);
}

void crowd_round(struct crowd *crowd, size_t looks)
{
	read_births(crowd);
	while (looks-- && crowd->n_tasks) {
		if (crowd->cursor >= crowd->n_tasks)
			crowd->cursor = 0;
		if (!look(crowd, crowd->tasks[crowd->cursor], false))
			crowd->cursor++;
	}
}

void crowd_update(struct crowd *crowd)
{
	struct process *p;
	size_t pos = 0;

	read_births(crowd);
	if (crowd->ctx->details)
		for (size_t i = 0; i < crowd->n_tasks; i++)
			task_details(crowd->ctx, crowd->tasks[i]);
	/* Backwards: those that fill the places of removed ones come from
	 * behind, and were looked at, or go to a place still to come. */
	for (size_t i = crowd->n_tasks; i > 0; ) {
		if (i > crowd->n_tasks)
			i = crowd->n_tasks;
		else
			look(crowd, crowd->tasks[--i], true);
	}
	while ((p = map_next(&crowd->processes, &pos)))
		settle(crowd, p);
	crowd_tell(crowd);
}

void crowd_tell(const struct crowd *crowd)
{
	struct event event = { .kind = EVENT_GAUGES, .gauges = {
		.processes = crowd->processes.used,
		.threads = crowd->n_tasks,
	} };

	for (size_t i = 0; i < crowd->n_tasks; i++)
		event.gauges.in_flight += crowd->tasks[i]->in_call;
	crowd->ctx->sink->event(crowd->ctx->sink->ctx, &event);
}
