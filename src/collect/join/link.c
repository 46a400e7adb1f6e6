/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/join/link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/peer.h"
#include "base/sealed.h"

int link_open(struct link *link, int dir, const char *name)
{
	return peer_connect(&link->sock, dir, name, &link->pid);
}

void link_close(struct link *link)
{
	if (link->sock >= 0)
		close(link->sock);
	link->sock = -1;
}

int link_send(const struct link *link, const struct wire_request *request)
{
	return peer_send(link->sock, request, wire_request_size(request), -1);
}

int link_wait(const struct link *link, int64_t deadline_ns)
{
	struct pollfd fd = { .fd = link->sock, .events = POLLIN };
	int64_t left;
	int n;

	do {
		left = deadline_ns - clock_mono_ns();
		n = poll(&fd, 1, left > 0 ? (int)(left / NS_PER_MS) + 1 : 0);
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n ? -errno : -ETIMEDOUT;
}

int link_receive(const struct link *link, struct link_message *ret)
{
	char message[sizeof(ret->answer)];
	int fd, err;
	ssize_t n = peer_receive(link->sock, message, sizeof(message), &fd);

	*ret = (struct link_message){ .state = NULL };
	if (n == -EAGAIN || n == -EINTR)
		return -EAGAIN;
	if (n == -EMSGSIZE)
		return -EPROTO;
	if (n <= 0)
		return -EPIPE;
	err = wire_answer(message, (size_t)n, &ret->answer);
	if (!err && fd >= 0)
		err = sealed_read(fd, WIRE_STATE_MAX, &ret->state,
				  &ret->size);
	if (fd >= 0)
		close(fd);
	return err;
}
