// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What of Samba's server library the --smb probes look for, and no more. Built
 * as a plain file by the library's own name, since it is found by that.
 *
 * Each function has a body of its own: compilers merge those that are alike.
 */
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default"), noinline))

/* As talloc has it. */
struct blob {
	uint8_t *data;
	size_t length;
};

typedef int command_fn(const void *req);
typedef void process_fn(void *req);

EXPORT void fakesmb_init(command_fn *command, process_fn *process);
EXPORT int smbd_smb2_request_dispatch(void *req);
EXPORT int smbd_smb2_request_done_ex(void *req, uint32_t status,
				     struct blob body, struct blob *dyn,
				     const char *location);

static command_fn *command_of;
static process_fn *process_hook;
/* Written for no reader, so that no body is empty. */
static volatile int last;

/* That of CANCEL is not exported by Samba either. */
#define COMMANDS(X) \
	X(0, negprot) X(1, sesssetup) X(2, logoff) X(3, tcon) X(4, tdis) \
	X(5, create) X(6, close) X(7, flush) X(8, read) X(9, write) \
	X(10, lock) X(11, ioctl) X(13, keepalive) X(14, query_directory) \
	X(15, notify) X(16, getinfo) X(17, setinfo) X(18, break)

#define DEFINE(number, name) \
	EXPORT int smbd_smb2_request_process_##name(void *req); \
	int smbd_smb2_request_process_##name(void *req) \
	{ \
		process_hook(req); \
		last = number; \
		return 0; \
	}

COMMANDS(DEFINE)

#define CASE(number, name) \
	case number: \
		return smbd_smb2_request_process_##name(req);

int smbd_smb2_request_dispatch(void *req)
{
	switch (command_of(req)) {
	COMMANDS(CASE)
	default:
		process_hook(req);
		return 0;
	}
}

int smbd_smb2_request_done_ex(void *req, uint32_t status, struct blob body,
			      struct blob *dyn, const char *location)
{
	last = req && location && !body.data && !dyn ? (int)status : 0;
	return 0;
}

void fakesmb_init(command_fn *command, process_fn *process)
{
	command_of = command;
	process_hook = process;
}
