/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp collector with the errors that notifications do not tell, from
 * audit's records of the calls that failed.
 */
#include "collect/audit/audit.h"

#include "collect/seccomp/seccomp.h"

#define NAME "seccomp,audit"
#define SUMMARY "as seccomp, with errors by audit records of calls that " \
		"failed; by name only"

#define MEASURES (SECCOMP_MEASURES | 1u << MEASURE_ERRORS)
#define BY_CALL (SECCOMP_BY_CALL | 1u << MEASURE_ERRORS)

#if defined(HAVE_LIBAUDIT) && defined(HAVE_LIBSECCOMP)

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "collect/audit/trail.h"

struct with_errors {
	struct collector base;
	const struct sink *sink;
	struct sink through;	/* of the inner one */
	struct trail trail;
	struct collector *inner;	/* the seccomp collector */
	pid_t command;
	int epoll_fd;
};

static struct with_errors *self(struct collector *c)
{
	return (struct with_errors *)c;
}

static int errors_probe(const struct procfs *fs, unsigned *measures,
			struct why *why)
{
	int err = collector_seccomp.probe(fs, measures, why);

	*measures |= 1u << MEASURE_ERRORS;
	return err;
}

static void errors_close(struct collector *c)
{
	struct with_errors *w = self(c);

	if (!w)
		return;
	collector_seccomp.close(w->inner);
	trail_close(&w->trail);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	free(w);
}

static void on_event(void *ctx, const struct event *event)
{
	struct with_errors *w = ctx;

	if (event->kind == EVENT_NAME && event->key.tid == TID_PROCESS &&
	    w->command && event->key.pid != w->command)
		trail_add(&w->trail, event->key.pid, TRAIL_FOUND, NULL);
	w->sink->event(w->sink->ctx, event);
}

/* Calls that audit has no record of did not fail, unless it has rules that
 * keep some from being recorded. */
static void on_cell(void *ctx, const struct key *key,
		    const struct cell *delta)
{
	const struct with_errors *w = ctx;
	struct cell cell = *delta;

	if (cell_has(&cell, MEASURE_CALLS) && !w->trail.excepted)
		cell_add(&cell, MEASURE_ERRORS, 0);
	w->sink->cell(w->sink->ctx, key, &cell);
}

static int32_t on_label(void *ctx, const char *text)
{
	const struct with_errors *w = ctx;

	return w->sink->label(w->sink->ctx, text);
}

static int errors_open(struct collector **ret,
		       const struct collector_cfg *cfg,
		       const struct sink *sink, struct why *why)
{
	struct with_errors *w = calloc(1, sizeof(*w));
	const struct trail_cfg trail = {
		.procfs = cfg->procfs, .sink = sink, .calls = cfg->calls,
		.failed = true, .follow = cfg->follow,
		.enable = cfg->audit_enable,
	};
	int err;

	if (!w)
		return why_set(why, ENOMEM, "out of memory");
	w->base.ops = &collector_seccomp_audit;
	w->sink = sink;
	w->through = (struct sink){ .ctx = w, .event = on_event,
				    .cell = on_cell, .label = on_label };
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = trail_open(&w->trail, &trail, why);
	if (!err)
		err = collector_seccomp.open(&w->inner, cfg, &w->through,
					     why);
	if (err)
		errors_close(&w->base);
	else
		*ret = &w->base;
	return err;
}

static int watch(const struct with_errors *w, int fd, struct why *why)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return why_set(why, errno, "epoll_ctl: %s", strerror(errno));
	return 0;
}

/* The command begins at once: the rule for it is there before. */
static int errors_start(struct collector *c, struct why *why)
{
	struct with_errors *w = self(c);
	const struct command *command;
	int err = trail_begin(&w->trail, why);

	if (!err)
		err = trail_expect(&w->trail, getpid(), why);
	if (!err)
		err = collector_seccomp.start(w->inner, why);
	command = collector_seccomp.command(w->inner);
	w->command = command ? command->pid : 0;
	if (!err && w->command)
		err = trail_add(&w->trail, w->command, TRAIL_LAUNCHED, why);
	if (!err)
		err = watch(w, trail_fd(&w->trail), why);
	if (!err)
		err = watch(w, collector_seccomp.fd(w->inner), why);
	if (err)
		trail_admit(&w->trail, why);
	return err;
}

static int errors_fd(const struct collector *c)
{
	return ((const struct with_errors *)c)->epoll_fd;
}

static int errors_drain(struct collector *c, struct why *why)
{
	struct with_errors *w = self(c);

	trail_drain(&w->trail);
	return collector_seccomp.drain(w->inner, why);
}

static int errors_tick(struct collector *c, int64_t now_ns, struct why *why)
{
	struct with_errors *w = self(c);
	int err = collector_seccomp.tick(w->inner, now_ns, why);

	trail_tick(&w->trail);
	return err;
}

static const struct command *errors_command(const struct collector *c)
{
	return collector_seccomp.command(
		((const struct with_errors *)c)->inner);
}

static void errors_reaped(struct collector *c, const struct rusage *usage)
{
	collector_seccomp.reaped(self(c)->inner, usage);
}

static int64_t errors_helpers_cpu(const struct collector *c)
{
	return collector_seccomp.helpers_cpu_ns(
		((const struct with_errors *)c)->inner);
}

static void errors_release(struct collector *c)
{
	collector_seccomp.release(self(c)->inner);
	trail_end(&self(c)->trail);
}

const struct collector_ops collector_seccomp_audit = {
	.name = NAME,
	.summary = SUMMARY,
	.modes = COLLECT_LAUNCH,
	.measures = MEASURES,
	.by_call = BY_CALL,
	.estimated = SECCOMP_ESTIMATED,
	.in_detail = PROC_IN_DETAIL,
	.holds_up = true,
	.offered = true,
	.only_by_name = true,
	.probe = errors_probe,
	.open = errors_open,
	.start = errors_start,
	.fd = errors_fd,
	.drain = errors_drain,
	.tick = errors_tick,
	.command = errors_command,
	.reaped = errors_reaped,
	.helpers_cpu_ns = errors_helpers_cpu,
	.release = errors_release,
	.close = errors_close,
};

#else

const struct collector_ops collector_seccomp_audit = {
	.name = NAME,
	.summary = SUMMARY,
	.modes = COLLECT_LAUNCH,
	.measures = MEASURES,
	.by_call = BY_CALL,
	.estimated = SECCOMP_ESTIMATED,
	.only_by_name = true,
	.missing = "built without libaudit or libseccomp",
};

#endif
