/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Words of the address as they are in memory, printed as numbers: the bytes
 * of each are in this machine's order. */
int tcp_parse_address(const char *hex, char *buf, size_t size)
{
	size_t digits = strspn(hex, "0123456789abcdefABCDEF");
	uint32_t words[4];
	char word[9];

	if ((digits != 8 && digits != 32) || hex[digits] != ':')
		return -EINVAL;
	for (size_t i = 0; i < digits / 8; i++) {
		snprintf(word, sizeof(word), "%.8s", hex + 8 * i);
		words[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	if (digits == 32 && !words[0] && !words[1] &&
	    words[2] == htonl(0xffff)) {
		words[0] = words[3];
		digits = 8;
	}
	return inet_ntop(digits == 8 ? AF_INET : AF_INET6, words, buf,
			 (socklen_t)size) ? 0 : -EINVAL;
}

/* The socket's number, 0: it is none. */
static unsigned long inode_of(const struct procfs *fs, pid_t pid, int fd)
{
	unsigned long inode = 0;
	char path[48], link[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%d/fd/%d", pid, fd);
	n = readlinkat(fs->root, path, link, sizeof(link) - 1);
	if (n <= 0)
		return 0;
	link[n] = '\0';
	return sscanf(link, "socket:[%lu]", &inode) == 1 ? inode : 0;
}

/* In one of the tables; -ENOTCONN: it is not there. */
static int look_up(const struct procfs *fs, pid_t pid, const char *table,
		   unsigned long inode, char *buf, size_t size)
{
	int fd = procfs_open(fs, "%d/net/%s", pid, table);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	int err = -ENOTCONN;
	char line[512];

	if (!file && fd >= 0)
		close(fd);
	while (file && err == -ENOTCONN && fgets(line, sizeof(line), file)) {
		unsigned long number;
		char peer[48];

		if (sscanf(line, "%*s %*s %47s %*s %*s %*s %*s %*s %*s %lu",
			   peer, &number) == 2 && number == inode)
			err = tcp_parse_address(peer, buf, size);
	}
	if (file)
		fclose(file);
	return err;
}

int tcp_peer(const struct procfs *fs, pid_t pid, int fd, char *buf,
	     size_t size)
{
	unsigned long inode = inode_of(fs, pid, fd);
	int err = inode ? look_up(fs, pid, "tcp", inode, buf, size) :
			  -ENOTCONN;

	if (inode && err == -ENOTCONN)
		err = look_up(fs, pid, "tcp6", inode, buf, size);
	return err;
}
