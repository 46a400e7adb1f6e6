/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to another session, which accounts; see model/wire.h for
 * what is said. It is not trusted to answer, nor to make sense.
 */
#ifndef COLLECT_JOIN_LINK_H
#define COLLECT_JOIN_LINK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/procfs.h"
#include "base/why.h"
#include "model/wire.h"

struct link {
	int sock;	/* -1: closed */
	pid_t pid;	/* the other's; 0: it is in another PID namespace */
};

/* An answer that came, with its state or NULL. */
struct link_message {
	struct wire_answer answer;
	void *state;		/* the receiver's */
	size_t size;
};

/* By the name of a socket in an open folder; -errno. */
int link_open(struct link *link, int dir, const char *name);
void link_close(struct link *link);

int link_send(const struct link *link, const struct wire_request *request);

/* Until something can be received; -ETIMEDOUT at @deadline_ns, by the
 * monotonic clock. */
int link_wait(const struct link *link, int64_t deadline_ns);

/* -EAGAIN: nothing is there; -EPIPE: the other is gone; -EPROTO,
 * -EPROTONOSUPPORT, as for wire_check(). */
int link_receive(const struct link *link, struct link_message *ret);

/*
 * Connects to the session that accounts all these processes. -ENOENT: there
 * is none; else there is something that might have been it, and what is the
 * matter with that. One that is stopped, by @fs, is not waited for.
 */
int link_find(struct link *ret, const struct wire_request *ask,
	      const struct procfs *fs, struct why *why);

/* Whether there are sockets at all; likewise. */
int link_find_any(struct why *why);

#endif
