/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An smbd's main thread, from one phase to the next: its loop by its calls,
 * requests by two probes in its library. Calls are booked to the command
 * that they are made for; those of a loop turn from before that is known
 * are kept until it is.
 *
 * Functions that are not static are verified once, and not at each place
 * that calls them.
 */
#ifndef COLLECT_BPF_FLOW_BPF_H
#define COLLECT_BPF_FLOW_BPF_H

#include "collect/bpf/calls.bpf.h"
#include "collect/bpf/detail.bpf.h"
#include "collect/bpf/identity.bpf.h"
#include "collect/bpf/offcpu.bpf.h"
#include "collect/bpf/shared.bpf.h"

/* The sizes of these are set at load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, uint32_t);
} free_flows SEC(".maps");

inline_always struct flow *flow_at(uint32_t index)
{
	return index ? bpf_map_lookup_elem(&flows, &index) : NULL;
}

/* --- phases ----------------------------------------------------------------- */

/* The present phase ends now, and what it was is booked. */
__attribute__((noinline)) int turn_to(struct slot *s, struct flow *f,
				      uint32_t phase, uint64_t now)
{
	struct task_struct *task = bpf_get_current_task_btf();
	uint64_t wall, blocked, runq;
	struct phase_sum *sum;
	uint32_t at;

	if (!s || !f)
		return 0;
	catch_up(s, task, now);
	settle(s, task);
	wall = now - f->since_ns;
	blocked = s->past_blocked_ns + s->blocked_ns;
	runq = s->past_runq_ns + s->queued_ns;
	at = f->phase;
	/* Told to the verifier after the compiler, which may know it. */
	asm volatile("" : "+r"(at));
	if (at >= PHASE_LOOP_COUNT)
		return 0;
	sum = &f->phases[at];
	sum->calls += f->calls;
	sum->calls_ns += f->calls_ns;
	f->calls = 0;
	f->calls_ns = 0;
	sum->wall_ns += wall;
	sum->blocked_ns += blocked - f->base_blocked_ns;
	sum->runq_ns += runq - f->base_runq_ns;
	if (at == PHASE_RUNNING) {
		f->run_wall_ns += wall;
		f->run_blocked_ns += blocked - f->base_blocked_ns;
		f->run_runq_ns += runq - f->base_runq_ns;
	}
	f->phase = phase;
	f->since_ns = now;
	f->base_blocked_ns = blocked;
	f->base_runq_ns = runq;
	return 0;
}

/* This turn of the loop was for @phase from its beginning. */
inline_always void declare(struct flow *f, uint32_t phase)
{
	if (f->phase == PHASE_TURN)
		f->phase = phase;
}

/* --- calls ------------------------------------------------------------------- */

/* What calls of this phase are for will be known only later. */
inline_always bool is_early(const struct flow *f)
{
	return f->phase == PHASE_TURN || f->phase == PHASE_RECEIVING ||
	       f->phase == PHASE_PARSING;
}

inline_always struct call_cell *flow_cell(struct slot *s, uint32_t index,
					  struct flow *f, uint32_t tag)
{
	uint32_t place = (tag ^ tag >> TAG_ERROR_SHIFT ^
			  (tag >> TAG_LABEL_SHIFT) * 29) % FLOW_CACHE, at;

	if (f->cache[place].tag == tag) {
		at = f->cache[place].cell;
	} else {
		at = find_cell(index, tag);
		if (!at) {
			__sync_fetch_and_add(&control.no_cell, 1);
			return NULL;
		}
		f->cache[place].tag = tag;
		f->cache[place].cell = at;
	}
	return bpf_map_lookup_elem(&cells, &at);
}

/* With its sleeps booked, its own cell. */
inline_always struct call_cell *
book_early_detail(uint32_t index, const struct early_call *early,
		  uint32_t label)
{
	uint32_t tag = early->tag | label << TAG_LABEL_SHIFT;
	struct detail detail = early->detail;

	if (early->wait.wait)
		book_slept(index, tag, detail, &early->wait);
	return detailed_cell(index, tag, &detail);
}

