/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/audit/trail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/procparse.h"
#include "collect/audit/record.h"
#include "collect/audit/trial.h"

#define MAX_RECORD 9000
/* So many at once: records of the whole machine may come faster than we
 * read, and the session has other things to do. */
#define RECORDS_AT_ONCE 2000
/* So often rules of who has ended are taken away. */
#define BURY_NS (200 * NS_PER_MS)
#define MS_PER_SEC 1000

/* A process that is followed. */
struct traced {
	int32_t pid;		/* the map's key: stays first */
	uint64_t start;		/* 0: it had ended before we looked */
	char comm[16];		/* as told */
	bool launching;		/* not the command yet, but our own code */
	bool ended;		/* and goes with the next burial */
	bool asked;		/* for by the user, and running already */
	bool seen;		/* a record of it was */
	unsigned rules;		/* that it has */
	int64_t children_ms;	/* from when on its children are covered */
};

static int64_t wall_ms(void)
{
	return clock_wall_ns() / NS_PER_MS;
}

/* --- processes ------------------------------------------------------------ */

/* A thread's id is no process's, though it can be read as one. */
static bool is_thread(const struct trail *t, pid_t pid)
{
	struct proc_status status;
	char buf[4096];

	return procfs_read(t->cfg.procfs, buf, sizeof(buf), "%d/status",
			   pid) > 0 &&
	       !proc_parse_status(buf, &status) && status.tgid != pid;
}

/* -ESRCH also for one that has ended; its first thread alone may have. */
static int read_stat(const struct trail *t, pid_t pid, struct proc_stat *ret)
{
	char buf[1024];

	if (procfs_read(t->cfg.procfs, buf, sizeof(buf), "%d/stat",
			pid) <= 0 || proc_parse_stat(buf, ret))
		return -ESRCH;
	return ret->state == 'Z' && ret->threads <= 1 ? -ESRCH : 0;
}

static int cover(struct trail *t, struct traced *traced, struct why *why)
{
	int err = cover_add(&t->cover, RULE_PID, traced->pid, &traced->rules,
			    why);

	if (!err && t->cfg.follow)
		err = cover_add(&t->cover, RULE_PPID, traced->pid,
				&traced->rules, why);
	if (!err)
		traced->children_ms = wall_ms();
	return err;
}

static struct traced *learn(struct trail *t, pid_t pid)
{
	struct traced *traced = map_get(&t->processes, &pid);
	struct proc_stat stat;

	if (traced)
		return traced;
	traced = calloc(1, sizeof(*traced));
	if (!traced)
		return NULL;
	traced->pid = pid;
	traced->children_ms = INT64_MAX;
	if (!read_stat(t, pid, &stat))
		traced->start = stat.start;
	if (map_add(&t->processes, traced)) {
		free(traced);
		return NULL;
	}
	return traced;
}

static void forget(struct trail *t, struct traced *traced)
{
	cover_remove(&t->cover, traced->pid, &traced->rules);
	map_del(&t->processes, &traced->pid);
	free(traced);
}

/* By the clock of records, from ticks since boot. */
static int64_t born_ms(uint64_t start)
{
	int64_t tick_ms = MS_PER_SEC / sysconf(_SC_CLK_TCK);
	struct timespec up;

	clock_gettime(CLOCK_BOOTTIME, &up);
	return wall_ms() - up.tv_sec * MS_PER_SEC - up.tv_nsec / NS_PER_MS +
	       (int64_t)start * tick_ms;
}

/* It was found by another way than its parent's record of its birth. */
static bool is_late(const struct trail *t, pid_t pid, uint64_t start)
{
	const struct traced *parent;
	struct proc_stat stat;

	if (born_ms(start) < t->began_ms || read_stat(t, pid, &stat))
		return false;
	parent = map_get(&t->processes, &stat.ppid);
	return !parent || parent->children_ms >= born_ms(start);
}

int trail_add(struct trail *t, pid_t pid, enum trail_who who,
	      struct why *why)
{
	bool known = map_get(&t->processes, &pid);
	struct traced *traced = learn(t, pid);
	int err;

