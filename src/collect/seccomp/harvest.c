/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/seccomp/harvest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/clock.h"
#include "base/procparse.h"
#include "collect/seccomp/gap.h"
#include "model/abi.h"
#include "model/callset.h"

/* A gap shorter than this is not worth a look, nor to be told unfinished. */
#define OPEN_FROM_NS (3 * NS_PER_MS)
/* A thread that is quiet for so long may have ended. */
#define QUIET_NS (200 * NS_PER_MS)

/* A thread as the proc collector knows it; its clocks since its birth. */
struct known {
	int32_t tid;		/* the map's key: stays first */
	uint64_t start;
	struct board_clocks now;	/* at_ns 0: not seen by it */
	bool ended;
	struct board_task *place;
};

/* What was told of a gap that is still open. */
struct open_gap {
	int32_t abi, nr;
	int64_t ns;
};

struct harvest_view {
	int32_t tid;		/* 0: not in use */
	char comm[16];		/* as told */
	bool accepts;		/* it was seen to accept connections */
	bool introduced;	/* its process's parent was told */
	bool adopted;		/* the proc collector tells its clocks */
	int64_t parked_ns, queued_ns;	/* told so far */
	int64_t wall_ns, runq_ns;	/* told so far, if not adopted */
	struct open_gap open[BOARD_SEEN];
};

struct harvest_posted {
	uint64_t calls;
	int64_t blocked_ns;
	uint32_t cold_us;
};

static struct key key_of(const struct board_task *task, int abi, int nr)
{
	return (struct key){ .pid = task->pid,
			     .process_start = task->process_start,
			     .tid = task->tid, .thread_start = task->start,
			     .abi = abi, .nr = nr };
}

static void post(const struct harvest *h, const struct board_task *task,
		 int abi, int nr, const struct cell *cell)
{
	struct key key = key_of(task, abi, nr);

	if (cell->have)
		h->sink->cell(h->sink->ctx, &key, cell);
}

static void post_blocked(const struct harvest *h,
			 const struct board_task *task, int abi, int nr,
			 int64_t ns)
{
	struct cell cell = { 0 };

	cell_add_estimate(&cell, MEASURE_BLOCKED, ns);
	post(h, task, abi, nr, &cell);
}

static struct harvest_view *view_of(const struct harvest *h,
				    const struct board_task *task)
{
	return &h->views[task - h->board->tasks];
}

/* How much the calibration may be off, by as much as it is. */
static int64_t slack_ns(const struct harvest *h, int64_t calls,
			uint32_t cold_us)
{
	return calls * (h->board->parked_each_ns + h->board->queued_each_ns) +
	       1000 * (int64_t)cold_us;
}

static void see_server(struct harvest *h, const struct board_task *task,
		       const struct board_call *call)
{
	struct harvest_view *view = view_of(h, task);

	if (view->accepts || call->abi != ABI_NATIVE ||
	    (call->nr != SYS_accept && call->nr != SYS_accept4))
		return;
	view->accepts = true;
	h->server = task->pid;
}

static void post_calls(struct harvest *h, const struct board_task *task)
{
	uint32_t place = __atomic_load_n(&task->calls, __ATOMIC_ACQUIRE);

	for (; place; place = h->board->calls[place].next) {
		const struct board_call *call = &h->board->calls[place];
		struct harvest_posted *posted = &h->posted[place];
		uint64_t calls = board_get(call->calls);
		int64_t blocked = board_get(call->blocked_ns);
		uint32_t cold_us = board_get(call->cold_us);
		int64_t more = (int64_t)(calls - posted->calls);
		bool notified = callset_has(h->notified, call->abi, call->nr);
		struct cell cell = { 0 };

		if (more) {
			cell_add(&cell, MEASURE_CALLS, more);
			see_server(h, task, call);
		}
		cell.slack_ns = slack_ns(h, more, cold_us - posted->cold_us);
		if (blocked != posted->blocked_ns || (more && notified))
			cell_add_estimate(&cell, MEASURE_BLOCKED,
					  blocked - posted->blocked_ns);
		post(h, task, call->abi, call->nr, &cell);
		*posted = (struct harvest_posted){ calls, blocked,
						    cold_us };
	}
}

