/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/audit/audit.h"

#include "collect/proc/proc.h"

#define NAME "audit"
#define SUMMARY "counts calls and errors by audit records, of what started " \
		"after audit was enabled; by name only"

#define OWN_MEASURES (1u << MEASURE_CALLS | 1u << MEASURE_ERRORS)
#define MEASURES (OWN_MEASURES | PROC_MEASURES)
#define BY_CALL (OWN_MEASURES | PROC_BY_CALL)
#define MODES (COLLECT_ATTACH | COLLECT_LAUNCH)

#ifdef HAVE_LIBAUDIT

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "collect/audit/trail.h"
#include "collect/gate.h"

struct audit_collector {
	struct collector base;
	struct collector_cfg cfg;
	const struct sink *sink;
	struct sink through;	/* of the inner one */
	struct trail trail;
	struct collector *inner;	/* the proc collector */
	struct launch_fate *fate;	/* shared with the command */
	struct command command;
	bool reaped;
	int epoll_fd;
};

static struct audit_collector *self(struct collector *c)
{
	return (struct audit_collector *)c;
}

static void audit_close(struct collector *c)
{
	struct audit_collector *a = self(c);

	if (!a)
		return;
	collector_proc.close(a->inner);
	trail_close(&a->trail);
	if (a->epoll_fd >= 0)
		close(a->epoll_fd);
	gate_fate_free(a->fate);
	free(a);
}

static int audit_probe(const struct procfs *fs, unsigned *measures,
		       struct why *why)
{
	int err = collector_proc.probe(fs, measures, why);

	*measures |= OWN_MEASURES;
	return err;
}

/* Whom the proc collector finds is followed, too. */
static void on_event(void *ctx, const struct event *event)
{
	struct audit_collector *a = ctx;

	if (event->kind == EVENT_NAME && event->key.tid == TID_PROCESS &&
	    event->key.pid != a->command.pid)
		trail_add(&a->trail, event->key.pid, TRAIL_FOUND, NULL);
	a->sink->event(a->sink->ctx, event);
}

static void on_cell(void *ctx, const struct key *key,
		    const struct cell *delta)
{
	const struct audit_collector *a = ctx;

	a->sink->cell(a->sink->ctx, key, delta);
}

static int32_t on_label(void *ctx, const char *text)
{
	const struct audit_collector *a = ctx;

	return a->sink->label(a->sink->ctx, text);
}

static int watch(const struct audit_collector *a, int fd, struct why *why)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return why_set(why, errno, "epoll_ctl: %s", strerror(errno));
	return 0;
}

static int open_inner(struct audit_collector *a, struct why *why)
{
	struct collector_cfg cfg = a->cfg;

	if (cfg.launch) {
		cfg.pids = &a->command.pid;
		cfg.n_pids = 1;
		cfg.launch = NULL;
	}
	a->through = (struct sink){ .ctx = a, .event = on_event,
				    .cell = on_cell, .label = on_label };
	return collector_proc.open(&a->inner, &cfg, &a->through, why);
}

/* Auditing that is enabled for it sees nobody who runs already. */
static int check_attach(const struct audit_collector *a, struct why *why)
{
	if (a->cfg.launch || a->trail.before.enabled)
		return 0;
	return why_set(why, ENOTSUP, "not measurable: audit is not enabled, "
		       "and what runs already stays unseen when it is; start "
		       "the command under audit instead");
}

static int audit_open_collector(struct collector **ret,
				const struct collector_cfg *cfg,
				const struct sink *sink, struct why *why)
{
	struct audit_collector *a = calloc(1, sizeof(*a));
	const struct trail_cfg trail = {
		.procfs = cfg->procfs, .sink = sink, .calls = cfg->calls,
		.follow = cfg->follow, .enable = cfg->audit_enable,
	};
	int err;

	if (!a)
		return why_set(why, ENOMEM, "out of memory");
	a->base.ops = &collector_audit;
	a->cfg = *cfg;
	a->sink = sink;
	a->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = trail_open(&a->trail, &trail, why);
	if (!err)
		err = check_attach(a, why);
	if (!err)
		err = watch(a, trail_fd(&a->trail), why);
	if (!err && cfg->launch)
		err = gate_fate_new(&a->fate, why);
	if (!err)
		err = open_inner(a, why);
	if (err)
		audit_close(&a->base);
	else
		*ret = &a->base;
	return err;
}

/* The command waits until it is followed. */
static int launch(struct audit_collector *a, struct gate *gate,
		  struct why *why)
{
	int64_t began_ns = clock_mono_ns();
	int err = gate_launch(gate, a->cfg.launch, &a->command, a->fate, why);

	if (!err)
		err = trail_add(&a->trail, a->command.pid, TRAIL_LAUNCHED,
				why);
	if (!err)
		err = proc_start_newborn(a->inner, began_ns, why);
	return err;
}

static int audit_start(struct collector *c, struct why *why)
{
	struct audit_collector *a = self(c);
	struct gate gate = GATE_NONE;
	int err = trail_begin(&a->trail, why);

	for (size_t i = 0; !err && i < a->cfg.n_pids; i++)
		err = trail_add(&a->trail, a->cfg.pids[i], TRAIL_ASKED, why);
	if (!err)
		err = a->cfg.launch ? launch(a, &gate, why) :
				      collector_proc.start(a->inner, why);
	if (!err)
		err = watch(a, collector_proc.fd(a->inner), why);
	gate_open(&gate, &a->command, !err);
	if (err)
		trail_admit(&a->trail, why);
	return err;
}

static int audit_fd(const struct collector *c)
{
	return ((const struct audit_collector *)c)->epoll_fd;
}

static int audit_drain(struct collector *c, struct why *why)
{
	struct audit_collector *a = self(c);
	int over;

	trail_drain(&a->trail);
	over = collector_proc.drain(a->inner, why);
	/* The command is waited for, whatever is accounted of it. */
	return over == 1 && a->command.pid && !a->reaped ? 0 : over;
}

static int audit_tick(struct collector *c, int64_t now_ns, struct why *why)
{
	struct audit_collector *a = self(c);

	trail_tick(&a->trail);
	return collector_proc.tick(a->inner, now_ns, why);
}

static const struct command *audit_command(const struct collector *c)
{
	const struct audit_collector *a = (const struct audit_collector *)c;

	return a->command.pid || a->command.signal ?
	       &a->command : NULL;
}

static void audit_reaped(struct collector *c, const struct rusage *usage)
{
	(void)usage;
	self(c)->reaped = true;
}

static void audit_release(struct collector *c)
{
	trail_end(&self(c)->trail);
}

const struct collector_ops collector_audit = {
	.name = NAME,
	.summary = SUMMARY,
	.modes = MODES,
	.measures = MEASURES,
	.by_call = BY_CALL,
	.estimated = PROC_ESTIMATED,
	.in_detail = PROC_IN_DETAIL,
	.only_by_name = true,
	.probe = audit_probe,
	.open = audit_open_collector,
	.start = audit_start,
	.fd = audit_fd,
	.drain = audit_drain,
	.tick = audit_tick,
	.command = audit_command,
	.reaped = audit_reaped,
	.release = audit_release,
	.close = audit_close,
};

#else

const struct collector_ops collector_audit = {
	.name = NAME,
	.summary = SUMMARY,
	.modes = MODES,
	.measures = MEASURES,
	.by_call = BY_CALL,
	.estimated = PROC_ESTIMATED,
	.only_by_name = true,
	.missing = "built without libaudit",
};

#endif
