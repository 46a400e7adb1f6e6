/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/flows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/tcp.h"
#include "collect/bpf/engine.h"
#include "collect/bpf/kin.h"
#include "model/abi.h"
#include "model/smb2.h"
#include "model/syscall.h"

#define STATUS_PENDING	0x103u
/* So often a client's address is looked for. */
#define LOOKS		20

/* Beyond the numbers that helper threads' calls have. */
#define JOB_NUMBERS 512

struct told_flow {
	struct times phases[PHASE_LOOP_COUNT];
	struct phase_sum sums[PHASE_LOOP_COUNT];
	uint64_t cancelled, unmatched, unanswered, no_room;
	int looked;		/* for the client's address */
};

struct flows {
	struct engine *engine;
	const struct procfs *fs;
	const struct sink *sink;
	struct told_flow *told;		/* by flow */
	struct request_cell *answered;	/* by request cell, as told */
	int8_t jobs[JOB_NUMBERS];	/* command + 1 of helpers' calls */
	int8_t jobs_io[JOB_NUMBERS];	/* and the phase that is their I/O */
	uint64_t told_no_flow;
	bool blind;
};

int flows_new(struct flows **ret, struct engine *engine,
	      const struct procfs *fs, const struct sink *sink,
	      struct why *why)
{
	struct flows *flows = calloc(1, sizeof(*flows));
	char name[64];

	if (!flows)
		goto fail;
	flows->engine = engine;
	flows->fs = fs;
	flows->sink = sink;
	flows->told = calloc(engine->plan.flows, sizeof(*flows->told));
	flows->answered = calloc(engine->plan.requests,
				 sizeof(*flows->answered));
	if (!flows->told || !flows->answered)
		goto fail;
	for (int nr = 0; nr < JOB_NUMBERS; nr++) {
		int io = 0;
		int command = smb2_helps(syscall_name(name, sizeof(name),
						      ABI_NATIVE, nr), &io);

		flows->jobs[nr] = (int8_t)(command + 1);
		flows->jobs_io[nr] = (int8_t)io;
	}
	*ret = flows;
	return 0;
fail:
	flows_free(flows);
	return why_set(why, ENOMEM, "out of memory");
}

void flows_free(struct flows *flows)
{
	if (!flows)
		return;
	free(flows->told);
	free(flows->answered);
	free(flows);
}

bool flows_are_blind(const struct flows *flows)
{
	return flows->blind;
}

/* --- calls -------------------------------------------------------------------- */

static bool is_helper(const struct known *known)
{
	return known->key.tid != known->key.pid;
}

int32_t flows_label(const struct flows *flows, const struct known *known,
		    uint32_t tag)
{
	uint32_t nr = tag & TAG_NR_OTHER;

	/* What helpers do between jobs is for none. */
	if (is_helper(known))
		return nr < JOB_NUMBERS && flows->jobs[nr] ?
		       flows->jobs[nr] : REQUEST_HELPERS;
	if (tag_label(tag) == LABEL_OTHERS || (!tag_label(tag) &&
					       !known->serves))
		return REQUEST_OTHERS;
	return (int32_t)tag_label(tag);
}

void flows_tell_call(struct flows *flows, const struct known *known,
		     const struct key *key, const struct cell *cell)
{
	static const unsigned times =
		1u << MEASURE_WALL | 1u << MEASURE_BLOCKED |
		1u << MEASURE_RUNQ | 1u << MEASURE_CPU;
	struct cell io = *cell;
	struct key io_key = kin_process(key);

	if (!is_helper(known) || key->request <= 0)
		return;
	io_key.abi = ABI_PHASE;
	io_key.nr = flows->jobs_io[key->nr];
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (!(times & measure_bit(m)))
			io.value[m] = 0;
	io.have &= times;
	cell_add(&io, MEASURE_TIMES, cell->value[MEASURE_CALLS]);
	cell_add(&io, MEASURE_CALLS, cell->value[MEASURE_CALLS]);
	cell_add(&io, MEASURE_ENDED, cell->value[MEASURE_ENDED]);
	flows->sink->cell(flows->sink->ctx, &io_key, &io);
}

bool flows_take_early(struct flows *flows, const struct slot *slot,
		      struct call_cell *cell, struct detail *detail,
		      struct call_cell *asleep)
{
	struct flow *flow = &flows->engine->flows[slot->flow];
	const struct early_call *early;

