/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/objtext.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

/* include/uapi/linux/magic.h */
#define PIPEFS 0x50495045
#define ANON_INODES 0x09041934

/* --- paths ------------------------------------------------------------------- */

static void append(char *buf, size_t size, const char *text)
{
	size_t len = strlen(buf);

	snprintf(buf + len, size - len, "%s", text);
}

/* Where the name that ends before @end begins. */
static size_t name_before(const struct object *o, size_t end)
{
	size_t at = end - 1;

	while (at && o->text[at - 1])
		at--;
	return at;
}

/* The last name of the path is the first one of the text. */
static void path_of(const struct object *o, char *buf, size_t size)
{
	size_t end = o->size < OBJECT_TEXT ? o->size : OBJECT_TEXT;

	if (o->flags & OBJECT_CUT)
		append(buf, size, "...");
	if (!end)
		append(buf, size, "/");
	while (end) {
		size_t at = name_before(o, end);
		char name[OBJECT_NAME + 1];

		snprintf(name, sizeof(name), "/%.*s", (int)(end - at),
			 &o->text[at]);
		append(buf, size, name);
		end = at;
	}
	if (o->flags & OBJECT_DELETED)
		append(buf, size, " (deleted)");
}

/* What the kernel calls "[eventpoll]", and we as everybody else does. */
static void anonymous_of(const char *name, char *buf, size_t size)
{
	size_t len;

	if (*name == '[')
		name++;
	len = strcspn(name, "]");
	if (len == 9 && !memcmp(name, "eventpoll", len))
		snprintf(buf, size, "epoll");
	else
		snprintf(buf, size, "%.*s", (int)len, name);
}

static void internal_of(const struct object *o, char *buf, size_t size)
{
	char name[OBJECT_NAME];

	snprintf(name, sizeof(name), "%.*s", (int)sizeof(name) - 1, o->text);
	if (o->magic == PIPEFS)
		snprintf(buf, size, "pipe:[%llu]", (unsigned long long)o->ino);
	else if (o->eventfd >= 0)
		snprintf(buf, size, "eventfd:[%d]", o->eventfd);
	else if (o->magic == ANON_INODES && o->size)
		anonymous_of(name, buf, size);
	else if (o->size && !strncmp(name, "memfd:", 6))
		snprintf(buf, size, "%s", name);
	else
		snprintf(buf, size, "%.*s:[%llu]", (int)sizeof(o->fs), o->fs,
			 (unsigned long long)o->ino);
}

/* --- sockets ------------------------------------------------------------------ */

static bool is_mapped(const uint8_t address[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(address, prefix, sizeof(prefix));
}

static void address_of(const struct object *o, const uint8_t address[16],
		       uint16_t port, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (o->family == AF_INET || is_mapped(address)) {
		inet_ntop(AF_INET, o->family == AF_INET ? address :
			  address + 12, text, sizeof(text));
		snprintf(buf, size, "%s:%u", text, port);
	} else {
		inet_ntop(AF_INET6, address, text, sizeof(text));
		snprintf(buf, size, "[%s]:%u", text, port);
	}
}

static const char *protocol_of(const struct object *o, char *buf, size_t size)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ 6, "tcp" }, { 17, "udp" }, { 1, "icmp" }, { 58, "icmpv6" },
		{ 132, "sctp" }, { 262, "mptcp" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].number == o->protocol)
			return names[i].name;
	snprintf(buf, size, "ip protocol %u", o->protocol);
	return buf;
}

static void inet_of(const struct object *o, char *buf, size_t size)
{
	char unknown[32], local[64], remote[64];
	const char *protocol = protocol_of(o, unknown, sizeof(unknown));

	address_of(o, o->local, o->local_port, local, sizeof(local));
	address_of(o, o->remote, o->remote_port, remote, sizeof(remote));
	if (o->remote_port)
		snprintf(buf, size, "%s %s -> %s", protocol, local, remote);
	else if (o->flags & OBJECT_LISTENS)
		snprintf(buf, size, "%s %s (listening)", protocol, local);
	else if (o->local_port)
		snprintf(buf, size, "%s %s", protocol, local);
	else
		snprintf(buf, size, "%s (no address)", protocol);
}

/* The path of one of the ends; false: it has none. The 0 that is in front of
 * an abstract one, and may be within, is written as /proc/net/unix does. */
static bool unix_path(const struct object *o, int end, char *buf, size_t size)
{
	const char *path = &o->text[end * OBJECT_UNIX];
	size_t n = o->unix_size[end];

	if (n > OBJECT_UNIX)
		n = OBJECT_UNIX;
	if (n && path[0])
		n = strnlen(path, n);
	if (n >= size)
		n = size - 1;
	for (size_t i = 0; i < n; i++)
		buf[i] = path[i] ? path[i] : '@';
	buf[n] = '\0';
	return n;
}

static void unix_of(const struct object *o, char *buf, size_t size)
{
	char path[OBJECT_UNIX + 1];

	if (unix_path(o, 0, path, sizeof(path)) ||
	    unix_path(o, 1, path, sizeof(path)))
		snprintf(buf, size, "unix %s", path);
	else
		snprintf(buf, size, "unix:[%llu]", (unsigned long long)o->ino);
}

static void socket_of(const struct object *o, char *buf, size_t size)
{
	static const struct {
		int number;
		const char *name;
	} families[] = {
		{ AF_NETLINK, "netlink" }, { AF_PACKET, "packet" },
		{ AF_ALG, "alg" }, { AF_VSOCK, "vsock" },
		{ AF_BLUETOOTH, "bluetooth" }, { AF_CAN, "can" },
	};

	if (o->family == AF_UNIX) {
		unix_of(o, buf, size);
		return;
	}
	if (o->family == AF_INET || o->family == AF_INET6) {
		inet_of(o, buf, size);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].number == o->family) {
			snprintf(buf, size, "%s", families[i].name);
			return;
		}
	snprintf(buf, size, "socket of family %u", o->family);
}

char *objtext_name(const struct object *o, char *buf, size_t size)
{
	*buf = '\0';
	if (S_ISSOCK(o->mode) && o->family)
		socket_of(o, buf, size);
	else if (o->flags & OBJECT_INTERNAL)
		internal_of(o, buf, size);
	else
		path_of(o, buf, size);
	return buf;
}

bool objtext_remote(const struct object *o, char *buf, size_t size)
{
	char path[OBJECT_UNIX + 1];

	*buf = '\0';
	if (o->family == AF_INET || o->family == AF_INET6) {
		if (o->remote_port)
			address_of(o, o->remote, o->remote_port, buf, size);
	} else if (o->family == AF_UNIX &&
		   unix_path(o, 1, path, sizeof(path))) {
		snprintf(buf, size, "%s", path);
	}
	return *buf;
}

bool objtext_is_local(const struct object *o)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	const uint8_t *remote = o->remote;

	if (o->family == AF_INET6 && is_mapped(remote))
		remote += 12;
	return (o->family == AF_INET || remote != o->remote ?
		remote[0] == 127 : !memcmp(remote, loopback, 16)) ||
	       !memcmp(o->local, o->remote, sizeof(o->local));
}
