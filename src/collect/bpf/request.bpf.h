/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMB2 requests, by two probes in smbd's library: where one is dispatched,
 * and where its reply is begun. Encrypted ones pass there in the clear. What
 * a request is, is read from its header, which is found by its magic number:
 * no debug information is needed, and no table of versions.
 *
 * Source: smb2_server.c of Samba 4.10 to 4.25. struct smbd_smb2_request has
 * in.vector, a pointer to iovecs, 200 bytes before the place out._hdr that
 * each request's reply header is in from before its dispatch; and an index
 * into the vector, of the element of a compound that is being run.
 */
#ifndef COLLECT_BPF_REQUEST_BPF_H
#define COLLECT_BPF_REQUEST_BPF_H

#include "collect/bpf/flow.bpf.h"
#include "collect/bpf/slow.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct request_cell);
} answered SEC(".maps");

#define SMB2_MAGIC	0x424d53fe	/* fe 'S' 'M' 'B', little-endian */
#define HEADER_BEHIND	200		/* out._hdr, from in.vector on */

/* The first bytes of a header, as far as they matter. */
struct header {
	uint32_t magic;
	uint16_t length, credit_charge;
	uint32_t status;
	uint16_t command, credits;
	uint32_t flags, next_command;
	uint64_t message;
	uint32_t process, tree;
	uint64_t session;
};

/* --- where things are ------------------------------------------------------------ */

#define SCAN_BYTES	1024
#define SCAN_PIECE	64

struct scan {
	uint64_t words[SCAN_BYTES / 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct scan);
} scans SEC(".maps");

inline_always bool read_header(uint64_t address, uint32_t at_vector,
			       uint32_t at_index, struct header *header)
{
	uint64_t vector = 0, base = 0;
	int32_t index = -1;

	bpf_probe_read_user(&vector, sizeof(vector),
			    (void *)(address + at_vector));
	bpf_probe_read_user(&index, sizeof(index),
			    (void *)(address + at_index));
	if (!vector || index < 0 || index > 4096)
		return false;
	/* One of the vector is the transport's, the next one the header. */
	bpf_probe_read_user(&base, sizeof(base),
			    (void *)(vector + 16 * (uint64_t)(index + 1)));
	return base && !bpf_probe_read_user(header, sizeof(*header),
					    (void *)base) &&
	       header->magic == SMB2_MAGIC;
}

/* The index's place, if in.vector is at @at_vector; 0: it is not. */
__attribute__((noinline)) int find_index(uint64_t address, uint32_t at_vector)
{
	struct header header;

	if (read_header(address, at_vector, 156, &header))
		return 156;
	return read_header(address, at_vector, 212, &header) ? 212 : 0;
}

/* Looks for the reply's header in the request. Not static: it is verified
 * once. */
__attribute__((noinline)) int calibrate(uint32_t flow, uint64_t address)
{
	struct flow *f = flow_at(flow);
	uint32_t zero = 0;
	struct scan *scan = bpf_map_lookup_elem(&scans, &zero);
	int at_index;

	if (!f || !scan)
		return 0;
	/* In pieces: behind it there may be nothing. */
	for (uint32_t i = 0; i < SCAN_BYTES / SCAN_PIECE; i++)
		bpf_probe_read_user(&scan->words[i * SCAN_PIECE / 8],
				    SCAN_PIECE,
				    (void *)(address + i * SCAN_PIECE));
	for (uint32_t i = HEADER_BEHIND / 8; i < SCAN_BYTES / 8; i++) {
		if ((uint32_t)scan->words[i] != SMB2_MAGIC)
			continue;
		at_index = find_index(address, 8 * i - HEADER_BEHIND);
		if (!at_index)
			continue;
		f->at_index = at_index;
		f->at_vector = 8 * i - HEADER_BEHIND;
		return 1;
	}
	return 0;
}

inline_always bool look_at(uint32_t flow, struct flow *f, uint64_t address,
			   struct header *header)
{
	if (f->at_vector && read_header(address, f->at_vector, f->at_index,
					header))
		return true;
	return calibrate(flow, address) &&
	       read_header(address, f->at_vector, f->at_index, header);
}

/* --- those that were answered ------------------------------------------------------ */

/* So many kinds of one command are kept apart by session and share. */
#define MAX_KINDS	48
#define MAX_LISTED_KINDS 64

struct kind {
	uint64_t session;
	uint32_t command, status, tree;
};

