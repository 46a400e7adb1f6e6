// SPDX-License-Identifier: GPL-2.0-or-later
#include "smbd-model.h"

#include <stdio.h>
#include <sys/syscall.h>

const struct call_desc calls[CALLS] = {
#ifdef SYS_epoll_wait
	[C_LOOP]	= { "epoll_wait", SYS_epoll_wait },
	[C_POLL]	= { "poll", SYS_poll },
#else
	[C_LOOP]	= { "epoll_pwait", SYS_epoll_pwait },
	[C_POLL]	= { "ppoll", SYS_ppoll },
#endif
	[C_RECVMSG]	= { "recvmsg", SYS_recvmsg },
	[C_SENDMSG]	= { "sendmsg", SYS_sendmsg },
	[C_GETPPID]	= { "getppid", SYS_getppid },
	[C_READ]	= { "read", SYS_read },
	[C_WRITE]	= { "write", SYS_write },
	[C_WRITEV]	= { "writev", SYS_writev },
	[C_PREAD]	= { "pread64", SYS_pread64 },
	[C_PWRITE]	= { "pwrite64", SYS_pwrite64 },
	[C_FSYNC]	= { "fsync", SYS_fsync },
};

static const char *const labels[LABELS] = {
	"NEGOTIATE", "SESSION_SETUP", "LOGOFF", "TREE_CONNECT",
	"TREE_DISCONNECT", "CREATE", "CLOSE", "FLUSH", "READ", "WRITE", "LOCK",
	"IOCTL", "CANCEL", "ECHO", "QUERY_DIRECTORY", "CHANGE_NOTIFY",
	"QUERY_INFO", "SET_INFO", "OPLOCK_BREAK", "NOTIFICATION", "(unknown)",
	"(event loop)", "(helper threads)",
};

enum phase {
	WAITING, RECEIVING, PARSING, RUNNING, SENDING, CTDB, OTHER,
	READ_IO, WRITE_IO, FLUSH_IO, PHASES,
	TURN = PHASES		/* of the loop, and it is not known what for */
};

static const char *const phases[PHASES] = {
	"waiting for events", "receiving", "parsing", "running requests",
	"sending", "waiting for ctdb", "other", "read I/O in helper threads",
	"write I/O in helper threads", "flush I/O in helper threads",
};

/* So many calls of a turn are kept until it is known what for. */
#define EARLY	8

static struct model {
	long requests[LABELS], errors[LABELS];
	long bill[LABELS][CALLS];
	long calls[PHASES + 1], times[PHASES];
	long dropped, unmatched;

	enum phase phase, before_ctdb;
	int label, running;	/* the slot of the request that runs, or -1 */
	enum call early[EARLY];
	int n_early, n_pieces;
	bool known;		/* which socket is the client's */
	enum expected expected;
	struct {
		bool open;
		int command;
		long message;
	} slots[SLOTS];
} model = { .phase = WAITING, .label = LOOP, .running = -1 }, before_turn;

static bool is_early(void)
{
	return model.phase == TURN || model.phase == RECEIVING ||
	       model.phase == PARSING;
}

void model_call(enum call call)
{
	model.calls[model.phase]++;
	if (!is_early())
		model.bill[model.label][call]++;
	else if (model.n_early < EARLY)
		model.early[model.n_early++] = call;
	else
		model.bill[LOOP][call]++;
}

static void book_early(int label)
{
	for (int i = 0; i < model.n_early; i++)
		model.bill[label][model.early[i]]++;
	model.n_early = 0;
	model.n_pieces = 0;
}

/* The whole turn was for this. */
static void model_declare(enum phase phase)
{
	if (model.phase != TURN)
		return;
	model.calls[phase] += model.calls[TURN];
	model.calls[TURN] = 0;
	model.phase = phase;
}

static void end_turn(enum phase next)
{
	/* The pieces of a request are kept over the turns between them. */
	bool pieces = model.phase == RECEIVING || model.phase == PARSING ||
		      (next == RECEIVING && model.n_early == model.n_pieces);

	model_declare(OTHER);
	model.phase = next;
	model.label = LOOP;
	model.running = -1;
	if (pieces)
		model.n_pieces = model.n_early;
	else
		book_early(LOOP);
}

void model_loop(void)
{
	end_turn(WAITING);
	before_turn = model;
}

void model_wakes(void)
{
	model.phase = TURN;
	model.times[WAITING]++;
}

void model_receives(void)
{
	if (!model.known)
		return;
	if (model.phase == PARSING)
		model.phase = RECEIVING;
	else if (model.phase != RECEIVING)
		end_turn(RECEIVING);
}

