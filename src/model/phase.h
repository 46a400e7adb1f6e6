/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the main thread of an smbd that serves a client does, as one phase
 * after the other, so that their times add up to its life. The same lines
 * are compiled for the kernel's BPF machine: there is nothing but numbers.
 */
#ifndef MODEL_PHASE_H
#define MODEL_PHASE_H

enum phase {
	PHASE_WAITING,		/* in epoll_wait */
	PHASE_RECEIVING,	/* from the first recvmsg of a request to the
				 * end of the last one */
	PHASE_PARSING,		/* from there to its dispatch, decryption too */
	PHASE_RUNNING,		/* from dispatch to reply */
	PHASE_SENDING,		/* from reply to the end of that loop turn */
	PHASE_CTDB,		/* asking ctdbd, and waiting for its answer */
	PHASE_OTHER,		/* messages, timers, and before all of it */
	PHASE_LOOP_COUNT,
	/* No part of the main thread's time: what helper threads do for it. */
	PHASE_READ_IO = PHASE_LOOP_COUNT,
	PHASE_WRITE_IO,
	PHASE_FLUSH_IO,
	PHASE_COUNT
};

/* SMB2 commands are numbered from 0 on ([MS-SMB2] 2.2.1). */
#define SMB2_COMMANDS	20
#define SMB2_CREATE	5
#define SMB2_FLUSH	7
#define SMB2_READ	8
#define SMB2_WRITE	9
#define SMB2_CANCEL	12
/* One whose request could not be read. */
#define SMB2_UNKNOWN	SMB2_COMMANDS

#endif