__attribute__((noinline)) uint32_t new_kind(struct flow *f,
					    const struct kind *kind)
{
	struct request_cell *cell;
	uint32_t index, command, hist;
	bool spare;

	if (!f || !kind)
		return 0;
	index = f->spare_request;
	command = kind->command;
	spare = index;
	if (!spare)
		index = __sync_fetch_and_add(&control.used_requests, 1);
	if (index >= plan.requests) {
		control.used_requests = plan.requests;
		return 0;
	}
	cell = bpf_map_lookup_elem(&answered, &index);
	asm volatile("" : "+r"(command));
	if (!cell || command > SMB2_UNKNOWN)
		return 0;
	if (spare)
		f->spare_request = cell->next;
	hist = spare && cell->hist ? cell->hist : new_hist();
	__builtin_memset(cell, 0, sizeof(*cell));
	cell->hist = hist;
	cell->command = command;
	cell->status = kind->status;
	cell->tree = kind->tree;
	cell->session = kind->session;
	cell->next = f->first_request[command];
	f->first_request[command] = index;
	return index;
}

__attribute__((noinline)) uint32_t find_kind(struct flow *f,
					     const struct kind *kind)
{
	uint32_t command, index;
	int i;

	if (!f || !kind)
		return 0;
	command = kind->command;
	asm volatile("" : "+r"(command));
	if (command > SMB2_UNKNOWN)
		return 0;
	index = f->first_request[command];
	for (i = 0; i < MAX_LISTED_KINDS && index; i++) {
		struct request_cell *cell;

		cell = bpf_map_lookup_elem(&answered, &index);
		if (!cell)
			return 0;
		if (cell->session == kind->session &&
		    cell->tree == kind->tree && cell->status == kind->status)
			return index;
		index = cell->next;
	}
	if (i >= (kind->session ? MAX_KINDS : MAX_LISTED_KINDS))
		return 0;
	return new_kind(f, kind);
}

/* Whether it is the first one of its kind. */
__attribute__((noinline)) int
book_request(struct flow *f, const struct request *request, uint32_t status,
	     uint64_t now)
{
	struct request_cell *cell;
	struct kind kind = { 0 };
	uint32_t index;
	uint64_t wall;
	bool first;

	if (!f || !request)
		return 0;
	kind.session = request->session;
	kind.tree = request->tree;
	kind.command = request->command;
	kind.status = status;
	index = find_kind(f, &kind);
	if (!index) {
		kind.session = 0;
		kind.tree = 0;
		index = find_kind(f, &kind);
	}
	cell = index ? bpf_map_lookup_elem(&answered, &index) : NULL;
	if (!cell) {
		f->no_room++;
		return 0;
	}
	first = !cell->count++;
	wall = now - request->began_ns;
	cell->wall_ns += wall;
	cell->run_wall_ns += request->run_wall_ns;
	cell->run_blocked_ns += request->run_blocked_ns;
	cell->run_runq_ns += request->run_runq_ns;
	widen(&cell->min_ns, &cell->max_ns, &cell->epoch, wall);
	if (plan.hist)
		count_latency(cell->hist, wall);
	return first;
}

/* --- the probes ---------------------------------------------------------------------- */

inline_always void learn_socket(struct flow *f)
{
	uint32_t n = f->n_sockets;

	if (f->last_socket < 0 || is_request_socket(f, f->last_socket))
		return;
	asm volatile("" : "+r"(n));
	if (n < FLOW_SOCKETS) {
		f->sockets[n] = f->last_socket;
		f->n_sockets = n + 1;
	}
}

/* What was at this address is gone. */
inline_always void drop_request(struct slot *s, uint32_t index,
				struct flow *f, uint64_t address)
{
	struct request_key key = { address, s->serial, index };

	if (!f->n_parked || bpf_map_delete_elem(&requests, &key))
		return;
	f->n_parked--;
	f->unanswered++;
}

/* Whether it is new, and not one that had to wait. */
inline_always bool begin_request(struct slot *s, uint32_t index,
				 struct flow *f, uint64_t address,
				 struct request *request)
{
	struct request *old = f->n_parked ? request_at(s, index, address) :
					    NULL;

	/* A CREATE that had to wait is dispatched anew. */
	if (old && old->command == SMB2_CREATE &&
	    request->command == SMB2_CREATE &&
	    old->message == request->message)
		return false;
	if (old)
		drop_request(s, index, f, address);
	f->open = *request;
	f->has_open = 1;
	return true;
}