	if (!traced)
		return why_set(why, ENOMEM, "out of memory");
	if (traced->rules || traced->ended || !traced->start)
		return 0;
	traced->launching = who == TRAIL_LAUNCHED;
	traced->asked = who == TRAIL_ASKED;
	err = cover(t, traced, why);
	if (who == TRAIL_FOUND && !known &&
	    (err || is_late(t, pid, traced->start)))
		sink_lost(t->cfg.sink, LOSS_LATE, 1);
	return err;
}

int trail_expect(struct trail *t, pid_t pid, struct why *why)
{
	struct traced *traced = learn(t, pid);

	if (!traced)
		return why_set(why, ENOMEM, "out of memory");
	traced->launching = true;
	return cover_add(&t->cover, RULE_PPID, pid, &traced->rules, why);
}

/* Its parent has told of it, or it has told of itself; @born_ms: the latest
 * that it can have been born. */
static struct traced *adopt(struct trail *t, const struct traced *parent,
			    pid_t pid, int64_t born_ms)
{
	struct traced *traced = map_get(&t->processes, &pid);

	if (traced || is_thread(t, pid))
		return traced;
	traced = learn(t, pid);
	if (!traced)
		return NULL;
	/* What has ended already needs no rule. */
	if (born_ms <= parent->children_ms ||
	    (traced->start && cover(t, traced, NULL)))
		sink_lost(t->cfg.sink, LOSS_LATE, 1);
	return traced;
}

static void tell(struct trail *t, const struct traced *traced,
		 enum event_kind kind)
{
	struct event event = {
		.kind = kind, .text = traced->comm,
		.key = { .pid = traced->pid, .tid = TID_PROCESS,
			 .process_start = traced->start, .abi = ABI_TASK },
	};

	t->cfg.sink->event(t->cfg.sink->ctx, &event);
}

/* A record that was on its way when its process ended is there by the next
 * burial. */
static void bury(struct trail *t)
{
	struct traced *traced;
	struct proc_stat stat;
	size_t pos = 0;

	while ((traced = map_next(&t->processes, &pos))) {
		if (traced->ended) {
			forget(t, traced);
		} else if (read_stat(t, traced->pid, &stat) ||
			   stat.start != traced->start) {
			traced->ended = true;
			tell(t, traced, EVENT_EXIT);
			cover_remove(&t->cover, traced->pid, &traced->rules);
		}
	}
}

/* --- records -------------------------------------------------------------- */

static void count(struct trail *t, struct traced *traced, int abi, int nr,
		  const struct audit_record *record)
{
	bool failed = record->exit < 0 && record->exit >= -4095;
	struct key key = { .pid = traced->pid, .tid = TID_PROCESS,
			   .process_start = traced->start,
			   .abi = abi, .nr = nr };
	struct cell cell = { 0 };

	if ((t->cfg.calls && !callset_has(t->cfg.calls, abi, nr)) ||
	    (t->cfg.failed && !failed))
		return;
	if (!t->cfg.failed)
		cell_add(&cell, MEASURE_CALLS, 1);
	cell_add(&cell, MEASURE_ERRORS, failed);
	t->cfg.sink->cell(t->cfg.sink->ctx, &key, &cell);
}

static void take(void *ctx, const struct audit_record *record)
{
	struct trail *t = ctx;
	struct traced *traced = map_get(&t->processes, &record->pid);
	struct traced *parent = map_get(&t->processes, &record->ppid);
	int32_t nr;
	int abi = abi_of_arch(record->arch, record->nr, &nr);

	/* Others' records come, too, by others' rules. A child that is older
	 * than the record that tells of its birth is told of by its own. */
	if (!traced && parent && t->cfg.follow && !parent->launching)
		traced = adopt(t, parent, record->pid, record->time_ms + 1);
	if (!traced || !record->ended)
		return;
	if (abi_is_exec(abi, nr) && !record->exit)
		traced->launching = false;
	if (traced->launching)
		return;
	traced->seen = true;
	if (strcmp(traced->comm, record->comm)) {
		memcpy(traced->comm, record->comm, sizeof(traced->comm));
		tell(t, traced, EVENT_NAME);
	}
	count(t, traced, abi, nr, record);
	if (t->cfg.follow && abi_is_fork(abi, nr) && record->exit > 0)
		adopt(t, traced, (pid_t)record->exit, record->time_ms);
}

