/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "share.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acct/family.h"
#include "base/clock.h"
#include "model/abi.h"

struct joiner {
	bool has_all;		/* it joined the launched command itself */
	bool told_empty;
	struct family family;	/* where it does not have all */
	struct ledger ledger;	/* since its last state */
	struct sink sink;
	size_t labels, notes;	/* so many it has been sent */
};

static bool concerns(struct joiner *joiner, const struct key *key)
{
	return joiner->has_all || family_has(&joiner->family, key);
}

static void on_cell(void *ctx, const struct key *key,
		    const struct cell *delta)
{
	struct share *share = ctx;

	share->own.cell(share->own.ctx, key, delta);
	for (int i = 0; i < OFFER_PLACES; i++) {
		struct joiner *joiner = share->joiners[i];

		if (joiner && concerns(joiner, key))
			joiner->sink.cell(joiner->sink.ctx, key, delta);
	}
}

/* The collectors that are offered have none. */
static void on_hist(void *ctx, const struct key *key,
		    const struct hist *delta)
{
	struct share *share = ctx;

	share->own.hist(share->own.ctx, key, delta);
}

static int32_t on_label(void *ctx, const char *text)
{
	struct share *share = ctx;

	return share->own.label(share->own.ctx, text);
}

/* Its ledger has what is new: who ends needs a name there. */
static void pass_end(struct share *share, struct joiner *joiner,
		     const struct event *event)
{
	const struct who *who = ledger_who(share->ledger, &event->key);
	struct event name = { .kind = EVENT_NAME, .key = event->key };

	if (!who)
		return;
	name.text = who->name;
	joiner->sink.event(joiner->sink.ctx, &name);
	joiner->sink.event(joiner->sink.ctx, event);
	if (event->key.tid == TID_PROCESS && !joiner->has_all)
		family_end(&joiner->family, &event->key);
}

static void pass(struct share *share, struct joiner *joiner,
		 const struct event *event)
{
	switch (event->kind) {
	case EVENT_SAMPLE:
	case EVENT_NAME:
		if (concerns(joiner, &event->key))
			joiner->sink.event(joiner->sink.ctx, event);
		break;
	case EVENT_EXIT:
		if (concerns(joiner, &event->key))
			pass_end(share, joiner, event);
		break;
	case EVENT_LOST:
	case EVENT_MACHINE:
	case EVENT_PROGRAMS:
		joiner->sink.event(joiner->sink.ctx, event);
		break;
	case EVENT_PARENT:
		/* Noted for all of them. */
	case EVENT_SLOW:
		/* Of no collector that can be joined. */
	case EVENT_NOTE:
	case EVENT_GAUGES:
		/* Read off our own ledger when a state is sent. */
		break;
	}
}

static void tell_if_empty(struct share *share, int place)
{
	struct joiner *joiner = share->joiners[place];

	if (joiner->has_all || joiner->family.living || joiner->told_empty)
		return;
	joiner->told_empty = true;
	/* It may be gone after this. */
	offer_tell(share->offer, place, WIRE_EMPTY, NULL);
}

static void on_event(void *ctx, const struct event *event)
{
	struct share *share = ctx;

	if (event->kind == EVENT_PARENT)
		lineage_tell(&share->lineage, &event->key,
			     (pid_t)event->parent.pid, event->parent.start);
	for (int i = 0; i < OFFER_PLACES; i++) {
		if (!share->joiners[i])
			continue;
		pass(share, share->joiners[i], event);
		if (event->kind == EVENT_EXIT)
			tell_if_empty(share, i);
	}
	if (event->kind == EVENT_EXIT && event->key.tid == TID_PROCESS)
		lineage_end(&share->lineage, &event->key);
	share->own.event(share->own.ctx, event);
}

struct sink share_sink(struct share *share, const struct ledger *ledger,
		       struct sink own)
{
	share->ledger = ledger;
	share->own = own;
	lineage_init(&share->lineage);
	return (struct sink){ .ctx = share, .event = on_event,
			      .cell = on_cell, .hist = on_hist,
			      .label = on_label };
}