void model_received(void)
{
	if (model.phase == RECEIVING)
		model.phase = PARSING;
}

void model_dispatch(int slot, int command, long message)
{
	int seen = model.expected != EXPECT_ALL ? UNKNOWN : command;

	model_declare(RUNNING);
	model.phase = RUNNING;
	model.times[RUNNING]++;
	model.label = seen;
	model.running = slot;
	model.known = true;
	/* Its function tells of it at once, but for that of CANCEL. */
	if (model.expected == EXPECT_COMMANDS && command != CANCEL)
		model.label = command;
	if (model.expected != EXPECT_NOTHING)
		book_early(model.label);
	if (seen == CANCEL) {
		/* What had the address before is gone without a reply. */
		model.dropped += model.slots[slot].open;
		model.slots[slot].open = false;
		model.requests[CANCEL]++;
		model.running = -1;
		return;
	}
	if (model.slots[slot].open) {
		if (seen == CREATE && model.slots[slot].command == CREATE &&
		    model.slots[slot].message == message)
			return;
		model.dropped++;
	}
	model.slots[slot].open = true;
	model.slots[slot].command = model.label;
	model.slots[slot].message = message;
}

void model_done(int slot, uint32_t status)
{
	bool nested = model.phase == RUNNING && model.running >= 0 &&
		      model.running != slot;
	int command = model.slots[slot].command;

	if (!nested) {
		model_declare(RUNNING);
		model.phase = SENDING;
		if (model.slots[slot].open)
			model.label = command;
		book_early(model.label);
		model.running = -1;
	}
	if (!model.slots[slot].open) {
		model.unmatched++;
		return;
	}
	model.slots[slot].open = false;
	model.requests[command]++;
	/* Warnings are none, and neither is that more is to come. */
	model.errors[command] += status >> 30 == 3 && status != 0xc0000016;
}

void model_ctdb(bool asks)
{
	model_declare(OTHER);
	model.before_ctdb = model.phase;
	model.phase = CTDB;
	model.times[CTDB] += asks;
}

void model_ctdb_answers(void)
{
	model.phase = model.before_ctdb;
}

/* Its thread does nothing else meanwhile, and the main thread waits. */
void model_job(int command, enum call call)
{
	enum phase io = command == READ ? READ_IO :
			command == WRITE ? WRITE_IO : FLUSH_IO;

	model.bill[command][call]++;
	model.calls[io]++;
	model.times[io]++;
	/* It was told of the job, and says that it is done. */
	model.bill[HELPERS][C_READ]++;
	model.bill[HELPERS][C_WRITE]++;
}

void model_expect(enum expected expected)
{
	model.expected = expected;
}

void model_undo_turn(void)
{
	model = before_turn;
	book_early(LOOP);
}

/* What is not closed now was given up, but for a NEGOTIATE, which another
 * process of the same client can have been given. */
void model_ends(void)
{
	model_declare(OTHER);
	book_early(LOOP);
	for (int i = 0; i < SLOTS; i++)
		model.dropped += model.slots[i].open && model.slots[i].command;
}

static size_t put(char *text, size_t at, size_t size, const char *title,
		  const char *const *names, const long *values, int n)
{
	const char *comma = "";

	at += (size_t)snprintf(text + at, size - at, ",\"%s\":{", title);
	for (int i = 0; i < n; i++) {
		if (!values[i])
			continue;
		at += (size_t)snprintf(text + at, size - at, "%s\"%s\":%ld",
				       comma, names[i], values[i]);
		comma = ",";
	}
	return at + (size_t)snprintf(text + at, size - at, "}");
}

size_t model_print(char *text, size_t size)
{
	const char *names[CALLS];
	size_t at = (size_t)snprintf(text, size,
				     "{\"dropped\":%ld,\"unmatched\":%ld",
				     model.dropped, model.unmatched);

	for (int i = 0; i < CALLS; i++)
		names[i] = calls[i].name;
	at = put(text, at, size, "requests", labels, model.requests, LABELS);
	at = put(text, at, size, "errors", labels, model.errors, LABELS);
	at = put(text, at, size, "calls", phases, model.calls, PHASES);
	at = put(text, at, size, "times", phases, model.times, PHASES);
	for (int i = 0; i < LABELS; i++) {
		char title[64];

		snprintf(title, sizeof(title), "bill %s", labels[i]);
		at = put(text, at, size, title, names, model.bill[i], CALLS);
	}
	at += (size_t)snprintf(text + at, size - at, "}\n");
	return at < size ? at : size;
}