static void read_records(struct trail *t)
{
	struct audit_record record;
	char buf[MAX_RECORD];
	size_t n;

	for (int i = 0; i < RECORDS_AT_ONCE; i++) {
		n = audit_link_read(&t->link, buf, sizeof(buf));
		if (!n)
			break;
		if (!audit_record_parse(&record, buf, n))
			take(t, &record);
	}
}

void trail_drain(struct trail *t)
{
	uint64_t expirations;

	read_records(t);
	if (read(t->timer_fd, &expirations, sizeof(expirations)) > 0)
		bury(t);
}

/* Counters of 32 bits, which an administrator may reset. */
static void tell_since(struct trail *t, enum loss kind, uint32_t *before,
		       uint32_t now)
{
	sink_lost(t->cfg.sink, kind, now >= *before ? now - *before : now);
	*before = now;
}

void trail_tick(struct trail *t)
{
	struct audit_state now;

	trail_drain(t);
	sink_lost_since(t->cfg.sink, LOSS_AUDIT_DROPS,
			audit_link_drops(&t->link, t->cfg.procfs),
			&t->told_drops);
	if (audit_link_state(&t->link, &now, NULL))
		return;
	tell_since(t, LOSS_AUDIT_LOST, &t->before.lost, now.lost);
	tell_since(t, LOSS_AUDIT_WAITS, &t->before.waits, now.waits);
}

/* It is not to be known when audit was enabled, nor who is older. */
void trail_end(struct trail *t)
{
	const struct traced *traced;
	char text[256];
	size_t pos = 0;

	if (trial_run(&t->link, &t->cover.owner, take, t, NULL))
		sink_note(t->cfg.sink, "audit's last records did not come "
			  "within three seconds: calls at the end may be "
			  "missing");
	while ((traced = map_next(&t->processes, &pos))) {
		if (traced->seen || !traced->asked)
			continue;
		snprintf(text, sizeof(text), "calls of process %d are not "
			 "measurable: no audit record of it came, so it made "
			 "none or is older than auditing", traced->pid);
		sink_note(t->cfg.sink, text);
	}
}

/* --- beginning and end ---------------------------------------------------- */

static int check_rules(struct trail *t, struct why *why)
{
	struct rule_list list;
	int err = audit_link_list(&t->link, &list, why);

	if (err)
		return err;
	for (size_t i = 0; !err && i < list.n; i++) {
		t->excepted |= rule_is_exception(list.rules[i],
						 list.sizes[i]);
		if (rule_hides_all(list.rules[i], list.sizes[i]))
			err = why_set(why, ENOTSUP, "not measurable: the rule "
				      "'-a task,never' keeps audit from seeing "
				      "any process that starts; 'auditctl -d "
				      "task,never' takes it away");
	}
	rule_list_free(&list);
	return err;
}

/* Who runs a program with its capabilities is not the administrator. */
static int check_enabled(const struct trail *t, struct why *why)
{
	if (t->before.enabled == 2)
		return why_set(why, EPERM, "audit's rules are locked until "
			       "the next boot (enabled is 2)");
	if (t->before.enabled)
		return 0;
	if (!t->cfg.enable)
		return why_set(why, ENOTSUP, "audit is not enabled, and to "
			       "enable it slows every process that starts "
			       "later, until the next boot; --audit-enable "
			       "does it all the same");
	if (getuid())
		return why_set(why, EPERM, "audit is not enabled, and to "
			       "enable it is for root: it slows every process "
			       "of the machine that starts later, until the "
			       "next boot");
	return 0;
}

