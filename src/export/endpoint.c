/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"

#define BACKLOG 16

static int wrong(const char *text, const char *wanted, struct why *why)
{
	return why_set(why, EINVAL, "--listen '%.200s': %s", text, wanted);
}

/* "ADDRESS:PORT" into two; the one of IPv6 has brackets, as it has colons. */
static int split(const char *text, char *host, size_t size, uint64_t *port,
		 struct why *why)
{
	const char *colon = strrchr(text, ':'), *end = colon;

	if (!colon || colon == text)
		return wrong(text, "an address and a port, as in "
			     "127.0.0.1:9798 or [::1]:9798", why);
	if (*text == '[') {
		text++;
		if (*--end != ']')
			return wrong(text - 1, "']' and a port are missing "
				     "behind the address", why);
	} else if (memchr(text, ':', (size_t)(colon - text))) {
		return wrong(text, "an IPv6 address is in brackets, as in "
			     "[::1]:9798", why);
	}
	if (num_parse(colon + 1, 65535, port))
		return wrong(text, "behind the last colon is a port, 0 to "
			     "65535", why);
	if ((size_t)(end - text) >= size)
		return wrong(text, "that is no address", why);
	memcpy(host, text, (size_t)(end - text));
	host[end - text] = '\0';
	return 0;
}

int endpoint_parse(struct endpoint *ret, const char *text, struct why *why)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST,
					.ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char host[96];
	uint64_t port;
	int err = split(text, host, sizeof(host), &port, why);

	if (err)
		return err;
	if (!strcmp(host, "localhost"))
		strcpy(host, "127.0.0.1");
	if (getaddrinfo(host, NULL, &hints, &found))
		return wrong(text, "an address is needed, names are not "
			     "looked up", why);
	memset(ret, 0, sizeof(*ret));
	if (found->ai_addrlen <= sizeof(ret->v6)) {
		memcpy(&ret->any, found->ai_addr, found->ai_addrlen);
		ret->len = found->ai_addrlen;
	}
	freeaddrinfo(found);
	if (ret->any.sa_family == AF_INET6)
		ret->v6.sin6_port = htons((uint16_t)port);
	else
		ret->v4.sin_port = htons((uint16_t)port);
	return 0;
}

bool endpoint_is_loopback(const struct endpoint *endpoint)
{
	const struct in6_addr *v6 = &endpoint->v6.sin6_addr;

	if (endpoint->any.sa_family == AF_INET)
		return ntohl(endpoint->v4.sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(v6) ||
	       (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127);
}

static char *words(char *buf, size_t size, const struct endpoint *endpoint)
{
	char host[INET6_ADDRSTRLEN + 20], port[8];

	if (getnameinfo(&endpoint->any, endpoint->len, host, sizeof(host),
			port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		snprintf(buf, size, "?");
	else
		snprintf(buf, size, endpoint->any.sa_family == AF_INET6 ?
			 "[%s]:%s" : "%s:%s", host, port);
	return buf;
}

char *endpoint_text(char *buf, size_t size, int fd)
{
	struct endpoint endpoint = { .len = sizeof(endpoint.v6) };

	if (getsockname(fd, &endpoint.any, &endpoint.len))
		endpoint.any.sa_family = AF_UNSPEC;
	return words(buf, size, &endpoint);
}

static int failed(const struct endpoint *endpoint, int err, struct why *why)
{
	char text[ENDPOINT_MAX];

	words(text, sizeof(text), endpoint);
	if (err == EADDRINUSE)
		return why_set(why, err, "cannot listen at %s: the port is "
			       "in use; give another one, or 0 for any "
			       "('ss -tlnp' shows who has it)", text);
	if (err == EADDRNOTAVAIL)
		return why_set(why, err, "cannot listen at %s: this machine "
			       "does not have the address ('ip addr' shows "
			       "those that it has)", text);
	if (err == EACCES)
		return why_set(why, err, "cannot listen at %s: ports below "
			       "1024 are for root; give another one", text);
	return why_set(why, err, "cannot listen at %s: %s", text,
		       strerror(err));
}

int endpoint_listen(const struct endpoint *endpoint, struct why *why)
{
	int fd = socket(endpoint->any.sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, err;

	if (fd < 0)
		return failed(endpoint, errno, why);
	/* A restart need not wait for connections of the last one. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (endpoint->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (!bind(fd, &endpoint->any, endpoint->len) && !listen(fd, BACKLOG))
		return fd;
	err = errno;
	close(fd);
	return failed(endpoint, err, why);
}