static void left(void *ctx, int place)
{
	struct share *share = ctx;
	struct joiner *joiner = share->joiners[place];

	share->joiners[place] = NULL;
	if (!joiner)
		return;
	family_done(&joiner->family);
	ledger_done(&joiner->ledger);
	free(joiner);
}

/* How many live now, of those that it sees. */
static struct gauges count_living(const struct share *share,
				  struct joiner *joiner)
{
	struct gauges now = { .in_flight = 0 };
	const struct who *who;
	size_t pos = 0;

	if (joiner->has_all)
		return share->ledger->gauges;
	while ((who = map_next(&share->ledger->names, &pos)))
		if (!who->ended && family_has(&joiner->family, &who->key)) {
			now.processes += who->key.tid == TID_PROCESS;
			now.threads += who->key.tid > 0;
		}
	return now;
}

static void put_sums(struct wire_state *state, const struct share *share,
		     struct joiner *joiner)
{
	struct wire_sums sums = {
		.gauges = count_living(share, joiner),
		.machine = joiner->ledger.machine,
	};

	joiner->ledger.lost[LOSS_ORPHANS] += (int64_t)joiner->family.undecided;
	if (joiner->family.is_full)
		joiner->ledger.lost[LOSS_RECORDS]++;
	for (int i = 0; i < LOSS_COUNT; i++)
		sums.lost[i] = joiner->ledger.lost[i];
	wire_put_sums(state, &sums);
}

static void put_state(struct wire_state *state, const struct share *share,
		      struct joiner *joiner)
{
	const struct ledger *ledger = share->ledger;
	const struct record *record;
	const struct who *who;
	size_t pos = 0;

	put_sums(state, share, joiner);
	for (; joiner->labels < ledger->labels.n; joiner->labels++)
		wire_put_label(state, ledger->labels.texts[joiner->labels]);
	for (; joiner->notes < ledger->n_notes; joiner->notes++)
		wire_put_note(state, ledger->notes[joiner->notes]);
	while ((who = map_next(&joiner->ledger.names, &pos)))
		wire_put_name(state, &who->key, who->name, who->ended);
	pos = 0;
	while ((record = map_next(&joiner->ledger.records, &pos)))
		wire_put_cell(state, &record->key, &record->cell);
	wire_put_end(state);
	if (joiner->ledger.out_of_memory)
		state->err = -ENOMEM;
	ledger_done(&joiner->ledger);
	family_next(&joiner->family);
}

static bool is_living_process(const struct who *who)
{
	return who->key.tid == TID_PROCESS && !who->ended;
}

static bool wants(const struct wire_request *request, pid_t pid)
{
	for (uint32_t i = 0; i < request->n_pids; i++)
		if (request->pids[i] == pid)
			return true;
	return false;
}

static const struct who *find_process(const struct share *share, pid_t pid)
{
	const struct who *who;
	size_t pos = 0;

	while ((who = map_next(&share->ledger->names, &pos)))
		if (who->key.pid == pid && is_living_process(who))
			return who;
	return NULL;
}

/* Whether all of them are accounted; who is not. */
static void look_up(const struct share *share,
		    const struct wire_request *request,
		    struct wire_answer *answer)
{
	bool same = request->pid_ns == procfs_pid_ns(share->procfs);

	for (uint32_t i = 0; i < request->n_pids; i++) {
		if (same && find_process(share, request->pids[i]))
			answer->n_known++;
		else if (!answer->unknown)
			answer->unknown = request->pids[i];
	}
}

static const struct command *command_of(const struct share *share)
{
	const struct collector_ops *ops = share->collector->ops;

	return ops->command ? ops->command(share->collector) : NULL;
}

/* What is in our ledger from before is not for who joins now. */
static int refresh(const struct share *share)
{
	const struct collector_ops *ops = share->collector->ops;

	return ops->tick ? ops->tick(share->collector, clock_mono_ns(),
				     NULL) : 0;
}