__attribute__((noinline)) int
dispatched(struct slot *s, uint32_t index, uint64_t address, uint64_t now)
{
	struct request request = { .began_ns = now, .command = SMB2_UNKNOWN };
	struct flow *f = s ? flow_at(s->flow) : NULL;
	struct header header = { 0 };
	bool turn;

	if (!s || !f)
		return 0;
	f->dispatched++;
	/* Nothing of a turn that begins here is another's. */
	turn = f->phase == PHASE_TURN;
	declare(f, PHASE_RUNNING);
	turn_to(s, f, PHASE_RUNNING, now);
	if (f->request)
		park(s, index, f);
	forget_run(f);
	f->phases[PHASE_RUNNING].times++;
	f->label = SMB2_UNKNOWN + 1;
	f->request = address;
	if (!look_at(s->flow, f, address, &header)) {
		f->n_blind++;
		begin_request(s, index, f, address, &request);
		if (turn)
			learn_socket(f);
		return 0;
	}
	if (header.command < SMB2_COMMANDS)
		request.command = header.command;
	request.message = header.message;
	request.session = header.session;
	request.tree = header.tree;
	f->label = request.command + 1;
	book_early(s, index, f, f->label);
	if (request.command != SMB2_CANCEL) {
		/* What wakes one that had to wait is no client's. */
		if (begin_request(s, index, f, address, &request) && turn)
			learn_socket(f);
		return 0;
	}
	if (turn)
		learn_socket(f);
	/* It has no reply of its own. */
	drop_request(s, index, f, address);
	f->request = 0;
	f->cancelled++;
	return 0;
}

/* It is in progress no more. */
inline_always bool take_request(struct slot *s, uint32_t index,
				struct flow *f, uint64_t address,
				struct request *ret)
{
	struct request_key key = { address, s->serial, index };
	struct request *parked;

	if (f->has_open && f->request == address) {
		*ret = f->open;
		f->has_open = 0;
		return true;
	}
	parked = f->n_parked ? bpf_map_lookup_elem(&requests, &key) : NULL;
	if (!parked)
		return false;
	*ret = *parked;
	bpf_map_delete_elem(&requests, &key);
	f->n_parked--;
	return true;
}

__attribute__((noinline)) int
answers(struct slot *s, uint32_t index, uint64_t address, uint32_t status,
	uint64_t now)
{
	struct flow *f = s ? flow_at(s->flow) : NULL;
	struct request request = { 0 };
	bool nested, found;

	if (!s || !f)
		return 0;
	found = take_request(s, index, f, address, &request);
	/* While another one runs, it goes on with that. */
	nested = f->phase == PHASE_RUNNING && f->request &&
		 f->request != address;
	if (!nested) {
		declare(f, PHASE_RUNNING);
		turn_to(s, f, PHASE_SENDING, now);
		if (found)
			f->label = request.command + 1;
		book_early(s, index, f, f->label);
		request.run_wall_ns += f->run_wall_ns;
		request.run_blocked_ns += f->run_blocked_ns;
		request.run_runq_ns += f->run_runq_ns;
		f->request = 0;
		forget_run(f);
	}
	if (found && is_slow(SLOW_REQUEST, now - request.began_ns))
		tell_slow_request(s, &request, status, now);
	if (!found)
		f->unmatched++;
	/* Whose it is can be asked while its session lasts. */
	else if (book_request(f, &request, status, now))
		tell(index);
	return 0;
}

/* The slot of this thread, if it is one that has requests; 0: it is not. */
inline_always uint32_t flowing(void)
{
	uint32_t index = control.armed ?
			 look_up(bpf_get_current_task_btf()) : 0;
	struct slot *s = live(index);

	return s && s->flow ? index : 0;
}

SEC("uprobe")
int on_dispatch(struct pt_regs *regs)
{
	uint32_t index = flowing();
	struct slot *s = index ? slot_at(index) : NULL;

	if (!s)
		return 0;
	step(s);
	dispatched(s, index, argument(regs, 0), bpf_ktime_get_ns());
	step(s);
	return 0;
}

SEC("uprobe")
int on_answer(struct pt_regs *regs)
{
	uint32_t index = flowing();
	struct slot *s = index ? slot_at(index) : NULL;

	if (!s)
		return 0;
	step(s);
	answers(s, index, argument(regs, 0), argument(regs, 1),
		bpf_ktime_get_ns());
	step(s);
	return 0;
}

/* Where requests cannot be read, each command's own function tells of it. */
SEC("uprobe")
int on_process(struct pt_regs *regs)
{
	/* Read once: the verifier knows the place by its constant alone. */
	uint64_t address = argument(regs, 0);
	uint32_t index = flowing(), command = SMB2_UNKNOWN;
	struct slot *s = index ? slot_at(index) : NULL;
	struct flow *f = s ? flow_at(s->flow) : NULL;
	struct request *request;

	if (!s || !f)
		return 0;
	if (bpf_core_enum_value_exists(enum bpf_func_id,
				       BPF_FUNC_get_attach_cookie))
		command = bpf_get_attach_cookie(regs);
	request = f->has_open && f->request == address ? &f->open :
		  request_at(s, index, address);
	if (!request || request->command != SMB2_UNKNOWN ||
	    command >= SMB2_COMMANDS)
		return 0;
	step(s);
	request->command = command;
	f->label = command + 1;
	book_early(s, index, f, f->label);
	step(s);
	return 0;
}

#endif
