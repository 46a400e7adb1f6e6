/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/join/join.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "collect/join/link.h"
#include "collect/proc/proc.h"
#include "collect/seccomp/seccomp.h"

/*
 * So often it is asked, that not much is lost when it is killed; less often
 * where an answer takes it long, as that is its own time.
 */
#define FETCH_NS NS_PER_SEC
#define FETCH_SHARE 100

/* A report waits for an answer so long, once. */
#define ANSWER_NS (2 * NS_PER_SEC)
#define JOIN_NS (5 * NS_PER_SEC)

/* So many messages are read at a time; the rest is read the next time. */
#define MESSAGES 8

/* What is known last of a thread's calls is told a moment after its end. */
#define AFTER_END_NS (200 * NS_PER_MS)

struct join_collector {
	struct collector base;
	const struct sink *sink;
	struct wire_request request;
	struct link link;
	struct wire_labels labels;
	int epoll_fd, timer_fd;
	int64_t asked_ns;	/* 0: no answer is due */
	bool is_late;		/* a report has gone without it */
	bool is_empty;		/* the targets have ended */
	bool is_over;		/* nothing more will come */
};

static struct join_collector *self(struct collector *c)
{
	return (struct join_collector *)c;
}

static int join_probe(const struct procfs *fs, unsigned *measures,
		      struct why *why)
{
	int err = collector_proc.probe(fs, measures, why);

	*measures |= SECCOMP_OWN_MEASURES;
	return err ? err : link_find_any(why);
}

static void join_close(struct collector *c)
{
	struct join_collector *j = self(c);

	if (!j)
		return;
	link_close(&j->link);
	wire_labels_done(&j->labels);
	if (j->timer_fd >= 0)
		close(j->timer_fd);
	if (j->epoll_fd >= 0)
		close(j->epoll_fd);
	free(j);
}

static int fill_request(struct join_collector *j,
			const struct collector_cfg *cfg, struct why *why)
{
	struct wire_request *request = &j->request;

	if (cfg->calls || cfg->all_calls)
		return why_set(why, EOPNOTSUPP, "which calls are counted was "
			       "said when the command was launched; join "
			       "without -e and -A");
	if (cfg->n_pids > WIRE_PIDS)
		return why_set(why, E2BIG, "at most %d processes can be "
			       "joined at once", WIRE_PIDS);
	request->pid_ns = procfs_pid_ns(cfg->procfs);
	request->follow = cfg->follow;
	request->n_pids = (uint32_t)cfg->n_pids;
	for (size_t i = 0; i < cfg->n_pids; i++)
		request->pids[i] = cfg->pids[i];
	return 0;
}

static int watch(const struct join_collector *j, int fd, struct why *why)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(j->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return why_set(why, errno, "epoll_ctl: %s", strerror(errno));
	return 0;
}

static int open_events(struct join_collector *j, struct why *why)
{
	int err;

	j->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	j->timer_fd = timerfd_create(CLOCK_MONOTONIC,
				     TFD_CLOEXEC | TFD_NONBLOCK);
	if (j->epoll_fd < 0 || j->timer_fd < 0)
		return why_set(why, errno, "cannot make a timer: %s",
			       strerror(errno));
	err = watch(j, j->timer_fd, why);
	return err ? err : watch(j, j->link.sock, why);
}

static int join_open(struct collector **ret, const struct collector_cfg *cfg,
		     const struct sink *sink, struct why *why)
{
	struct join_collector *j = calloc(1, sizeof(*j));
	int err;

	if (!j)
		return why_set(why, ENOMEM, "out of memory");
	j->base.ops = &collector_join;
	j->sink = sink;
	j->link.sock = j->epoll_fd = j->timer_fd = -1;
	err = fill_request(j, cfg, why);
	j->request.head = wire_head(WIRE_ASK);
	if (!err)
		err = link_find(&j->link, &j->request, cfg->procfs, why);
	if (!err)
		err = open_events(j, why);
	if (err)
		join_close(&j->base);
	else
		*ret = &j->base;
	return err;
}

static void arm(const struct join_collector *j, int64_t delay_ns)
{
	struct itimerspec spec = { .it_value = {
		.tv_sec = delay_ns / NS_PER_SEC,
		.tv_nsec = delay_ns % NS_PER_SEC,
	} };

	timerfd_settime(j->timer_fd, 0, &spec, NULL);
}

static void note(const struct join_collector *j, const char *fmt)
	__attribute__((format(printf, 2, 0)));

/* A sentence with the other's number in it. */
static void note(const struct join_collector *j, const char *fmt)
{
	char text[512];

	snprintf(text, sizeof(text), fmt, (int)j->link.pid);
	sink_note(j->sink, text);
}

/* Nothing more will come from there, and why. How many there are is not
 * known from now on; drain() is called, whoever found this out. */
static void end(struct join_collector *j, const char *fmt)
{
	struct event none = { .kind = EVENT_GAUGES };

	j->is_over = true;
	link_close(&j->link);
	j->sink->event(j->sink->ctx, &none);
	if (fmt)
		note(j, fmt);
	arm(j, 1);
}

static void end_in_nonsense(struct join_collector *j)
{
	end(j, "warning: smbsysacct %d sent what makes no sense; nothing of "
	    "it is shown, and nothing after it");
}

static void ask(struct join_collector *j, enum wire_kind kind)
{
	j->request.head = wire_head(kind);
	/* What it has sent before it went is still to be received. */
	link_send(&j->link, &j->request);
	j->asked_ns = clock_mono_ns();
}

static int read_state(struct join_collector *j,
		      const struct link_message *message,
		      struct wire_sums *sums)
{
	return wire_read_state(message->state, message->size, &j->labels,
			       j->sink, sums);
}

