/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/key.h"

#include <errno.h>
#include <string.h>

#include "model/abi.h"

const struct dim_desc dim_table[DIM_COUNT] = {
	[DIM_PROCESS] = { "process", "pid and name of the process",
		1u << DIM_PROCESS },
	[DIM_THREAD] = { "thread", "thread id, with its process",
		1u << DIM_THREAD | 1u << DIM_PROCESS },
	[DIM_SYSCALL] = { "syscall", "ABI and name of the system call",
		1u << DIM_SYSCALL },
	[DIM_ERRNO] = { "errno", "system call and how it failed, if it did",
		1u << DIM_ERRNO | 1u << DIM_SYSCALL },
	[DIM_REQUEST] = { "request", "SMB2 command (--smb)",
		1u << DIM_REQUEST },
	[DIM_STATUS] = { "status", "SMB2 command and how it ended (--smb)",
		1u << DIM_STATUS | 1u << DIM_REQUEST },
	[DIM_CLIENT] = { "client", "address of the SMB client (--smb)",
		1u << DIM_CLIENT },
	[DIM_USER] = { "user", "of the SMB session (--smb)",
		1u << DIM_USER },
	[DIM_SHARE] = { "share", "that SMB requests are for (--smb)",
		1u << DIM_SHARE },
	[DIM_PHASE] = { "phase", "what smbd's main threads do (--smb)",
		1u << DIM_PHASE },
	[DIM_STACK] = { "stack", "functions that led to the call, outermost "
		"first (bpf)",
		1u << DIM_STACK },
	[DIM_CALLER] = { "caller", "the program's function that made the "
		"call (bpf)",
		1u << DIM_CALLER },
	[DIM_REASON] = { "reason", "what it waited for, by where it slept in "
		"the kernel (bpf)",
		1u << DIM_REASON },
	[DIM_WAKER] = { "waker", "who ended the wait (bpf)",
		1u << DIM_WAKER },
	[DIM_FD] = { "fd", "descriptor, with its process and what it is "
		"(bpf)",
		1u << DIM_FD | 1u << DIM_FILE | 1u << DIM_PROCESS },
	[DIM_FILE] = { "file", "path, socket, pipe or what else the "
		"descriptor is (bpf)",
		1u << DIM_FILE },
	[DIM_PEER] = { "peer", "who is at the other end of the socket or "
		"pipe (bpf)",
		1u << DIM_PEER },
};

int dim_parse(const char *list, unsigned *ret, struct why *why)
{
	unsigned by = 0;

	for (const char *p = list; ; p++) {
		size_t len = strcspn(p, ",");
		int d;

		for (d = 0; d < DIM_COUNT; d++)
			if (strlen(dim_table[d].name) == len &&
			    !memcmp(dim_table[d].name, p, len))
				break;
		if (d == DIM_COUNT)
			return why_set(why, EINVAL, "unknown dimension "
				       "'%.*s' in --by; --list=dims lists "
				       "them", (int)len, p);
		by |= dim_table[d].implies;
		p += len;
		if (!*p)
			break;
	}
	*ret = by;
	return 0;
}

static void project_request(struct key *key, unsigned by)
{
	key->session = 0;
	key->tree = 0;
	if (!(by & dim_bit(DIM_REQUEST)))
		key->request = 0;
	if (!(by & dim_bit(DIM_STATUS)))
		key->status = 0;
	if (!(by & dim_bit(DIM_CLIENT)))
		key->client = 0;
	if (!(by & dim_bit(DIM_USER)))
		key->user = 0;
	if (!(by & dim_bit(DIM_SHARE)))
		key->share = 0;
}

static void project_detail(struct key *key, unsigned by)
{
	const struct {
		enum dim dim;
		int32_t *part;
	} parts[] = {
		{ DIM_STACK, &key->stack }, { DIM_CALLER, &key->caller },
		{ DIM_REASON, &key->reason }, { DIM_WAKER, &key->waker },
		{ DIM_FILE, &key->file }, { DIM_PEER, &key->peer },
		{ DIM_FD, &key->fd },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!(by & dim_bit(parts[i].dim)))
			*parts[i].part = 0;
}

struct key key_project(const struct key *key, unsigned by)
{
	struct key ret = *key;

	if (!(by & dim_bit(DIM_THREAD))) {
		ret.tid = key->tid == TID_CHILDREN ? TID_CHILDREN :
						     TID_PROCESS;
		ret.thread_start = 0;
	}
	if (!(by & dim_bit(DIM_PROCESS))) {
		ret.pid = 0;
		ret.process_start = 0;
		ret.tid = TID_PROCESS;
	}
	if (!(by & dim_bit(DIM_ERRNO)))
		ret.error = 0;
	if (!(by & (dim_bit(DIM_SYSCALL) | dim_bit(DIM_PHASE)))) {
		ret.abi = ABI_TASK;
		ret.nr = 0;
	}
	project_request(&ret, by);
	project_detail(&ret, by);
	return ret;
}

bool key_is_within(const struct key *key, unsigned within,
		   const struct key *whose)
{
	struct key part = key_project(key, within);

	return !within || !memcmp(&part, whose, sizeof(part));
}
