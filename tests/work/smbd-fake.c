// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * smbd-fake LIBRARY LAYOUT [events FD] [messages FD] [ctdb PATH] [helper]: an
 * event loop with requests as smbd's main thread has them, without Samba.
 * Which requests, with which calls, its client says.
 *
 * Standard input is the client's socket: each message has a length of 4 bytes,
 * big-endian, and a script. A byte in the pipe of events is one of no client;
 * a datagram at the socket of messages comes from another process. Each of
 * them runs the script that is next in line, as does the end of a helper
 * thread's job: that is what a client's message has behind each "|".
 *
 *	p N		N getppid calls
 *	d SLOT COMMAND MESSAGE INDEX
 *			dispatch of the request at that address, with what
 *			follows to ")" inside it; INDEX is its place in a
 *			compound: 1, 5, 9 ...
 *	e SLOT STATUS	its reply is begun (done_ex)
 *	r		a byte is sent to the client
 *	w, c, g		write to ctdbd, poll for its answer, read it
 *	j KIND		a job for the helper thread: 8 read, 9 write, 7 flush
 *	b N		what is expected of the observer: 0 reads requests,
 *			1 knows nothing of them, 2 knows their commands only
 *	x		the truth is printed, and that is the end
 *	t		the same, of before this turn of the loop
 *
 * What smbsysacct --smb has to say of it is what smbd-model.c counts.
 */
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "smbd-model.h"

#define CLIENT	0

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* --- calls -------------------------------------------------------------- */

static long bare(enum call call, long a, long b, long c, long d)
{
	return syscall(calls[call].nr, a, b, c, d, 0, 0);
}

/* Of the main thread. */
static long make(enum call call, long a, long b, long c, long d)
{
	long ret = bare(call, a, b, c, d);

	model_call(call);
	return ret;
}

