/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"

#define BACKLOG 16

static int new_socket(void)
{
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC |
			  SOCK_NONBLOCK, 0);

	return sock < 0 ? -errno : sock;
}

/* By the folder's descriptor: it is the one that was looked at, and its
 * path may be longer than an address can be. */
static struct sockaddr_un address_of(int dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path),
		 "/proc/self/fd/%d/%.64s", dir, name);
	return address;
}

static int check_peer(int sock, pid_t *pid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return -errno;
	if (pid)
		*pid = cred.pid;
	return cred.uid == geteuid() ? 0 : -EPERM;
}

int peer_connect(int *ret, int dir, const char *name, pid_t *pid)
{
	struct sockaddr_un address = address_of(dir, name);
	int sock = new_socket(), err = 0;

	if (sock < 0)
		return sock;
	if (connect(sock, (struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	if (!err)
		err = check_peer(sock, pid);
	if (err)
		close(sock);
	else
		*ret = sock;
	return err;
}

/* A socket that nobody answers at is left over from somebody killed. */
static int make_room(int dir, const char *name)
{
	int sock, err = peer_connect(&sock, dir, name, NULL);

	if (!err)
		close(sock);
	if (err == -ECONNREFUSED)
		return unlinkat(dir, name, 0) ? -errno : 0;
	return err == -ENOENT ? 0 : -EADDRINUSE;
}

int peer_listen(int *ret, int dir, const char *name)
{
	struct sockaddr_un address = address_of(dir, name);
	int err = make_room(dir, name);
	int sock = err ? -1 : new_socket();

	if (err || sock < 0)
		return err ? err : sock;
	if (bind(sock, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(sock, BACKLOG)) {
		err = -errno;
		close(sock);
		return err;
	}
	*ret = sock;
	return 0;
}

int peer_accept(int *ret, int listener)
{
	int sock = accept4(listener, NULL, NULL,
			   SOCK_CLOEXEC | SOCK_NONBLOCK);
	int err = sock < 0 ? -errno : check_peer(sock, NULL);

	if (!err)
		*ret = sock;
	else if (sock >= 0)
		close(sock);
	return err;
}

/* The process whose number @name begins with has ended: one that has not
 * may be about to listen. */
static bool is_of_the_dead(const char *name)
{
	const char *dot = strchr(name, '.');
	char number[16];
	uint64_t pid;

	if (!dot || strcmp(dot, ".sock") ||
	    (size_t)(dot - name) >= sizeof(number))
		return false;
	snprintf(number, sizeof(number), "%.*s", (int)(dot - name), name);
	return !num_parse(number, INT_MAX, &pid) && pid &&
	       kill((pid_t)pid, 0) && errno == ESRCH;
}

void peer_sweep(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!entries) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((entry = readdir(entries)))
		if (is_of_the_dead(entry->d_name))
			make_room(dir, entry->d_name);
	closedir(entries);
}

int peer_send(int sock, const void *data, size_t size, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = {
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
		.cmsg_len = CMSG_LEN(sizeof(int)),
	} };
	struct iovec part = { .iov_base = (void *)data, .iov_len = size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	return sendmsg(sock, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The first one is kept if @ret is there for it. */
static void take_descriptors(struct msghdr *message, int *ret)
{
	struct cmsghdr *head;
	int fd;

	for (head = CMSG_FIRSTHDR(message); head;
	     head = CMSG_NXTHDR(message, head)) {
		size_t end = head->cmsg_len;

		if (head->cmsg_level != SOL_SOCKET ||
		    head->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(fd) <= end;
		     at += sizeof(fd)) {
			memcpy(&fd, (char *)head + at, sizeof(fd));
			if (*ret < 0)
				*ret = fd;
			else
				close(fd);
		}
	}
}

ssize_t peer_receive(int sock, void *buf, size_t size, int *fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { .iov_base = buf, .iov_len = size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t n;

	if (fd) {
		*fd = -1;
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	n = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	if (fd)
		take_descriptors(&message, fd);
	if (message.msg_flags & MSG_TRUNC) {
		if (fd && *fd >= 0)
			close(*fd);
		return -EMSGSIZE;
	}
	return n;
}
