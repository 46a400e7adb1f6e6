/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an observer of smbd-fake has to say of it, to the call: by the rules of
 * model_*(), which are told of each step, and make no calls.
 */
#ifndef SMBD_MODEL_H
#define SMBD_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum call {
	C_LOOP, C_RECVMSG, C_SENDMSG, C_GETPPID, C_READ, C_WRITE, C_WRITEV,
	C_POLL,
	C_PREAD, C_PWRITE, C_FSYNC, CALLS
};

struct call_desc {
	const char *name;
	long nr;
};

extern const struct call_desc calls[CALLS];

/* [MS-SMB2] 2.2.1; then what is none of them. */
enum { CREATE = 5, FLUSH = 7, READ = 8, WRITE = 9, CANCEL = 12, UNKNOWN = 20,
       LOOP, HELPERS, LABELS };

/* Requests are at one of so many addresses. */
#define SLOTS	10

enum expected { EXPECT_ALL, EXPECT_NOTHING, EXPECT_COMMANDS };

/* The loop is entered, and wakes up. */
void model_loop(void);
void model_wakes(void);
/* Around a recvmsg from the client. */
void model_receives(void);
void model_received(void);
/* Before each of these. */
void model_dispatch(int slot, int command, long message);
void model_done(int slot, uint32_t status);
/* Around a poll for ctdbd's answer. */
void model_ctdb(bool asks);
void model_ctdb_answers(void);
/* A call of the main thread has ended; of a helper thread, its job. */
void model_call(enum call call);
void model_job(int command, enum call call);
/* The observer reads requests, or does not, from here on. */
void model_expect(enum expected expected);
/* All that is open now goes with the process. */
void model_ends(void);
/* All since the loop was entered last has not been. */
void model_undo_turn(void);
/* One line of JSON; its length. */
size_t model_print(char *text, size_t size);

#endif