/* The names of all that it sees, the living ones. */
static void tell_names(const struct share *share, struct joiner *joiner)
{
	const struct who *who;
	size_t pos = 0;

	while ((who = map_next(&share->ledger->names, &pos))) {
		struct event event = { .kind = EVENT_NAME, .key = who->key,
				       .text = who->name };

		if (!who->ended && concerns(joiner, &who->key))
			joiner->sink.event(joiner->sink.ctx, &event);
	}
}

static int take_in(struct share *share, int place,
		   const struct wire_request *request)
{
	const struct command *command = command_of(share);
	struct joiner *joiner = calloc(1, sizeof(*joiner));
	const struct who *who;
	size_t pos = 0;
	int err = 0;

	if (!joiner)
		return -ENOMEM;
	joiner->has_all = request->follow && command &&
			  wants(request, command->pid);
	family_init(&joiner->family, &share->lineage, request->follow);
	ledger_init(&joiner->ledger, share->ledger->max_records);
	joiner->sink = ledger_sink(&joiner->ledger);
	share->joiners[place] = joiner;
	while (!err && (who = map_next(&share->ledger->names, &pos)))
		if (is_living_process(who) && wants(request, who->key.pid))
			err = family_add(&joiner->family, &who->key);
	if (!err)
		tell_names(share, joiner);
	return err;
}

static int serve(struct share *share, int place,
		 const struct wire_request *request,
		 const struct wire_answer *answer)
{
	int err;

	if (request->head.kind == WIRE_FETCH)
		return share->joiners[place] ? refresh(share) : -EINVAL;
	left(share, place);
	if (!answer->n_known || answer->unknown)
		return -ESRCH;
	err = refresh(share);
	return err ? err : take_in(share, place, request);
}

static void asked(void *ctx, int place, const struct wire_request *request,
		  struct wire_answer *answer, struct wire_state *state)
{
	const struct command *command = command_of(ctx);
	struct share *share = ctx;
	int err = 0;

	answer->command = command ? command->pid : 0;
	look_up(share, request, answer);
	if (request->head.kind == WIRE_ASK)
		return;
	err = serve(share, place, request, answer);
	/* While it was served it may have been found not to listen. */
	if (!err && share->joiners[place]) {
		put_state(state, share, share->joiners[place]);
		err = state->err;
	}
	answer->error = -err;
	if (err) {
		state->size = 0;
		left(share, place);
	}
}

static void note(const struct share *share, const char *fmt,
		 const char *reason)
	__attribute__((format(printf, 2, 0)));

static void note(const struct share *share, const char *fmt,
		 const char *reason)
{
	char text[512];

	snprintf(text, sizeof(text), fmt, reason);
	sink_note(&share->own, text);
}

static void deaf(void *ctx, int err)
{
	note(ctx, "warning: no more sessions can join this one: %s",
	     strerror(-err));
}

int share_open(struct share *share, struct collector *collector,
	       const struct procfs *procfs, struct why *why)
{
	struct offer_owner owner = { .ctx = share, .asked = asked,
				     .left = left, .deaf = deaf };
	struct why reason = { 0 };
	int err;

	share->collector = collector;
	share->procfs = share->lineage.fs = procfs;
	err = offer_open(&share->offer, &owner, &reason);
	/* Where there is no runtime directory nobody expects to join. */
	if (err && err != -ENOENT)
		note(share, "other sessions cannot join this one: %.400s",
		     reason.text);
	if (err && why)
		*why = reason;
	return err;
}

int share_fd(const struct share *share)
{
	return offer_fd(share->offer);
}

void share_serve(struct share *share)
{
	if (share->offer)
		offer_serve(share->offer);
}

void share_close(struct share *share)
{
	for (int i = 0; i < OFFER_PLACES; i++) {
		struct wire_state state = { .size = 0 };

		if (!share->joiners[i])
			continue;
		put_state(&state, share, share->joiners[i]);
		if (state.err)
			state.size = 0;
		offer_tell(share->offer, i, WIRE_END, &state);
	}
	offer_close(share->offer);
	share->offer = NULL;
	lineage_done(&share->lineage);
}