static void withdraw_open(struct harvest *h, const struct board_task *task)
{
	struct harvest_view *view = view_of(h, task);

	for (int i = 0; i < BOARD_SEEN; i++) {
		if (view->open[i].ns)
			post_blocked(h, task, view->open[i].abi,
				     view->open[i].nr, -view->open[i].ns);
		view->open[i].ns = 0;
	}
}

/*
 * The gap that is not over, as of the thread's last look. The receiver may
 * end it while we read: then its number has changed and what was read is
 * worth nothing, and what the receiver books is read the next time.
 */
static void post_open(struct harvest *h, const struct board_task *task,
		      const struct known *known)
{
	uint64_t gap = __atomic_load_n(&task->gap, __ATOMIC_ACQUIRE);
	int64_t continued_ns = board_get(task->continued_ns);
	struct harvest_view *view = view_of(h, task);
	struct gap_share shares[BOARD_SEEN];
	int64_t ns;
	int n;

	if (!known || !known->now.at_ns || !continued_ns ||
	    (!known->ended && known->now.at_ns - continued_ns < OPEN_FROM_NS))
		return;
	ns = gap_open_blocked(h->board, task, &known->now);
	n = gap_shares(task, gap, shares);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (board_get(task->gap) != gap)
		return;
	for (int i = 0; i < n; i++) {
		view->open[i] = (struct open_gap){
			shares[i].abi, shares[i].nr,
			(int64_t)((double)ns * shares[i].part)
		};
		post_blocked(h, task, shares[i].abi, shares[i].nr,
			     view->open[i].ns);
	}
}

/* Our answers, out of what the clocks call blocked and queued. */
static void post_parked(struct harvest *h, const struct board_task *task)
{
	struct harvest_view *view = view_of(h, task);
	int64_t parked = board_get(task->parked_ns) - view->parked_ns;
	int64_t queued = board_get(task->queued_ns) - view->queued_ns;
	struct cell cell = { 0 };

	if (!parked && !queued)
		return;
	cell_add_estimate(&cell, MEASURE_BLOCKED, -parked);
	cell_add_estimate(&cell, MEASURE_RUNQ, -queued);
	cell_add_estimate(&cell, MEASURE_PARKED, parked + queued);
	post(h, task, ABI_TASK, 0, &cell);
	view->parked_ns += parked;
	view->queued_ns += queued;
}

/* The clocks that the receiver read are told up to @wall and @runq. */
static void post_clocks(struct harvest *h, const struct board_task *task,
			int64_t wall, int64_t runq)
{
	struct harvest_view *view = view_of(h, task);
	int64_t more_wall = wall - view->wall_ns;
	int64_t more_runq = runq - view->runq_ns;
	struct cell cell = { 0 };

	if (!more_wall && !more_runq)
		return;
	cell_add_estimate(&cell, MEASURE_WALL, more_wall);
	cell_add_estimate(&cell, MEASURE_RUNQ, more_runq);
	cell_add_estimate(&cell, MEASURE_BLOCKED, more_wall - more_runq);
	post(h, task, ABI_TASK, 0, &cell);
	view->wall_ns = wall;
	view->runq_ns = runq;
}

static void post_own_clocks(struct harvest *h, const struct board_task *task,
			    const struct known *known)
{
	struct harvest_view *view = view_of(h, task);

	if (known && known->now.at_ns && !view->adopted) {
		view->adopted = true;
		post_clocks(h, task, 0, 0);
	}
	if (!view->adopted)
		post_clocks(h, task, board_get(task->wall_ns) -
				     board_get(task->cpu_ns),
			    board_get(task->runq_ns));
}

