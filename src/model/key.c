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
	return ret;
}

bool key_is_within(const struct key *key, unsigned within,
		   const struct key *whose)
{
	struct key part = key_project(key, within);

	return !within || !memcmp(&part, whose, sizeof(part));
}