/* What was asked for, once. */
static int take_answer(struct join_collector *j,
		       const struct link_message *message)
{
	int64_t took_ns = clock_mono_ns() - j->asked_ns;

	if (!j->asked_ns || !message->state || read_state(j, message, NULL))
		return -EPROTO;
	j->asked_ns = 0;
	j->is_late = false;
	if (!j->is_empty)
		arm(j, FETCH_SHARE * took_ns > FETCH_NS ?
		       FETCH_SHARE * took_ns : FETCH_NS);
	return 0;
}

/* Told once. */
static int take_empty(struct join_collector *j)
{
	if (j->is_empty)
		return -EPROTO;
	j->is_empty = true;
	arm(j, AFTER_END_NS);
	return 0;
}

static int take_end(struct join_collector *j,
		    const struct link_message *message)
{
	struct wire_sums sums = { .gauges = { .processes = 0 } };

	if (message->state && read_state(j, message, &sums))
		return -EPROTO;
	end(j, sums.gauges.processes || !message->state ?
	    "smbsysacct %d has ended; what it launched goes on and is not "
	    "accounted any more" : NULL);
	return 0;
}

static int take_message(struct join_collector *j,
			const struct link_message *message)
{
	if (message->answer.head.kind == WIRE_EMPTY)
		return take_empty(j);
	if (message->answer.error) {
		end(j, "warning: smbsysacct %d could not go on telling what "
		    "it accounts");
		return 0;
	}
	return message->answer.head.kind == WIRE_END ?
	       take_end(j, message) : take_answer(j, message);
}

/* What has come. */
static void receive(struct join_collector *j)
{
	for (int i = 0; i < MESSAGES && !j->is_over; i++) {
		struct link_message message;
		int err = link_receive(&j->link, &message);

		if (err == -EAGAIN)
			return;
		if (err == -EPIPE)
			end(j, "warning: smbsysacct %d was killed, or does "
			    "not want us: what it has accounted since it was "
			    "last asked, a second ago at most unless it is "
			    "slow, is lost");
		else if (err || take_message(j, &message))
			end_in_nonsense(j);
		free(message.state);
	}
}

static bool wait_for_answer(struct join_collector *j, int64_t deadline_ns)
{
	while (!j->is_over && j->asked_ns) {
		if (clock_mono_ns() >= deadline_ns ||
		    link_wait(&j->link, deadline_ns))
			return false;
		receive(j);
	}
	return true;
}

static const char *how_joined(const struct join_collector *j,
			      const struct wire_answer *answer)
{
	for (uint32_t i = 0; i < j->request.n_pids; i++)
		if (j->request.pids[i] == answer->command)
			return "joined to smbsysacct %d, which launched it";
	return "joined to smbsysacct %d, which launched what started it";
}

static int join_start(struct collector *c, struct why *why)
{
	struct join_collector *j = self(c);
	struct link_message message;
	int err;

	ask(j, WIRE_JOIN);
	do {
		err = link_wait(&j->link, j->asked_ns + JOIN_NS);
		if (!err)
			err = link_receive(&j->link, &message);
	} while (err == -EAGAIN);
	if (err)
		return why_set(why, -err, "smbsysacct %d cannot be joined: "
			       "%s", (int)j->link.pid, err == -ETIMEDOUT ?
			       "it does not answer" : err == -EPIPE ?
			       "it has ended" : "its answer makes no sense");
	if (message.answer.error == ESRCH)
		err = why_set(why, ESRCH, "the target ended before it could "
			      "be joined");
	else if (message.answer.error ||
		 message.answer.head.kind != WIRE_ANSWER ||
		 take_answer(j, &message))
		err = why_set(why, EPROTO, "smbsysacct %d cannot be joined: "
			      "%s", (int)j->link.pid, message.answer.error ?
			      strerror(message.answer.error) :
			      "its answer makes no sense");
	if (!err)
		note(j, how_joined(j, &message.answer));
	free(message.state);
	return err;
}

static int join_fd(const struct collector *c)
{
	return ((const struct join_collector *)c)->epoll_fd;
}

static int join_drain(struct collector *c, struct why *why)
{
	struct join_collector *j = self(c);
	uint64_t expirations;
	bool due = read(j->timer_fd, &expirations, sizeof(expirations)) > 0;

	(void)why;
	receive(j);
	if (j->is_over || (due && j->is_empty))
		return 1;
	if (due && !j->asked_ns)
		ask(j, WIRE_FETCH);
	return 0;
}

static int join_tick(struct collector *c, int64_t now_ns, struct why *why)
{
	struct join_collector *j = self(c);

	(void)why;
	receive(j);
	if (j->is_over)
		return 0;
	if (!j->asked_ns)
		ask(j, WIRE_FETCH);
	if (wait_for_answer(j, j->is_late ? now_ns : now_ns + ANSWER_NS))
		return 0;
	/* It may be stopped: the next ones do not wait for it as long. */
	j->is_late = true;
	note(j, "smbsysacct %d does not answer: what is missing in a report "
	     "is in the one after it does");
	return 0;
}

const struct collector_ops collector_join = {
	.name = "join",
	.summary = "shows what another smbsysacct of yours, which launched "
		   "the process under seccomp, accounts",
	.modes = COLLECT_ATTACH,
	.measures = SECCOMP_MEASURES,
	.by_call = SECCOMP_BY_CALL,
	.estimated = SECCOMP_ESTIMATED,
	.in_detail = PROC_IN_DETAIL,
	.probe = join_probe,
	.open = join_open,
	.start = join_start,
	.fd = join_fd,
	.drain = join_drain,
	.tick = join_tick,
	.close = join_close,
};
