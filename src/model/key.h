/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose number it is: a small tuple of dimensions. Grouping erases the
 * dimensions that were not asked for and merges the cells whose keys became
 * equal. Keys are compared as bytes, so the struct has no padding.
 */
#ifndef MODEL_KEY_H
#define MODEL_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/why.h"

struct key {
	uint64_t process_start;	/* ticks since boot, with pid the identity */
	uint64_t thread_start;
	int32_t pid;
	int32_t tid;		/* TID_PROCESS, TID_CHILDREN or a thread */
	int32_t abi;		/* enum abi, or one of the pseudo ABIs */
	int32_t nr;
	int32_t error;		/* errno of failed calls; 0: others */
	int32_t request;	/* SMB2 command + 1 that it is for, or ... */
	uint64_t session;	/* of it, as the server numbers them; 0: none */
	uint32_t tree;		/* likewise */
	uint32_t status;	/* NTSTATUS that it ended with */
	/* Whose it is, as the ledger numbers names; 0: not known. They are
	 * looked up as rows are made, and so can be learned later. */
	int32_t client, user, share;
	/* Which code made the call, what for and on what, by the numbers that
	 * the sink gave these names; 0: not asked for, or none. */
	int32_t stack, caller;
	int32_t reason, waker;
	int32_t file, peer;
	int32_t fd;		/* + 1 */
};

/* ... for none: in the event loop, by a helper thread between its jobs, or by
 * an smbd that serves no client. */
#define REQUEST_NONE	0
#define REQUEST_HELPERS	(-1)
#define REQUEST_OTHERS	(-2)

/* Not a thread: what only the process as a whole knows. */
#define TID_PROCESS	0
/* Not a thread: CPU time of children, from their end as the parent saw it. */
#define TID_CHILDREN	(-1)

enum dim { DIM_PROCESS, DIM_THREAD, DIM_SYSCALL, DIM_ERRNO, DIM_REQUEST,
	   DIM_STATUS, DIM_CLIENT, DIM_USER, DIM_SHARE, DIM_PHASE,
	   DIM_STACK, DIM_CALLER, DIM_REASON, DIM_WAKER, DIM_FD, DIM_FILE,
	   DIM_PEER, DIM_COUNT };

/* What takes a collector that knows more of a call than which it is. */
#define DIMS_OF_STACKS	(1u << DIM_STACK | 1u << DIM_CALLER)
#define DIMS_OF_WAITS	(1u << DIM_REASON | 1u << DIM_WAKER)
#define DIMS_OF_OBJECTS	(1u << DIM_FD | 1u << DIM_FILE | 1u << DIM_PEER)
#define DIMS_OF_DETAIL	(DIMS_OF_STACKS | DIMS_OF_WAITS | DIMS_OF_OBJECTS)

/* What only SMB2 requests have, beside what they do. */
#define DIMS_OF_REQUESTS (1u << DIM_REQUEST | 1u << DIM_STATUS | \
			  1u << DIM_CLIENT | 1u << DIM_USER | 1u << DIM_SHARE)

struct dim_desc {
	const char *name;
	const char *help;
	unsigned implies;	/* dimensions that come along, as bits */
};

extern const struct dim_desc dim_table[DIM_COUNT];

static inline unsigned dim_bit(enum dim d)
{
	return 1u << d;
}

/* "process,syscall" to bits, implied dimensions included. */
int dim_parse(const char *list, unsigned *ret, struct why *why);

/*
 * The key that remains of @key when only the dimensions @by are kept. What
 * ended children used stays apart from the process that waited for them.
 */
struct key key_project(const struct key *key, unsigned by);

/* Whether it is the same as @whose in the dimensions @within; @whose has only
 * these. Every key is within none. */
bool key_is_within(const struct key *key, unsigned within,
		   const struct key *whose);

#endif