static void tell(const struct harvest *h, const struct board_task *task,
		 enum event_kind kind)
{
	struct event event = { .kind = kind, .text = task->comm,
			       .key = key_of(task, ABI_TASK, 0) };

	h->sink->event(h->sink->ctx, &event);
	if (task->tid != task->pid && kind == EVENT_EXIT)
		return;
	event.key.tid = TID_PROCESS;
	event.key.thread_start = 0;
	h->sink->event(h->sink->ctx, &event);
}

/* Who started its process; 0 is told, too: nobody knows. */
static void introduce(struct harvest *h, struct board_task *task)
{
	struct event event = { .kind = EVENT_PARENT,
			       .key = key_of(task, ABI_TASK, 0) };
	struct harvest_view *view = view_of(h, task);

	if (view->introduced)
		return;
	view->introduced = true;
	event.key.tid = TID_PROCESS;
	event.key.thread_start = 0;
	event.parent.pid = task->ppid;
	event.parent.start = task->parent_start;
	h->sink->event(h->sink->ctx, &event);
}

/* The proc collector tells names, too, later than the receiver saw them. */
static void tell_name(const struct harvest *h, const struct board_task *task,
		      const struct known *known)
{
	struct harvest_view *view = view_of(h, task);

	if (!memcmp(view->comm, task->comm, sizeof(view->comm)) ||
	    (known && known->now.at_ns))
		return;
	memcpy(view->comm, task->comm, sizeof(view->comm));
	tell(h, task, EVENT_NAME);
}

static struct known *known_of(struct harvest *h, int32_t tid, uint64_t start)
{
	struct known *known = map_get(&h->known, &tid);

	if (known && known->start == start)
		return known;
	if (!known) {
		known = calloc(1, sizeof(*known));
		if (!known)
			return NULL;
		known->tid = tid;
		if (map_add(&h->known, known)) {
			free(known);
			return NULL;
		}
	}
	/* The id is another thread's now. */
	*known = (struct known){ .tid = tid, .start = start };
	return known;
}

/* A thread's end, if the proc collector does not know of it. */
static bool has_ended(const struct harvest *h, const struct board_task *task)
{
	struct proc_stat stat;
	char buf[1024];
	ssize_t n = procfs_read(h->fs, buf, sizeof(buf), "%d/stat",
				task->tid);

	if (n < 0)
		return n == -ENOENT || n == -ESRCH || n == -EBADF;
	if (proc_parse_stat(buf, &stat))
		return false;
	/* Who it is may not have been to be read: then it is who it is. */
	return (task->start && stat.start != task->start) ||
	       stat.state == 'Z';
}

static void take_down(struct harvest *h, struct board_task *task,
		      struct known *known)
{
	struct harvest_view *view = view_of(h, task);
	uint32_t place = task->calls;

	if (!view->adopted)
		tell(h, task, EVENT_EXIT);
	for (; place; place = h->board->calls[place].next)
		h->posted[place] = (struct harvest_posted){ 0 };
	*view = (struct harvest_view){ 0 };
	if (known && known->place == task)
		known->place = NULL;
	board_take_down(h->board, task);
}

/* The receiver answers first and accounts afterwards: a thread can have ended
 * by then. */
static bool is_in_hand(const struct harvest *h, const struct board_task *task)
{
	const struct seccomp_notif *notif = &h->board->buffer.notif;

	return __atomic_load_n(&notif->id, __ATOMIC_ACQUIRE) &&
	       board_get(notif->pid) == (uint32_t)task->tid;
}

