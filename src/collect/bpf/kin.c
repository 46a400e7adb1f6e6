/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/kin.h"

#include <stdlib.h>
#include <string.h>

#include "collect/bpf/words.h"

/* A process, for as long as one of its threads is known. */
struct family {
	int32_t pid;		/* the map's key: stays first, no padding */
	int32_t zero;
	uint64_t start;
	size_t threads;
	char name[16];
};

#define FAMILY_KEY_SIZE 16

void kin_init(struct gather *g)
{
	map_init(&g->families, FAMILY_KEY_SIZE);
}

void kin_done(struct gather *g)
{
	map_free_all(&g->families);
}

static void tell_event(const struct gather *g, enum event_kind kind,
		       const struct key *key, const char *text)
{
	struct event event = { .kind = kind, .key = *key, .text = text };

	g->sink->event(g->sink->ctx, &event);
}

struct key kin_process(const struct key *thread)
{
	return key_project(thread, dim_bit(DIM_PROCESS));
}

void kin_leave(struct gather *g, struct known *known)
{
	struct key key = kin_process(&known->key);

	tell_event(g, EVENT_EXIT, &known->key, NULL);
	if (!known->family || --known->family->threads)
		return;
	/* One of its threads may not have been seen yet. */
	if (!gather_lives(g, key.pid, key.process_start)) {
		tell_event(g, EVENT_EXIT, &key, NULL);
		if (g->words)
			words_forget(g->words, &key);
	}
	map_del(&g->families, known->family);
	free(known->family);
}

/* NULL without memory, then it goes without a name. */
static struct family *join_family(struct gather *g, const struct key *key)
{
	struct family wanted = { .pid = key->pid,
				 .start = key->process_start };
	struct family *family = map_get(&g->families, &wanted);

	if (!family) {
		family = calloc(1, sizeof(*family));
		if (!family)
			return NULL;
		*family = wanted;
		if (map_add(&g->families, family)) {
			free(family);
			return NULL;
		}
	}
	family->threads++;
	return family;
}

/* A process is called as its first thread is. */
static void tell_names(struct gather *g, struct known *known,
		       const struct slot *slot)
{
	struct key key = kin_process(&known->key);
	char comm[sizeof(slot->comm) + 1] = "";
	struct family *family = known->family;

	if (known->named &&
	    !memcmp(known->name, slot->comm, sizeof(known->name)))
		return;
	known->named = true;
	memcpy(known->name, slot->comm, sizeof(known->name));
	memcpy(comm, slot->comm, sizeof(slot->comm));
	tell_event(g, EVENT_NAME, &known->key, comm);
	if (!family || (known->key.tid != known->key.pid && *family->name))
		return;
	memcpy(family->name, comm, sizeof(family->name));
	tell_event(g, EVENT_NAME, &key, comm);
}

void kin_identify(struct gather *g, struct known *known,
		  const struct slot *slot)
{
	struct key key = {
		.pid = slot->tgid, .tid = slot->tid,
		.process_start = slot->leader_start_ns /
				 (uint64_t)g->tick_ns,
		.thread_start = slot->start_ns / (uint64_t)g->tick_ns,
	};
	struct family *family;

	if (known->serial != slot->serial) {
		*known = (struct known){ .serial = slot->serial };
		g->n_threads++;
	} else if (memcmp(&known->key, &key, sizeof(key))) {
		/* The process goes on, so join before leaving. */
		family = join_family(g, &key);
		kin_leave(g, known);
		known->key = key;
		known->family = family;
		known->named = false;
	}
	if (!known->family) {
		known->key = key;
		known->family = join_family(g, &key);
	}
	tell_names(g, known, slot);
}