	if (!flow->n_early || flow->n_early > FLOW_EARLY)
		return false;
	early = &flow->early[--flow->n_early];
	*cell = (struct call_cell){
		.tag = early->tag, .calls = 1,
		.errors = early->ret < 0 && early->ret >= -4095,
		.bytes = early->ret > 0 ? (uint64_t)early->ret : 0,
		.wall_ns = early->wall_ns, .blocked_ns = early->blocked_ns,
		.runq_ns = early->runq_ns,
		.vcsw = early->vcsw, .icsw = early->icsw,
	};
	*detail = early->detail;
	detail->wait = early->wait.wait;
	detail->waker = early->wait.waker;
	*asleep = (struct call_cell){
		.tag = early->tag, .blocked_ns = early->wait.blocked_ns,
		.vcsw = early->wait.times,
	};
	return true;
}

/* --- phases ------------------------------------------------------------------- */

/* The phase that goes on has its calls so far. Until it is known what a turn
 * of the loop is for, it is for something else. */
static void settle_phase(struct flow *flow)
{
	struct phase_sum *sum;

	if (flow->phase >= PHASE_LOOP_COUNT)
		flow->phase = PHASE_OTHER;
	sum = &flow->phases[flow->phase];
	sum->calls += flow->calls;
	sum->calls_ns += flow->calls_ns;
}

static struct times phase_times(const struct flow *flow, uint32_t phase,
				const struct slot *slot,
				const struct times *since, int64_t now_ns)
{
	const struct phase_sum *sum = &flow->phases[phase];
	struct times times = {
		.wall_ns = (int64_t)sum->wall_ns,
		.blocked_ns = (int64_t)sum->blocked_ns,
		.runq_ns = (int64_t)sum->runq_ns,
	};

	if (flow->phase != phase)
		return times;
	times.wall_ns += at_least_0(now_ns - (int64_t)flow->since_ns);
	times.blocked_ns += (int64_t)slot->past_blocked_ns +
			    since->blocked_ns -
			    (int64_t)flow->base_blocked_ns;
	times.runq_ns += (int64_t)slot->past_runq_ns + since->runq_ns -
			 (int64_t)flow->base_runq_ns;
	return times;
}

static void tell_phase(const struct gather *g, const struct key *process, struct told_flow *told,
		       const struct flow *flow, uint32_t phase,
		       struct times times)
{
	const struct phase_sum *sum = &flow->phases[phase];
	struct phase_sum *before = &told->sums[phase];
	struct times news = times_news(&times, &told->phases[phase]);
	struct key key = *process;
	struct cell cell = { 0 };

	key.abi = ABI_PHASE;
	key.nr = (int32_t)phase;
	cell_add(&cell, MEASURE_WALL, news.wall_ns);
	cell_add(&cell, MEASURE_BLOCKED, news.blocked_ns);
	cell_add(&cell, MEASURE_RUNQ, news.runq_ns);
	cell_add(&cell, MEASURE_CPU, times_cpu(&news));
	cell_add(&cell, MEASURE_TIMES, (int64_t)(sum->times - before->times));
	cell_add(&cell, MEASURE_CALLS, (int64_t)(sum->calls - before->calls));
	cell_add(&cell, MEASURE_ENDED,
		 (int64_t)(sum->calls_ns - before->calls_ns));
	*before = *sum;
	g->sink->cell(g->sink->ctx, &key, &cell);
}

/* An interval without a request, before the first one, is nobody's. */
static void pass_over(struct told_flow *told, const struct flow *flow,
		      const struct slot *slot, const struct times *since,
		      int64_t now_ns)
{
	for (uint32_t phase = 0; phase < PHASE_LOOP_COUNT; phase++) {
		told->phases[phase] = phase_times(flow, phase, slot, since,
						  now_ns);
		told->sums[phase] = flow->phases[phase];
	}
}

/* --- requests ------------------------------------------------------------------- */

static struct key request_key(const struct key *process, uint32_t command,
			      uint32_t status, uint64_t session,
			      uint32_t tree)
{
	struct key key = *process;

	key.abi = ABI_REQUEST;
	key.request = (int32_t)command + 1;
	key.status = status;
	key.session = session;
	key.tree = tree;
	return key;
}