__attribute__((noinline)) int book_kept(struct slot *s, uint32_t index,
					struct flow *f, uint32_t at,
					uint32_t label)
{
	struct early_call *early;
	struct call_cell *cell;

	asm volatile("" : "+r"(at));
	if (!s || !f || at >= FLOW_EARLY)
		return 0;
	early = &f->early[at];
	if (plan.detail)
		cell = book_early_detail(index, early, label);
	else
		cell = flow_cell(s, index, f,
				 early->tag | label << TAG_LABEL_SHIFT);
	if (!cell)
		return 0;
	cell->blocked_ns += early->blocked_ns;
	cell->runq_ns += early->runq_ns;
	cell->vcsw += early->vcsw;
	cell->icsw += early->icsw;
	book_call(cell, early->wall_ns, early->ret, false);
	return 0;
}

__attribute__((noinline)) int book_early(struct slot *s, uint32_t index,
					 struct flow *f, uint32_t label)
{
	if (!s || !f)
		return 0;
	for (uint32_t i = 0; i < FLOW_EARLY && i < f->n_early; i++)
		book_kept(s, index, f, i, label);
	f->n_early = 0;
	f->n_partial = 0;
	return 0;
}

inline_always void keep_detail(uint32_t slot, struct early_call *early)
{
	struct extra *extra = extra_at(slot);

	if (!extra)
		return;
	early->detail = extra->detail;
	early->wait = extra->waits[0];
	if (!extra->n_waits)
		early->wait.wait = 0;
	for (uint32_t i = 1; i < SLOT_WAITS && i < extra->n_waits; i++) {
		early->wait.blocked_ns += extra->waits[i].blocked_ns;
		early->wait.times += extra->waits[i].times;
		blend(&early->wait, extra->waits[i].wait,
		      extra->waits[i].waker);
	}
	extra->n_waits = 0;
}

/* There is room for it, which 6.1 has to see where it is used. */
__attribute__((noinline)) int keep_call(struct slot *s, struct flow *f,
					uint32_t tag, uint64_t wall,
					long ret)
{
	struct early_call *early;
	uint32_t at;

	if (!s || !f)
		return 0;
	at = f->n_early;
	asm volatile("" : "+r"(at));
	if (at >= FLOW_EARLY)
		return 0;
	early = &f->early[at];
	early->tag = tag;
	early->wall_ns = wall;
	early->ret = ret;
	early->blocked_ns = s->blocked_ns;
	early->runq_ns = s->queued_ns;
	early->vcsw = s->vcsw;
	early->icsw = s->icsw;
	if (s->flags & SLOT_SWITCHED)
		forget_switches(s);
	if (plan.detail)
		keep_detail(s->self, early);
	f->n_early++;
	return 0;
}

inline_always bool is_loop(uint32_t tag)
{
	return tag == plan.nr_epoll_wait || tag == plan.nr_epoll_pwait;
}

inline_always bool is_request_socket(const struct flow *f, int32_t fd)
{
	for (uint32_t i = 0; i < FLOW_SOCKETS; i++)
		if (i < f->n_sockets && f->sockets[i] == fd)
			return true;
	return false;
}

/* --- ctdb -------------------------------------------------------------------- */

struct path {
	char text[108 + 4];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct path);
} paths SEC(".maps");