static void harvest_place(struct harvest *h, struct board_task *task)
{
	struct harvest_view *view = view_of(h, task);
	struct known *known = known_of(h, task->tid, task->start);
	uint32_t state = __atomic_load_n(&task->state, __ATOMIC_ACQUIRE);
	int64_t quiet_ns = clock_mono_ns() - board_get(task->continued_ns);
	bool left = state == BOARD_LEFT || (known && known->ended);

	view->tid = task->tid;
	tell_name(h, task, known);
	if (known)
		known->place = task;
	if (!left && !view->adopted && quiet_ns > QUIET_NS) {
		left = has_ended(h, task);
		/* In turn: not all of them can be had. */
		if (!left && (!h->missed || task->pid > h->missed_last) &&
		    h->missed <= h->missed_last)
			h->missed = task->pid;
	}
	left = left && !is_in_hand(h, task);
	withdraw_open(h, task);
	post_calls(h, task);
	post_own_clocks(h, task, known);
	post_parked(h, task);
	if (state == BOARD_LIVE)
		post_open(h, task, known);
	if (left)
		take_down(h, task, known);
}

/* Those that were admitted up to a moment, as numbered by @admitted. */
static void each_place(struct harvest *h, uint64_t admitted,
		       void (*visit)(struct harvest *h,
				     struct board_task *task))
{
	uint32_t used = board_get(h->board->used_tasks);

	for (uint32_t i = 0; i < used; i++) {
		struct board_task *task = &h->board->tasks[i];
		uint32_t state = __atomic_load_n(&task->state,
						 __ATOMIC_ACQUIRE);

		if ((state == BOARD_LIVE || state == BOARD_LEFT) &&
		    task->number <= admitted)
			visit(h, task);
	}
}

/* Places are in no order, so all are introduced before anything is posted:
 * with whom the receiver has seen, it has seen what started it. */
void harvest_all(struct harvest *h)
{
	uint64_t admitted = __atomic_load_n(&h->board->admitted,
					    __ATOMIC_ACQUIRE);
	struct known *known;
	size_t pos = 0;

	h->missed_last = h->missed;
	h->missed = 0;
	each_place(h, admitted, introduce);
	each_place(h, admitted, harvest_place);
	/* Whoever has ended has had its place looked at by now. */
	while ((known = map_next(&h->known, &pos)))
		if (!known->place && (known->ended || !known->now.at_ns)) {
			map_del(&h->known, &known->tid);
			free(known);
		}
	sink_lost_since(h->sink, LOSS_CALLS,
			board_get(h->board->unaccounted) +
			board_get(h->board->kept), &h->told_unaccounted);
	sink_lost_since(h->sink, LOSS_TASKS, board_get(h->board->restarted),
			&h->told_restarted);
}

static void top_up(struct cell *cell, enum measure m, int64_t used_ns,
		   int64_t *told_ns)
{
	if (used_ns <= *told_ns)
		return;
	cell_add(cell, m, used_ns - *told_ns);
	*told_ns = used_ns;
}

void harvest_usage(struct harvest *h, int64_t user_ns, int64_t system_ns)
{
	struct cell cell = { 0 };

	top_up(&cell, MEASURE_USER, user_ns, &h->user_ns);
	top_up(&cell, MEASURE_SYSTEM, system_ns, &h->system_ns);
	top_up(&cell, MEASURE_CPU, user_ns + system_ns, &h->cpu_ns);
	if (cell.have && h->command.pid)
		h->sink->cell(h->sink->ctx, &h->command, &cell);
}

/* What the proc collector tells of a thread's clocks, summed up. */
static void on_cell(void *ctx, const struct key *key,
		    const struct cell *delta)
{
	struct harvest *h = ctx;
	int64_t wall = delta->value[MEASURE_WALL];
	int64_t runq = delta->value[MEASURE_RUNQ];
	int64_t off = delta->value[MEASURE_BLOCKED];
	struct known *known = key->tid > 0 && cell_has(delta, MEASURE_WALL) ?
			      known_of(h, key->tid, key->thread_start) : NULL;

	h->user_ns += delta->value[MEASURE_USER];
	h->system_ns += delta->value[MEASURE_SYSTEM];
	h->cpu_ns += delta->value[MEASURE_CPU];
	h->sink->cell(h->sink->ctx, key, delta);
	if (!known)
		return;
	/* A thread's end is told late, and without its CPU time. */
	known->now.at_ns = known->now.at_ns ? known->now.at_ns + wall :
					      clock_mono_ns();
	known->now.runq_ns += runq;
	known->now.cpu_ns += wall - runq - off;
}