static int watch(const struct trail *t, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int open_events(struct trail *t, struct why *why)
{
	struct itimerspec every = { .it_interval.tv_nsec = BURY_NS,
				    .it_value.tv_nsec = BURY_NS };

	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->timer_fd = timerfd_create(CLOCK_MONOTONIC,
				     TFD_CLOEXEC | TFD_NONBLOCK);
	if (t->epoll_fd < 0 || t->timer_fd < 0 ||
	    timerfd_settime(t->timer_fd, 0, &every, NULL) ||
	    watch(t, t->timer_fd) || watch(t, t->link.log))
		return why_set(why, errno, "cannot make a timer: %s",
			       strerror(errno));
	return 0;
}

int trail_open(struct trail *t, const struct trail_cfg *cfg, struct why *why)
{
	int err;

	*t = (struct trail)TRAIL_NONE;
	t->cfg = *cfg;
	map_init(&t->processes, sizeof(int32_t));
	cover_init(&t->cover, &t->link, cfg->procfs, cfg->calls, cfg->failed);
	err = audit_link_open(&t->link, cfg->procfs, why);
	if (!err)
		err = audit_link_state(&t->link, &t->before, why);
	if (!err)
		err = check_enabled(t, why);
	if (!err)
		err = check_rules(t, why);
	return err ? err : open_events(t, why);
}

static void note(struct trail *t)
{
	const struct sink *sink = t->cfg.sink;
	char text[256];

	if (t->enabled)
		sink_note(sink, "warning: audit was enabled for this, and "
			  "stays so: to disable it makes processes slower "
			  "still. Until the next boot 'auditctl -a task,never' "
			  "spares those that start later most of it");
	if (t->before.daemon)
		snprintf(text, sizeof(text), "warning: the audit daemon "
			 "(process %u) writes a record of each of these calls "
			 "to its log, too", t->before.daemon);
	else
		snprintf(text, sizeof(text), "there is no audit daemon, so "
			 "the kernel writes what it can of the records to its "
			 "own log");
	sink_note(sink, text);
	if (t->excepted)
		sink_note(sink, "warning: audit has rules that except calls "
			  "from being recorded (auditctl -l, 'never'): these "
			  "are missing here");
	snprintf(text, sizeof(text), "audit keeps %u records waiting at most, "
		 "and had %u; where they are more, the target waits%s",
		 t->before.backlog_limit, t->before.backlog,
		 t->before.has_waits ? "" : ", and this kernel does not tell "
		 "how long");
	sink_note(sink, text);
}

int trail_begin(struct trail *t, struct why *why)
{
	char text[128];
	unsigned n;
	int err;

	if (!t->before.enabled) {
		err = audit_link_enable(&t->link, why);
		if (err)
			return err;
		t->enabled = true;
	}
	t->began_ms = wall_ms();
	note(t);
	n = cover_sweep(&t->cover);
	snprintf(text, sizeof(text), "%u audit rules of a smbsysacct that was "
		 "killed were taken away", n);
	if (n)
		sink_note(t->cfg.sink, text);
	err = trial_run(&t->link, &t->cover.owner, NULL, NULL, why);
	if (err != -ETIME)
		return err;
	return why_set(why, ENOTSUP, "not measurable: of a process that "
		       "started now no audit record came; a rule may keep it "
		       "away (auditctl -l lists them)");
}

void trail_admit(const struct trail *t, struct why *why)
{
	struct why was;

	if (!t->enabled || !why)
		return;
	was = *why;
	why_set(why, was.err, "%.400s; audit was enabled for it, and stays so",
		was.text);
}

void trail_close(struct trail *t)
{
	struct traced *traced;
	size_t pos = 0;

	while ((traced = map_next(&t->processes, &pos)))
		forget(t, traced);
	map_done(&t->processes);
	if (t->epoll_fd >= 0)
		close(t->epoll_fd);
	if (t->timer_fd >= 0)
		close(t->timer_fd);
	audit_link_close(&t->link);
}

int trail_fd(const struct trail *t)
{
	return t->epoll_fd;
}