static long receive(int fd, void *data, size_t size)
{
	struct iovec iov = { data, size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	long ret;

	if (fd == CLIENT)
		model_receives();
	ret = make(C_RECVMSG, fd, (long)&msg, MSG_DONTWAIT, 0);
	if (fd == CLIENT)
		model_received();
	return ret;
}

static void reply(void)
{
	struct iovec iov = { "k", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (make(C_SENDMSG, CLIENT, (long)&msg, 0, 0) != 1)
		fail("sendmsg");
}

/* --- a helper thread ---------------------------------------------------- */

static int job_pipe[2], done_pipe[2], file = -1;

/* Its numbers are read when it has nothing to do. */
static void *help(void *unused)
{
	char kind, data[16] = "";
	enum call job;

	(void)unused;
	while (bare(C_READ, job_pipe[0], (long)&kind, 1, 0) == 1) {
		job = kind == READ ? C_PREAD :
		      kind == WRITE ? C_PWRITE : C_FSYNC;
		bare(job, file, (long)data, sizeof(data), 0);
		model_job(kind, job);
		if (bare(C_WRITE, done_pipe[1], (long)&kind, 1, 0) != 1)
			break;
	}
	return NULL;
}

static void start_helper(void)
{
	pthread_t thread;

	file = memfd_create("file", MFD_CLOEXEC);
	if (file < 0 || pipe(job_pipe) || pipe(done_pipe) ||
	    pthread_create(&thread, NULL, help, NULL))
		fail("helper");
}

/* --- requests, as they lie in smbd's memory ----------------------------- */

static const struct layout {
	const char *name;
	size_t vector, index;
	bool found;		/* by its magic numbers */
} layouts[] = {
	{ "4.10-profile", 312, 156, true },
	{ "4.10", 280, 156, true },
	{ "4.15-profile", 304, 156, true },
	{ "4.15", 272, 156, true },
	{ "4.20-profile", 360, 212, true },
	{ "4.20", 328, 212, true },
	{ "4.24-profile", 392, 212, true },
	{ "4.25-profile", 416, 212, true },
	{ "none", 512, 100, false },
};

#define SLOT_BYTES	1024
#define AREA_BYTES	(16 * 1024)	/* whole pages of any size we meet */
#define LAST_BYTES	704		/* less than that is looked at */
#define REPLY_BEHIND	200
#define VECTORS		32

struct header {
	uint8_t magic[4];
	uint16_t length, credit_charge;
	uint32_t status;
	uint16_t command, credits;
	uint32_t flags, next_command;
	uint64_t message;
	uint32_t process, tree;
	uint64_t session;
	uint8_t signature[16];
};

static const struct layout *layout;
static char *area;
static struct iovec vectors[SLOTS][VECTORS];
static struct header headers[SLOTS][VECTORS];
static int slot_command[SLOTS];
static int (*dispatch)(void *req);
static int (*done_ex)(void *req, uint32_t status, struct iovec body,
		      void *dyn, const char *location);

/* Behind the last one there is nothing. */
static char *request_of(int slot)
{
	return slot == SLOTS - 1 ? area + AREA_BYTES - LAST_BYTES :
				   area + slot * SLOT_BYTES;
}

static int slot_of(const void *req)
{
	for (int i = 0; i < SLOTS; i++)
		if (req == request_of(i))
			return i;
	abort();
}

static int command_of(const void *req)
{
	return slot_command[slot_of(req)];
}

static void fill(int slot, int command, long message, int index)
{
	static const uint8_t magic[4] = { 0xfe, 'S', 'M', 'B' };
	char *request = request_of(slot);
	struct iovec *vector = vectors[slot];
	struct header *header = &headers[slot][index + 1];

	memset(request, 0, slot == SLOTS - 1 ? LAST_BYTES : SLOT_BYTES);
	slot_command[slot] = command;
	*header = (struct header){ .length = 64, .command = (uint16_t)command,
				   .message = (uint64_t)message, .tree = 7,
				   .session = 70 };
	memcpy(header->magic, magic, sizeof(magic));
	vector[index + 1] = (struct iovec){ header, sizeof(*header) };
	memcpy(request + layout->vector, &vector, sizeof(vector));
	memcpy(request + layout->index, &index, sizeof(index));
	if (!layout->found)
		return;
	memcpy(request + layout->vector + REPLY_BEHIND, magic, sizeof(magic));
	/* One that is no reply, and is looked at before. */
	memcpy(request + 208, magic, sizeof(magic));
}

static void load(const char *path, void (*process)(void *req))
{
	void (*init)(int (*command)(const void *req),
		     void (*process)(void *req));
	void *library = dlopen(path, RTLD_NOW);

	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	*(void **)&init = dlsym(library, "fakesmb_init");
	*(void **)&dispatch = dlsym(library, "smbd_smb2_request_dispatch");
	*(void **)&done_ex = dlsym(library, "smbd_smb2_request_done_ex");
	if (!init || !dispatch || !done_ex)
		fail(path);
	init(command_of, process);
}

/* --- scripts ------------------------------------------------------------ */

#define SCRIPTS	64

static char message[4096];
static size_t have, need = 4;
static char later[SCRIPTS][256];
static unsigned first_later, n_later;
static const char *at;		/* in the script that is being run */
static int ctdb = -1, messages = -1;

static long number(void)
{
	char *end;
	long ret = strtol(at, &end, 0);

	at = end;
	return ret;
}

static void print_truth(void)
{
	static char text[16384];
	size_t size = model_print(text, sizeof(text));

	if (write(STDOUT_FILENO, text, size) != (ssize_t)size)
		fail("stdout");
	_exit(0);
}

/* While it is observed; the write is told of before it is made. */
static void finish(void)
{
	model_call(C_WRITE);
	model_ends();
	print_truth();
}

/* Nobody has looked on since the last turn ended. */
static void finish_alone(void)
{
	model_undo_turn();
	print_truth();
}

static void do_dispatch(void)
{
	int slot = (int)number(), command = (int)number();
	long id = number();

	fill(slot, command, id, (int)number());
	model_dispatch(slot, command, id);
	dispatch(request_of(slot));
}

static void do_done(void)
{
	int slot = (int)number();
	uint32_t status = (uint32_t)number();
	struct iovec body = { NULL, 0 };

	model_done(slot, status);
	done_ex(request_of(slot), status, body, NULL, "here");
}

/* Which of a byte's way there and back. */
static void do_ctdb(enum call call)
{
	struct pollfd pollfd = { .fd = ctdb, .events = POLLIN };
	/* A timeout in milliseconds, or a pointer to one. */
	long forever = strcmp(calls[C_POLL].name, "poll") ? 0 : -1;
	char byte = 'c';
	struct iovec iov = { &byte, 1 };
	long ret;

	model_ctdb(call == C_WRITEV);
	ret = call == C_POLL ? make(call, (long)&pollfd, 1, forever, 0) :
	      call == C_READ ? make(call, ctdb, (long)&byte, 1, 0) :
			       make(call, ctdb, (long)&iov, 1, 0);
	if (ret != 1)
		fail("ctdb");
	model_ctdb_answers();
}

static void do_job(void)
{
	char kind = (char)number();

	make(C_WRITE, job_pipe[1], (long)&kind, 1, 0);
}

static void run_step(char step)
{
	switch (step) {
	case 'p':
		for (long n = number(); n > 0; n--)
			make(C_GETPPID, 0, 0, 0, 0);
		break;
	case 'd': do_dispatch(); break;
	case 'e': do_done(); break;
	case 'r': reply(); break;
	case 'w': do_ctdb(C_WRITEV); break;
	case 'c': do_ctdb(C_POLL); break;
	case 'g': do_ctdb(C_READ); break;
	case 'j': do_job(); break;
	case 'b': model_expect((enum expected)number()); break;
	case 'x': finish(); break;
	case 't': finish_alone(); break;
	case ' ': break;
	default:
		fprintf(stderr, "smbd-fake: no step %c\n", step);
		exit(1);
	}
}

/* To the end of it, or of this request's function. */
static void run_steps(void)
{
	while (*at && *at != '|') {
		char step = *at++;

		if (step == ')')
			return;
		run_step(step);
	}
}

static void process(void *req)
{
	(void)req;
	run_steps();
}

static void run_next(void)
{
	if (!n_later)
		return;
	n_later--;
	at = later[first_later++ % SCRIPTS];
	run_steps();
}

static void run_message(void)
{
	char *part = message;

	while ((part = strchr(part, '|'))) {
		char *to = later[(first_later + n_later++) % SCRIPTS];

		*part++ = '\0';
		snprintf(to, sizeof(*later), "%.*s",
			 (int)strcspn(part, "|"), part);
	}
	at = message;
	run_steps();
}

/* The length, and the rest, each as far as it is there. */
static void from_client(void)
{
	static uint8_t length[4];
	static bool has_length;
	long got;

	if (!has_length) {
		got = receive(CLIENT, length + have, sizeof(length) - have);
		if (got <= 0)
			exit(1);
		have += (size_t)got;
		if (have < sizeof(length))
			return;
		has_length = true;
		have = 0;
		need = (size_t)length[2] << 8 | length[3];
		if (need >= sizeof(message))
			exit(1);
	}
	got = receive(CLIENT, message + have, need - have);
	if (got <= 0)
		return;
	have += (size_t)got;
	if (have < need)
		return;
	message[have] = '\0';
	has_length = false;
	have = 0;
	run_message();
}

static void turn(int epoll)
{
	struct epoll_event event;
	char byte[16];

	model_loop();
	/* epoll_pwait's signal mask is none. */
	if (make(C_LOOP, epoll, (long)&event, 1, -1) != 1)
		fail("epoll");
	model_wakes();
	if (event.data.fd == CLIENT) {
		from_client();
		return;
	}
	if (event.data.fd == messages)
		receive(messages, byte, sizeof(byte));
	else
		make(C_READ, event.data.fd, (long)byte, 1, 0);
	run_next();
}

static void listen_to(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		fail("epoll_ctl");
}

static void connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ctdb = socket(AF_UNIX, SOCK_STREAM, 0);
	if (ctdb < 0 || connect(ctdb, (struct sockaddr *)&address,
				sizeof(address)))
		fail(path);
}

int main(int argc, char **argv)
{
	int epoll = epoll_create1(0);
	size_t n = sizeof(layouts) / sizeof(*layouts);

	for (size_t i = 0; argc > 2 && i < n; i++)
		if (!strcmp(layouts[i].name, argv[2]))
			layout = &layouts[i];
	if (!layout) {
		fputs("usage: smbd-fake LIBRARY LAYOUT [events FD] "
		      "[messages FD] [ctdb PATH] [helper]\n", stderr);
		return 2;
	}
	load(argv[1], process);
	/* Whole pages, and none behind them. */
	area = mmap(NULL, 2 * AREA_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || munmap(area + AREA_BYTES, AREA_BYTES))
		fail("mmap");
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "helper"))
			start_helper();
		else if (i + 1 == argc)
			return 2;
		else if (!strcmp(argv[i], "ctdb"))
			connect_to(argv[++i]);
		else if (!strcmp(argv[i], "events"))
			listen_to(epoll, atoi(argv[++i]));
		else if (!strcmp(argv[i], "messages"))
			listen_to(epoll, messages = atoi(argv[++i]));
	}
	listen_to(epoll, CLIENT);
	if (done_pipe[0])
		listen_to(epoll, done_pipe[0]);
	for (;;)
		turn(epoll);
}
