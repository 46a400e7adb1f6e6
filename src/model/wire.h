/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one smbsysacct tells another of its accounting: requests and answers,
 * which are small structs, and states, which are what was accounted since
 * the state before, item by item. Same machine, same user, so numbers are in
 * the machine's own order. All that is read is checked, lengths first: a
 * peer may be another version, or no smbsysacct at all.
 */
#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "model/event.h"

#define WIRE_MAGIC 0x4a415353u	/* "SSAJ" */
#define WIRE_PIDS 256		/* in a request */
#define WIRE_STATE_MAX (1ull << 29)

enum wire_kind {
	/* Requests: */
	WIRE_ASK = 1,	/* are these processes accounted? */
	WIRE_JOIN,	/* account them for us as well, from now on */
	WIRE_FETCH,	/* what was accounted since the last state? */
	/* Answers, to the second and third with a state: */
	WIRE_ANSWER,
	/* And what is told without being asked: */
	WIRE_EMPTY,	/* all these processes have ended */
	WIRE_END,	/* no more is accounted; with the last state */
	WIRE_KINDS
};

struct wire_head {
	uint32_t magic;
	uint32_t dialect;	/* see wire_dialect() */
	uint32_t kind;
	uint32_t zero;
};

struct wire_request {
	struct wire_head head;
	uint64_t pid_ns;	/* PID namespace that the pids are of */
	uint32_t follow;	/* what they start, too */
	uint32_t n_pids;
	int32_t pids[WIRE_PIDS];
};

struct wire_answer {
	struct wire_head head;
	int32_t error;		/* errno, why not */
	int32_t command;	/* the command that was launched */
	uint32_t n_known;	/* so many of the pids are accounted */
	int32_t unknown;	/* the first that is not */
};

/* What two programs have to have in common: a hash of the measures and
 * losses by name and of the sizes of what is sent. */
uint32_t wire_dialect(void);

struct wire_head wire_head(enum wire_kind kind);

/* -EPROTO: not ours; -EPROTONOSUPPORT: another version's. */
int wire_check(const void *data, size_t size);
/* A whole message of @size bytes; likewise. */
int wire_request(const void *data, size_t size, struct wire_request *ret);
int wire_answer(const void *data, size_t size, struct wire_answer *ret);
/* The bytes of a request that are to be sent. */
size_t wire_request_size(const struct wire_request *request);

/* A state being written; memory is the caller's, to be freed. */
struct wire_state {
	char *data;
	size_t size, room;
	int err;	/* -errno of what did not fit; nothing is written then */
};

/* What is told once in a state. */
struct wire_sums {
	int64_t lost[LOSS_COUNT];
	struct gauges gauges;
	struct machine machine;
};

/* Sums first, then items in any order, but what is labelled after labels;
 * a state without its end is not taken. */
void wire_put_sums(struct wire_state *state, const struct wire_sums *sums);
void wire_put_name(struct wire_state *state, const struct key *key,
		   const char *name, bool ended);
void wire_put_note(struct wire_state *state, const char *note);
/* The next one, counted through all states of a connection. */
void wire_put_label(struct wire_state *state, const char *label);
void wire_put_cell(struct wire_state *state, const struct key *key,
		   const struct cell *cell);
void wire_put_end(struct wire_state *state);

/* A reader's memory of labels: its own numbers for those it was sent. */
struct wire_labels {
	int32_t *numbers;
	size_t n;
};

void wire_labels_done(struct wire_labels *labels);

/*
 * Tells @sink what is in a state, and *ret (or NULL) its sums. The state is
 * checked as a whole before anything is told: -EPROTO and it is as if it
 * had not come.
 */
int wire_read_state(const void *data, size_t size,
		    struct wire_labels *labels, const struct sink *sink,
		    struct wire_sums *ret);

#endif
