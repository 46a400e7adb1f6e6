/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The side of joining that is joined: a socket at which other processes of
 * the same user ask for what is accounted here. It knows who asks and how;
 * what is answered is the owner's affair. Nothing waits for anybody: a
 * message that somebody does not take is the last one that is sent there.
 */
#ifndef EXPORT_OFFER_H
#define EXPORT_OFFER_H

#include "base/why.h"
#include "model/wire.h"

#define OFFER_PLACES 8

struct offer;

struct offer_owner {
	void *ctx;
	/*
	 * The one in @place wants something: fill in the answer, and the
	 * state where there is one, whose memory is the offer's then.
	 */
	void (*asked)(void *ctx, int place, const struct wire_request *request,
		      struct wire_answer *answer, struct wire_state *state);
	/* The one in @place, who had asked to join, is gone. */
	void (*left)(void *ctx, int place);
	/* Nobody is let in any more, and -errno why. */
	void (*deaf)(void *ctx, int err);
};

/* -errno: there is no place for a socket, and why. */
int offer_open(struct offer **ret, const struct offer_owner *owner,
	       struct why *why);

/* Readable when offer_serve() has something to do; -1 for NULL. */
int offer_fd(const struct offer *offer);
void offer_serve(struct offer *offer);

/* Tells the one in @place without being asked; takes the state's memory,
 * NULL is none. Who does not listen has left when this returns. */
void offer_tell(struct offer *offer, int place, enum wire_kind kind,
		struct wire_state *state);

/* Hangs up on all, and takes the socket away; NULL is nothing. */
void offer_close(struct offer *offer);

#endif
