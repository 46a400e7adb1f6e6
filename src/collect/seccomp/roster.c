/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/roster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/procparse.h"
#include "model/abi.h"

#define KEPT_BACK_FDS 32	/* for one-off reads */

void roster_init(struct roster *roster, struct board *board,
		 const struct procfs *fs)
{
	struct rlimit limit = { .rlim_max = 1024 };

	*roster = (struct roster){ .board = board, .fs = fs };
	map_init(&roster->by_tid, sizeof(int32_t));
	/* This process's alone: the command has its own limits. */
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	roster->spare_fds = limit.rlim_cur > BOARD_TASKS ? BOARD_TASKS :
			    (long)limit.rlim_cur - KEPT_BACK_FDS;
}

static void drop(struct roster *roster, struct roster_entry *entry)
{
	map_del(&roster->by_tid, &entry->tid);
	if (entry->fd_sched >= 0) {
		close(entry->fd_sched);
		roster->spare_fds++;
	}
	free(entry);
}

void roster_done(struct roster *roster)
{
	struct roster_entry *entry;
	size_t pos = 0;

	while ((entry = map_next(&roster->by_tid, &pos)))
		drop(roster, entry);
	map_done(&roster->by_tid);
}

static int read_sched(const struct roster *roster,
		      const struct roster_entry *entry,
		      struct proc_sched *ret)
{
	char buf[128];
	ssize_t n = entry->fd_sched >= 0 ?
		    procfs_reread(entry->fd_sched, buf, sizeof(buf)) :
		    procfs_read(roster->fs, buf, sizeof(buf),
				"%d/task/%d/schedstat", entry->task->pid,
				entry->tid);

	if (n < 0)
		return (int)n;
	return proc_parse_sched(buf, ret);
}

static int read_clocks(const struct roster *roster,
		       const struct roster_entry *entry, int64_t now_ns,
		       struct board_clocks *ret)
{
	struct proc_sched sched;
	int err = read_sched(roster, entry, &sched);

	if (!err)
		*ret = (struct board_clocks){ now_ns, (int64_t)sched.cpu_ns,
					      (int64_t)sched.runq_ns };
	return err;
}

int roster_clocks(struct roster *roster, struct roster_entry *entry,
		  int64_t now_ns, struct board_clocks *ret)
{
	int err = read_clocks(roster, entry, now_ns, ret);
	uint32_t live = BOARD_LIVE;

	if (err != -ESRCH)
		return err;
	/* The session may have taken it down in this moment. */
	__atomic_compare_exchange_n(&entry->task->state, &live, BOARD_LEFT,
				    false, __ATOMIC_RELEASE,
				    __ATOMIC_RELAXED);
	drop(roster, entry);
	return err;
}

/* All zero where it cannot be read. */
static struct proc_stat stat_of(const struct roster *roster, pid_t pid)
{
	struct proc_stat stat;
	char buf[1024];

	if (procfs_read(roster->fs, buf, sizeof(buf), "%d/stat", pid) <= 0 ||
	    proc_parse_stat(buf, &stat))
		return (struct proc_stat){ .start = 0 };
	return stat;
}

static void put_name(struct board_task *task, const struct proc_stat *stat)
{
	if (stat->start)
		snprintf(task->comm, sizeof(task->comm), "%.15s",
			 stat->comm);
}

void roster_rename(const struct roster *roster, struct roster_entry *entry)
{
	struct proc_stat stat = stat_of(roster, entry->tid);

	put_name(entry->task, &stat);
	entry->renamed = false;
}

/* Now, as the parent may end once the thread goes on. Other threads than the
 * first are only to tell where that is never notified. */
static void find_parent(const struct roster *roster, struct board_task *task,
			pid_t ppid)
{
	task->ppid = ppid;
	if (task->tid == task->pid && ppid > 1)
		task->parent_start = stat_of(roster, ppid).start;
}

/* Who it is; what cannot be read stays 0. */
static void identify(const struct roster *roster, struct board_task *task)
{
	struct proc_stat stat = stat_of(roster, task->tid);
	struct proc_status status;
	char buf[4096];

	task->pid = task->tid;
	if (procfs_read(roster->fs, buf, sizeof(buf), "%d/status",
			task->tid) > 0 && !proc_parse_status(buf, &status))
		task->pid = status.tgid;
	task->start = stat.start;
	put_name(task, &stat);
	task->process_start = task->pid == task->tid ? task->start :
			      stat_of(roster, task->pid).start;
	find_parent(roster, task, stat.ppid);
}

/* A place for a thread. The entry of the thread that had it goes. */
static struct board_task *take_place(struct roster *roster)
{
	struct roster_entry *entry;
	struct board_task *task;
	pid_t was;

	task = board_take(roster->board, &was);
	entry = task && was ? map_get(&roster->by_tid, &was) : NULL;
	if (entry && entry->task == task)
		drop(roster, entry);
	return task;
}

static struct roster_entry *admit(struct roster *roster, pid_t tid,
				  int64_t now_ns)
{
	struct board_task *task = take_place(roster);
	struct roster_entry *entry, *old;

	if (!task)
		return NULL;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->tid = tid;
	entry->task = task;
	entry->fd_sched = -1;
	task->tid = tid;
	identify(roster, task);
	if (roster->spare_fds > 0) {
		entry->fd_sched = procfs_open(roster->fs,
					      "%d/task/%d/schedstat",
					      task->pid, tid);
		roster->spare_fds -= entry->fd_sched >= 0;
	}
	old = map_get(&roster->by_tid, &tid);
	if (old)
		drop(roster, old);
	if (map_add(&roster->by_tid, entry)) {
		free(entry);
		return NULL;
	}
	task->gap = 1;
	task->abi = ABI_STATE;
	task->nr = STATE_OUTSIDE;
	task->continued_ns = task->base.at_ns = now_ns;
	/* One that was killed while it was parked has none any more. */
	read_clocks(roster, entry, now_ns, &task->base);
	task->number = roster->board->admitted + 1;
	__atomic_store_n(&task->state, BOARD_LIVE, __ATOMIC_RELEASE);
	/* Whoever sees this sees all that came before, its parent's too. */
	__atomic_store_n(&roster->board->admitted, task->number,
			 __ATOMIC_RELEASE);
	return entry;
}

struct roster_entry *roster_find(struct roster *roster, pid_t tid,
				 int64_t now_ns)
{
	struct roster_entry *entry = map_get(&roster->by_tid, &tid);

	/* The place may have been taken down, even given to another since. */
	if (entry && entry->task->tid == tid &&
	    board_get(entry->task->state) == BOARD_LIVE)
		return entry;
	return admit(roster, tid, now_ns);
}
