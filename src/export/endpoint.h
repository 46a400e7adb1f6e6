/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where to listen: "127.0.0.1:9798", "[::1]:9798", "localhost:9798". Names
 * are not looked up. Other addresses than those of the machine to itself are
 * refused, unless they are asked for.
 */
#ifndef EXPORT_ENDPOINT_H
#define EXPORT_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "base/why.h"

struct endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len;
};

/* Of an argument of --listen; -EINVAL: it is none. */
int endpoint_parse(struct endpoint *ret, const char *text, struct why *why);

/* Whether only this machine can reach it. */
bool endpoint_is_loopback(const struct endpoint *endpoint);

/* A socket that listens there, non-blocking; or -errno. */
int endpoint_listen(const struct endpoint *endpoint, struct why *why);

#define ENDPOINT_MAX 64

/* "127.0.0.1:9798" of a socket that listens. Returns @buf. */
char *endpoint_text(char *buf, size_t size, int fd);

#endif
