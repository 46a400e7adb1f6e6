/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is at the other end of another process's TCP connection, by /proc. */
#ifndef BASE_TCP_H
#define BASE_TCP_H

#include <stddef.h>
#include <stdint.h>

#include "base/procfs.h"

#define TCP_ADDRESS_MAX 64

/* The address of the peer, without its port; an IPv4 one mapped into IPv6 as
 * IPv4. 0, or -errno: -ENOTCONN where that is no TCP connection. Cost: one
 * line for each connection in the process's network namespace. */
int tcp_peer(const struct procfs *fs, pid_t pid, int fd, char *buf,
	     size_t size);

/* "0100007F:01BD", as /proc/net/tcp and tcp6 have addresses, as text. 0, or
 * -EINVAL. */
int tcp_parse_address(const char *hex, char *buf, size_t size);

#endif