static void tell_answered(struct flows *flows, struct gather *g,
			  const struct key *process, const struct slot *slot,
			  uint32_t index, const struct request_cell *now)
{
	struct request_cell *told = &flows->answered[index];
	struct key key = request_key(process, now->command, now->status,
				     now->session, now->tree);
	int64_t count = (int64_t)(now->count - told->count);
	int64_t wall = (int64_t)(now->wall_ns - told->wall_ns);
	int64_t run = (int64_t)(now->run_wall_ns - told->run_wall_ns);
	int64_t blocked = (int64_t)(now->run_blocked_ns -
				    told->run_blocked_ns);
	int64_t runq = (int64_t)(now->run_runq_ns - told->run_runq_ns);
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_REQUESTS, count);
	cell_add(&cell, MEASURE_ERRORS, smb2_failed(now->status) ? count : 0);
	cell_add(&cell, MEASURE_WALL, wall);
	cell_add(&cell, MEASURE_ENDED, wall);
	cell_add(&cell, MEASURE_ASYNC, wall - run);
	cell_add(&cell, MEASURE_BLOCKED, blocked);
	cell_add(&cell, MEASURE_RUNQ, runq);
	cell_add(&cell, MEASURE_CPU, run - blocked - runq);
	if (now->epoch == g->control->epoch) {
		cell_add(&cell, MEASURE_MIN, (int64_t)now->min_ns);
		cell_add(&cell, MEASURE_MAX, (int64_t)now->max_ns);
	}
	g->sink->cell(g->sink->ctx, &key, &cell);
	if (now->hist && g->hists)
		gather_hist(g, slot, &key, now->hist);
	*told = *now;
}

static void tell_requests(struct flows *flows, struct gather *g,
			  const struct key *process, const struct slot *slot,
			  const struct flow *flow)
{
	struct request_cell now;

	for (int command = 0; command <= SMB2_UNKNOWN; command++)
		for (uint32_t i = flow->first_request[command];
		     i && i < g->plan->requests; i = now.next) {
			times_copy(slot, &now, &flows->engine->answered[i],
				   sizeof(now));
			if (now.count != flows->answered[i].count)
				tell_answered(flows, g, process, slot, i,
					      &now);
		}
}

static void tell_open(const struct gather *g, const struct key *process,
		      const struct request *request, int64_t now_ns)
{
	struct key key = request_key(process, request->command,
				     STATUS_PENDING, request->session,
				     request->tree);
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_IN_FLIGHT, 1);
	cell_add(&cell, MEASURE_AGE,
		 at_least_0(now_ns - (int64_t)request->began_ns));
	g->sink->cell(g->sink->ctx, &key, &cell);
}

static void tell_losses(struct flows *flows, struct gather *g,
			const struct key *process, const struct flow *flow,
			struct told_flow *told)
{
	struct key key = request_key(process, SMB2_CANCEL, 0, 0, 0);
	struct cell cell = { 0 };

	/* They are not answered, so there is no time that they took. */
	if (flow->cancelled != told->cancelled) {
		cell_add(&cell, MEASURE_REQUESTS,
			 (int64_t)(flow->cancelled - told->cancelled));
		g->sink->cell(g->sink->ctx, &key, &cell);
	}
	told->cancelled = flow->cancelled;
	sink_lost_since(g->sink, LOSS_UNMATCHED, flow->unmatched,
			&told->unmatched);
	sink_lost_since(g->sink, LOSS_UNANSWERED, flow->unanswered,
			&told->unanswered);
	sink_lost_since(g->sink, LOSS_REQUESTS, flow->no_room,
			&told->no_room);
	flows->blind |= flow->n_blind;
}

/* The client's address, by the socket that its requests come from. */
static void tell_client(struct flows *flows, struct gather *g,
			const struct key *process, const struct flow *flow,
			struct told_flow *told)
{
	struct event event = { .kind = EVENT_NAME, .key = *process };
	char address[TCP_ADDRESS_MAX];

	if (told->looked >= LOOKS)
		return;
	told->looked++;
	/* The latest: a connection can move to another descriptor. */
	for (uint32_t i = flow->n_sockets; i > 0; i--) {
		if (tcp_peer(flows->fs, process->pid, flow->sockets[i - 1],
			     address, sizeof(address)))
			continue;
		event.key.abi = ABI_REQUEST;
		event.text = address;
		g->sink->event(g->sink->ctx, &event);
		told->looked = LOOKS;
		return;
	}
}