/* A Unix socket whose peer's path has "ctdb" in it. */
__attribute__((noinline)) int is_ctdb(int fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct unix_address *address;
	struct socket *socket;
	struct path *path;
	struct file *file;
	struct sock *sk;
	uint32_t zero = 0;

	/* Unix sockets may be a module, whose types are elsewhere. */
	if (!bpf_core_type_exists(struct unix_sock))
		return 0;
	path = bpf_map_lookup_elem(&paths, &zero);
	if (!path)
		return 0;
	file = file_at(task->files, fd);
	if ((BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = BPF_CORE_READ(file, private_data);
	sk = BPF_CORE_READ(socket, sk);
	if (BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX)
		return 0;
	sk = BPF_CORE_READ((struct unix_sock *)sk, peer);
	address = BPF_CORE_READ((struct unix_sock *)sk, addr);
	bpf_probe_read_kernel_str(path->text, 108,
				  (char *)address +
				  bpf_core_field_offset(address->name) +
				  bpf_core_field_offset(struct sockaddr_un,
							sun_path));
	for (int i = 0; i < 104; i++) {
		if (!path->text[i])
			break;
		if (path->text[i] == 'c' && path->text[i + 1] == 't' &&
		    path->text[i + 2] == 'd' && path->text[i + 3] == 'b')
			return 1;
	}
	return 0;
}

/* Where ctdbd was found before, it may be another file by now. */
inline_always bool knows_ctdb(struct flow *f, int32_t fd)
{
	for (uint32_t i = 0; i < FLOW_CTDBS; i++) {
		if (f->ctdb_fd[i] != fd + 1)
			continue;
		if (is_ctdb(fd))
			return true;
		f->ctdb_fd[i] = 0;
	}
	return false;
}

inline_always bool finds_ctdb(struct flow *f, int32_t fd)
{
	uint32_t at = f->n_ctdbs % FLOW_CTDBS;

	if (knows_ctdb(f, fd))
		return true;
	if (fd + 1 == f->no_ctdb_fd)
		return false;
	if (!is_ctdb(fd)) {
		f->no_ctdb_fd = fd + 1;
		return false;
	}
	f->ctdb_fd[at] = fd + 1;
	f->n_ctdbs++;
	return true;
}

/*
 * Asks ctdbd, or waits for its answer: all on one connection. It is asked by
 * writev; answers are waited for in read, or in poll before it.
 */
inline_always bool is_for_ctdb(struct flow *f, uint32_t tag, uint64_t first,
			       uint64_t second)
{
	int32_t fd = (int32_t)first;

	if (tag == plan.nr_read)
		return knows_ctdb(f, fd);
	if (tag == plan.nr_poll) {
		if (second != 1)
			return false;
		fd = -1;
		bpf_probe_read_user(&fd, sizeof(fd), (void *)first);
		return fd >= 0 && knows_ctdb(f, fd);
	}
	return tag == plan.nr_writev && finds_ctdb(f, fd);
}

/* --- requests in progress ------------------------------------------------------ */

/* Its memory is taken beforehand, which makes adding to it cheaper. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct request_key);
	__type(value, struct request);
} requests SEC(".maps");

inline_always struct request *request_at(const struct slot *s,
					 uint32_t index, uint64_t address)
{
	struct request_key key = { address, s->serial, index };

	return bpf_map_lookup_elem(&requests, &key);
}

/* It is left alone, and others have their turn. */
__attribute__((noinline)) int park(struct slot *s, uint32_t index,
				   struct flow *f)
{
	struct request *request;

	if (!s || !f || !f->request)
		return 0;
	request = f->has_open ? &f->open : request_at(s, index, f->request);
	if (request) {
		request->run_wall_ns += f->run_wall_ns;
		request->run_blocked_ns += f->run_blocked_ns;
		request->run_runq_ns += f->run_runq_ns;
	}
	if (f->has_open) {
		struct request_key key = { f->request, s->serial, index };
		/* 6.1 does not take it from the memory of an argument. */
		struct request open = f->open;

		if (bpf_map_update_elem(&requests, &key, &open, BPF_ANY))
			f->no_room++;
		else
			f->n_parked++;
	}
	f->has_open = 0;
	f->request = 0;
	return 0;
}

inline_always void forget_run(struct flow *f)
{
	f->run_wall_ns = 0;
	f->run_blocked_ns = 0;
	f->run_runq_ns = 0;
}

/* --- the loop ------------------------------------------------------------------ */

/* The turn is over, or another request begins in it. */
inline_always void end_turn(struct slot *s, uint32_t index, struct flow *f,
			    uint32_t next, uint64_t now)
{
	/* A request that comes in pieces has more than one turn. */
	bool pieces = f->phase == PHASE_RECEIVING ||
		      f->phase == PHASE_PARSING ||
		      (next == PHASE_RECEIVING && f->n_early == f->n_partial);

	declare(f, PHASE_OTHER);
	turn_to(s, f, next, now);
	park(s, index, f);
	forget_run(f);
	if (pieces)
		f->n_partial = f->n_early;
	else if (f->n_early)
		book_early(s, index, f, 0);
	f->label = 0;
}

/* Most calls change nothing as they begin. */
inline_always bool turns(uint32_t tag)
{
	return is_loop(tag) || tag == plan.nr_recvmsg ||
	       tag == plan.nr_read || tag == plan.nr_writev ||
	       tag == plan.nr_poll;
}

__attribute__((noinline)) int flow_enter(struct slot *s, uint32_t index,
					 uint64_t first, uint64_t second,
					 uint64_t now)
{
	struct flow *f = s ? flow_at(s->flow) : NULL;
	int32_t fd;

	if (!s || !f)
		return 0;
	if (is_loop(s->tag)) {
		end_turn(s, index, f, PHASE_WAITING, now);
		f->last_socket = -1;
	} else if (s->tag == plan.nr_recvmsg) {
		fd = (int32_t)first;
		f->last_socket = fd;
		if (!is_request_socket(f, fd))
			return 0;
		/* The gap since the last piece is part of receiving. */
		if (f->phase == PHASE_PARSING)
			f->phase = PHASE_RECEIVING;
		else if (f->phase != PHASE_RECEIVING)
			end_turn(s, index, f, PHASE_RECEIVING, now);
	} else if (is_for_ctdb(f, s->tag, first, second)) {
		f->before_ctdb = f->phase == PHASE_TURN ? PHASE_OTHER :
							  f->phase;
		declare(f, PHASE_OTHER);
		turn_to(s, f, PHASE_CTDB, now);
		f->phases[PHASE_CTDB].times += s->tag == plan.nr_writev;
	}
	return 0;
}

/* Books the call that has ended now. */
__attribute__((noinline)) int flow_exit(struct slot *s, uint32_t index,
					uint64_t now, long ret,
					uint32_t partial)
{
	struct flow *f = s ? flow_at(s->flow) : NULL;
	struct call_cell *cell;
	uint64_t wall;
	uint32_t tag;

	if (!s || !f)
		return 0;
	tag = tag_with(s->tag, ret);
	wall = now - s->enter_ns;
	f->calls++;
	f->calls_ns += wall;
	if (is_early(f) && !partial && f->n_early < FLOW_EARLY) {
		keep_call(s, f, tag, wall, ret);
	} else {
		if (!is_early(f))
			tag |= f->label << TAG_LABEL_SHIFT;
		cell = plan.detail ? call_with_detail(index, tag) :
				     flow_cell(s, index, f, tag);
		if (cell)
			book(s, cell, wall, ret, partial);
	}
	if (is_loop(s->tag)) {
		turn_to(s, f, PHASE_TURN, now);
		if (ret > 0)
			f->phases[PHASE_WAITING].times++;
	} else if (s->tag == plan.nr_recvmsg) {
		if (f->phase == PHASE_RECEIVING)
			turn_to(s, f, PHASE_PARSING, now);
	} else if (f->phase == PHASE_CTDB) {
		turn_to(s, f, f->before_ctdb, now);
	}
	return 0;
}

/* --- births -------------------------------------------------------------------- */

/* Of a first thread. */
__attribute__((noinline)) int take_flow(uint64_t now)
{
	uint32_t index = 0;
	struct flow *f;

	if (bpf_map_pop_elem(&free_flows, &index)) {
		index = __sync_fetch_and_add(&control.used_flows, 1);
		if (index >= plan.flows) {
			control.used_flows = plan.flows;
			__sync_fetch_and_add(&control.no_flow, 1);
			return 0;
		}
	}
	f = flow_at(index);
	if (!f)
		return 0;
	f->phase = PHASE_OTHER;
	f->since_ns = now;
	f->last_socket = -1;
	return index;
}

/* Found in a call that it has been in for a while. */
inline_always void found_in_call(struct slot *s)
{
	struct flow *f = plan.flows ? flow_at(s->flow) : NULL;

	if (f && is_loop(s->tag) && f->phase == PHASE_OTHER)
		f->phase = PHASE_WAITING;
}

#endif