/* Not asleep in that call, but waiting for our answer to it: what is notified
 * begins a gap of its own. The wake-ups that looks hit make this frequent. */
static bool is_parked(const struct harvest *h, const struct board_task *task,
		      const struct key *key)
{
	return callset_has(h->notified, key->abi, key->nr) &&
	       (board_get(task->abi) != key->abi ||
		board_get(task->nr) != key->nr);
}

/* Asleep in a gap that the receiver books, or nothing of ours. */
static void on_sample(struct harvest *h, struct event *event)
{
	const struct key *key = &event->key;
	struct known *known = map_get(&h->known, &key->tid);
	struct board_task *task = known ? known->place : NULL;
	int64_t continued_ns, gap_ns, weight = (int64_t)event->weight_ns;
	uint64_t gap;

	if (!abi_is_wait(key->abi, key->nr))
		return;
	if (h->asked && key->abi >= ABI_NATIVE &&
	    !callset_has(h->asked, key->abi, key->nr)) {
		event->key.abi = ABI_STATE;
		event->key.nr = STATE_OUTSIDE;
	}
	if (!task)
		return;
	gap = __atomic_load_n(&task->gap, __ATOMIC_ACQUIRE);
	continued_ns = board_get(task->continued_ns);
	gap_ns = clock_mono_ns() - continued_ns;
	if (continued_ns && gap_ns >= OPEN_FROM_NS &&
	    !is_parked(h, task, key))
		gap_see(task, gap, key->abi, key->nr,
			weight < gap_ns ? weight : gap_ns);
	event->key.abi = ABI_STATE;
	event->key.nr = STATE_BOOKED;
}

/* The first process that is named is the command's. What it used and nobody
 * saw was mostly its children's, if it has any. */
static void see_process(struct harvest *h, const struct key *key)
{
	if (!h->command.pid)
		h->command = *key;
	else if (h->command.pid != key->pid)
		h->command.tid = TID_CHILDREN;
}

static void on_event(void *ctx, const struct event *event)
{
	struct harvest *h = ctx;
	struct event told = *event;
	struct known *known;

	if (event->kind == EVENT_NAME && event->key.tid == TID_PROCESS)
		see_process(h, &event->key);
	if (event->kind == EVENT_SAMPLE)
		on_sample(h, &told);
	if (event->kind == EVENT_EXIT && event->key.tid > 0) {
		known = map_get(&h->known, &event->key.tid);
		if (known)
			known->ended = true;
		if (known && known->place)
			harvest_place(h, known->place);
	}
	h->sink->event(h->sink->ctx, &told);
}

static int32_t on_label(void *ctx, const char *text)
{
	const struct harvest *h = ctx;

	return h->sink->label(h->sink->ctx, text);
}

int harvest_init(struct harvest *h, struct board *board,
		 const struct procfs *fs, const struct sink *sink,
		 const struct callset *notified, const struct callset *asked)
{
	*h = (struct harvest){
		.board = board, .fs = fs, .sink = sink, .notified = notified,
		.asked = asked,
		.through = { .ctx = h, .event = on_event, .cell = on_cell,
			     .label = on_label },
		/* Pages of these are there once they are used. */
		.views = calloc(BOARD_TASKS, sizeof(*h->views)),
		.posted = calloc(BOARD_CALLS, sizeof(*h->posted)),
	};
	map_init(&h->known, sizeof(int32_t));
	return h->views && h->posted ? 0 : -ENOMEM;
}

void harvest_done(struct harvest *h)
{
	struct known *known;
	size_t pos = 0;

	while ((known = map_next(&h->known, &pos)))
		free(known);
	map_done(&h->known);
	free(h->views);
	free(h->posted);
	h->views = NULL;
	h->posted = NULL;
}
