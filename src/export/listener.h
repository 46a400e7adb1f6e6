/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small HTTP server for metrics, without threads: it has a descriptor to
 * poll and does its work in listener_serve(). GET and HEAD of /metrics, and of
 * / a line that points there. Each connection has one request of a limited
 * size, and some seconds; a client that is slow waits for itself alone.
 */
#ifndef EXPORT_LISTENER_H
#define EXPORT_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/why.h"
#include "export/endpoint.h"

/* At once; more wait in the kernel's queue. */
#define LISTENER_MAX_CLIENTS 32
/* Until its answer has been taken, a connection has so long. */
#define LISTENER_SECONDS 10
/* And where all places are taken, and more may wait. */
#define LISTENER_CROWDED_SECONDS 1

struct listener;

struct listener_owner {
	void *ctx;
	/* Somebody asks: what is served may be renewed by listener_set(). */
	void (*asked)(void *ctx);
};

/* Why there is none, where it was not built in; or NULL. */
extern const char *const listener_missing;

int listener_open(struct listener **ret, const struct endpoint *endpoint,
		  const struct listener_owner *owner, struct why *why);
void listener_close(struct listener *listener);

/* What is served from now on: OpenMetrics, and the older text. Both are the
 * listener's then, to be freed. 0, or -ENOMEM and it is as before. */
int listener_set(struct listener *listener, char *open, size_t open_len,
		 char *plain, size_t plain_len);

/* Readable when listener_serve() has something to do; -1 for NULL. */
int listener_fd(const struct listener *listener);
/* And in so many milliseconds, even so; -1: not. */
int listener_timeout_ms(const struct listener *listener);
void listener_serve(struct listener *listener);

/* Where it listens; lent. */
const char *listener_address(const struct listener *listener);

/*
 * Whether a client that says it accepts @accept (NULL: nothing) is to have
 * OpenMetrics: where it is named, with no less a weight than plain text.
 */
bool listener_wants_open(const char *accept);

#endif
