/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "export/offer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/peer.h"
#include "base/rundir.h"
#include "base/sealed.h"

struct guest {
	int sock;	/* -1: nobody */
	bool joined;
	uint64_t came;	/* in what order */
};

struct offer {
	struct offer_owner owner;
	int dir, listener, epoll_fd;
	char name[32];
	struct guest guests[OFFER_PLACES];
	uint64_t came;
	bool is_deaf;	/* the listener is not watched any more */
};

/* The listener's; guests have their places' numbers. */
#define AT_THE_DOOR OFFER_PLACES

static int watch(const struct offer *offer, int sock, int place)
{
	struct epoll_event event = { .events = EPOLLIN,
				     .data.u32 = (uint32_t)place };

	return epoll_ctl(offer->epoll_fd, EPOLL_CTL_ADD, sock, &event) ?
	       -errno : 0;
}

static int listen_there(struct offer *offer, int nth, struct why *why)
{
	int err = rundir_open(&offer->dir, nth, true, why);

	if (err)
		return err;
	peer_sweep(offer->dir);
	err = peer_listen(&offer->listener, offer->dir, offer->name);
	if (!err)
		err = watch(offer, offer->listener, AT_THE_DOOR);
	if (err)
		why_set(why, -err, "cannot make a socket to be joined at: %s",
			strerror(-err));
	return err;
}

int offer_open(struct offer **ret, const struct offer_owner *owner,
	       struct why *why)
{
	struct offer *offer = calloc(1, sizeof(*offer));
	int err;

	if (!offer)
		return why_set(why, ENOMEM, "out of memory");
	offer->owner = *owner;
	offer->dir = offer->listener = -1;
	for (int i = 0; i < OFFER_PLACES; i++)
		offer->guests[i].sock = -1;
	snprintf(offer->name, sizeof(offer->name), "%d.sock", getpid());
	offer->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	err = offer->epoll_fd < 0 ? why_set(why, errno, "epoll_create1: %s",
					    strerror(errno)) : -ENOENT;
	/* One that is there and will not do is not passed over in silence. */
	for (int i = 0; err == -ENOENT && i < RUNDIR_PLACES; i++)
		err = listen_there(offer, i, why);
	if (err)
		offer_close(offer);
	else
		*ret = offer;
	return err;
}

int offer_fd(const struct offer *offer)
{
	return offer ? offer->epoll_fd : -1;
}

static void see_out(struct offer *offer, int place)
{
	struct guest *guest = &offer->guests[place];
	bool joined = guest->joined;

	if (guest->sock < 0)
		return;
	close(guest->sock);
	*guest = (struct guest){ .sock = -1 };
	if (joined)
		offer->owner.left(offer->owner.ctx, place);
}

/* A state goes along as memory, so that what is sent is small enough for
 * any socket that is read at all. */
static int send_answer(int sock, const struct wire_answer *answer,
		       const struct wire_state *state)
{
	int err = 0, fd = -1;

	if (state && state->size) {
		fd = sealed_new(state->data, state->size);
		err = fd < 0 ? fd : 0;
	}
	if (!err)
		err = peer_send(sock, answer, sizeof(*answer), fd);
	if (fd >= 0)
		close(fd);
	return err;
}

void offer_tell(struct offer *offer, int place, enum wire_kind kind,
		struct wire_state *state)
{
	struct wire_answer answer = { .head = wire_head(kind) };
	int sock = offer->guests[place].sock;

	if (sock >= 0 && send_answer(sock, &answer, state))
		see_out(offer, place);
	if (state)
		free(state->data);
}

/* If there is none, that of who came first of those that only ask. */
static int find_place(const struct offer *offer)
{
	int first = -1;

	for (int i = 0; i < OFFER_PLACES; i++) {
		const struct guest *guest = &offer->guests[i];

		if (guest->sock < 0)
			return i;
		if (!guest->joined && (first < 0 ||
		    guest->came < offer->guests[first].came))
			first = i;
	}
	return first;
}

static void refuse(int sock, int error)
{
	struct wire_answer answer = { .head = wire_head(WIRE_ANSWER),
				      .error = error };

	peer_send(sock, &answer, sizeof(answer), -1);
}

/* False: there is nobody at the door. */
static bool let_in(struct offer *offer)
{
	int sock, place, err = peer_accept(&sock, offer->listener);

	if (err == -EPERM || err == -ECONNABORTED || err == -EINTR)
		return true;
	/* Without descriptors who waits there would wake us on and on. */
	if (err && err != -EAGAIN) {
		epoll_ctl(offer->epoll_fd, EPOLL_CTL_DEL, offer->listener,
			  NULL);
		if (!offer->is_deaf)
			offer->owner.deaf(offer->owner.ctx, err);
		offer->is_deaf = true;
	}
	if (err)
		return false;
	place = find_place(offer);
	if (place >= 0)
		see_out(offer, place);
	if (place < 0 || watch(offer, sock, place)) {
		refuse(sock, EBUSY);
		close(sock);
		return true;
	}
	offer->guests[place] = (struct guest){ .sock = sock,
					       .came = ++offer->came };
	return true;
}

static void answer(struct offer *offer, int place,
		   const struct wire_request *request)
{
	struct guest *guest = &offer->guests[place];
	struct wire_answer answer = { .head = wire_head(WIRE_ANSWER) };
	struct wire_state state = { .size = 0 };
	bool joins = request->head.kind == WIRE_JOIN;
	uint64_t who = guest->came;

	guest->joined |= joins;
	offer->owner.asked(offer->owner.ctx, place, request, &answer, &state);
	/* Meanwhile it may have been told something else, and not listened. */
	if (guest->came == who) {
		if (joins && answer.error)
			guest->joined = false;
		if (send_answer(guest->sock, &answer, &state))
			see_out(offer, place);
	}
	free(state.data);
}

static void hear(struct offer *offer, int place)
{
	int sock = offer->guests[place].sock;
	struct wire_request request;
	/* What is longer than a request does not fit, and is none. */
	char message[sizeof(request)];
	ssize_t n = peer_receive(sock, message, sizeof(message), NULL);
	int err;

	if (n == -EAGAIN || n == -EINTR)
		return;
	err = n > 0 ? wire_request(message, (size_t)n, &request) : (int)n;
	if (n > 0 && !err) {
		answer(offer, place, &request);
		return;
	}
	if (err)
		refuse(sock, -err);
	see_out(offer, place);
}

void offer_serve(struct offer *offer)
{
	struct epoll_event events[OFFER_PLACES + 1];
	int n = epoll_wait(offer->epoll_fd, events, OFFER_PLACES + 1, 0);

	for (int i = 0; i < n; i++) {
		int place = (int)events[i].data.u32;

		if (place != AT_THE_DOOR && offer->guests[place].sock >= 0)
			hear(offer, place);
	}
	/* Last, as it gives places to others; and not without end. */
	for (int i = 0; i < OFFER_PLACES && let_in(offer); i++)
		;
}

void offer_close(struct offer *offer)
{
	if (!offer)
		return;
	for (int i = 0; i < OFFER_PLACES; i++)
		see_out(offer, i);
	if (offer->listener >= 0) {
		unlinkat(offer->dir, offer->name, 0);
		close(offer->listener);
	}
	if (offer->dir >= 0)
		close(offer->dir);
	if (offer->epoll_fd >= 0)
		close(offer->epoll_fd);
	free(offer);
}