void flows_look(const struct flows *flows, struct known *known,
		const struct slot *slot)
{
	struct flow flow;

	times_copy(slot, &flow, &flows->engine->flows[slot->flow],
		   sizeof(flow));
	known->serves = flow.dispatched;
	known->label = !flow.dispatched ? LABEL_OTHERS :
		       flow.phase == PHASE_RUNNING ||
		       flow.phase == PHASE_SENDING ||
		       flow.phase == PHASE_CTDB ? flow.label : 0;
}

void flows_tell(struct flows *flows, struct gather *g,
		const struct known *known, const struct slot *now,
		const struct slot *slot, const struct times *since,
		int64_t now_ns)
{
	struct key process = kin_process(&known->key);
	struct told_flow *told = &flows->told[now->flow];
	struct flow flow;

	times_copy(slot, &flow, &flows->engine->flows[now->flow],
		   sizeof(flow));
	settle_phase(&flow);
	if (!known->serves) {
		if (g->reporting)
			pass_over(told, &flow, now, since, now_ns);
		return;
	}
	tell_client(flows, g, &process, &flow, told);
	for (uint32_t phase = 0; phase < PHASE_LOOP_COUNT; phase++)
		tell_phase(g, &process, told, &flow, phase,
			   phase_times(&flow, phase, now, since, now_ns));
	tell_requests(flows, g, &process, slot, &flow);
	if (flow.has_open && g->reporting && !(now->flags & SLOT_DEAD))
		tell_open(g, &process, &flow.open, now_ns);
	tell_losses(flows, g, &process, &flow, told);
}

/* --- in progress ------------------------------------------------------------------ */

struct open_ctx {
	struct gather *g;
	uint32_t gone;		/* serial of a slot that has ended */
};

static bool tell_parked(void *ctx, const struct request_key *key,
			const struct request *request)
{
	struct open_ctx *open = ctx;
	struct gather *g = open->g;
	const struct known *known = key->slot < g->plan->slots ?
				    &g->known[key->slot] : NULL;
	struct key process;

	if (!known || known->serial != key->serial)
		return true;
	process = kin_process(&known->key);
	tell_open(g, &process, request, g->end_ns ? g->end_ns :
						    clock_mono_ns());
	return true;
}

void flows_tell_open(struct flows *flows, struct gather *g)
{
	struct open_ctx open = { .g = g };

	sink_lost_since(g->sink, LOSS_REQUESTS, g->control->no_flow,
			&flows->told_no_flow);
	if (g->reporting)
		engine_requests(flows->engine, tell_parked, &open);
}

/* A request of a process that is gone was dropped with it, but for one that
 * is passed on to the client's other process, which answers it. */
static bool drop_request(void *ctx, const struct request_key *key,
			 const struct request *request)
{
	struct open_ctx *open = ctx;

	if (key->serial != open->gone)
		return true;
	if (request->command)
		sink_lost(open->g->sink, LOSS_UNANSWERED, 1);
	return false;
}

/* What its cells count is told; they are the next process's. */
static void recycle_cells(struct flows *flows, struct gather *g,
			  struct flow *flow)
{
	uint32_t spare = flow->spare_request, next;
	struct request_cell *cells = flows->engine->answered;

	for (int command = 0; command <= SMB2_UNKNOWN; command++)
		for (uint32_t i = flow->first_request[command];
		     i && i < g->plan->requests; i = next) {
			uint32_t hist = cells[i].hist;

			next = cells[i].next;
			flows->answered[i] = (struct request_cell){ 0 };
			if (hist && g->hists) {
				memset(&g->hists[hist], 0, sizeof(*g->hists));
				memset(&g->told_hists[hist], 0,
				       sizeof(*g->told_hists));
			}
			cells[i].next = spare;
			spare = i;
		}
	*flow = (struct flow){ .spare_request = spare };
}

void flows_recycle(struct flows *flows, struct gather *g, uint32_t index)
{
	struct slot *slot = &g->slots[index];
	struct flow *flow = &flows->engine->flows[slot->flow];
	struct open_ctx open = { .g = g, .gone = slot->serial };

	if (flow->has_open && flow->open.command)
		sink_lost(g->sink, LOSS_UNANSWERED, 1);
	if (flow->dispatched)
		engine_requests(flows->engine, drop_request, &open);
	recycle_cells(flows, g, flow);
	flows->told[slot->flow] = (struct told_flow){ 0 };
	engine_release_flow(flows->engine, slot->flow);
	slot->flow = 0;
}
