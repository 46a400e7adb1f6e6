/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/map.h"
#include "collect/bpf/objmaps.h"
#include "collect/bpf/objtext.h"
#include "collect/bpf/peers.h"

/* What is no number of one has a word all the same. */
enum { WORD_NO_ROOM, WORD_NOT_OPEN, WORD_NOT_FOUND, WORDS };

/* Its name, and who is at its other end as its processes see that. */
struct thing {
	uint64_t number;	/* the map's key: stays first */
	int64_t pid;		/* 0: the name alone */
	int32_t label;
};

#define THING_KEY_SIZE 16

/* As many as there are objects, each for some processes. */
#define MAX_THINGS (4 * OBJECTS)

struct objects {
	struct engine *engine;
	const struct procfs *fs;
	const struct sink *sink;
	struct map things;
	struct peers *peers;	/* NULL: not asked for */
	unsigned dims;
	int32_t words[WORDS];
};

/* A number for the sink, + 1 as keys have it. */
static int32_t label_of(const struct objects *objects, const char *text)
{
	int32_t number = objects->sink->label(objects->sink->ctx, text);

	return number < 0 ? objects->words[WORD_NO_ROOM] : number + 1;
}

int objects_new(struct objects **ret, struct engine *engine,
		const struct collector_cfg *cfg, const struct sink *sink,
		struct why *why)
{
	static const char *const words[WORDS] = {
		[WORD_NO_ROOM] = "(no room)", [WORD_NOT_OPEN] = "(not open)",
		[WORD_NOT_FOUND] = "(not found)",
	};
	struct objects *objects = calloc(1, sizeof(*objects));

	if (!objects)
		return why_set(why, ENOMEM, "out of memory");
	objects->engine = engine;
	objects->fs = cfg->procfs;
	objects->sink = sink;
	objects->dims = cfg->detail | cfg->more_detail;
	map_init(&objects->things, THING_KEY_SIZE);
	for (int i = 0; i < WORDS; i++)
		objects->words[i] = label_of(objects, words[i]);
	if (objects->dims & dim_bit(DIM_PEER))
		objects->peers = peers_new(cfg->procfs);
	if (objects->dims & dim_bit(DIM_PEER) && !objects->peers) {
		objects_free(objects);
		return why_set(why, ENOMEM, "out of memory");
	}
	*ret = objects;
	return 0;
}

void objects_free(struct objects *objects)
{
	if (!objects)
		return;
	map_free_all(&objects->things);
	peers_free(objects->peers);
	free(objects);
}

/* Without memory it is found out again. */
static void remember(struct objects *objects, const struct thing *found)
{
	struct thing *thing;

	if (objects->things.used >= MAX_THINGS)
		return;
	thing = malloc(sizeof(*thing));
	if (!thing)
		return;
	*thing = *found;
	if (map_add(&objects->things, thing))
		free(thing);
}

/* --- names -------------------------------------------------------------------- */

static int32_t name_of(struct objects *objects, uint64_t number)
{
	struct thing key = { .number = number };
	const struct thing *known = map_get(&objects->things, &key);
	char text[OBJTEXT_MAX];
	struct object o;

	if (known)
		return known->label;
	if (objmaps_object(objects->engine, number, &o))
		return objects->words[WORD_NOT_FOUND];
	key.label = label_of(objects, objtext_name(&o, text, sizeof(text)));
	remember(objects, &key);
	return key.label;
}

/* --- peers -------------------------------------------------------------------- */

/* Processes, "cat 4711, sort 4712": all but @self, where there are others. */
struct crowd {
	char text[256];
	size_t len;
	bool has_self;
};

static void add_process(struct objects *objects, struct crowd *crowd,
			pid_t pid, const char *comm)
{
	char name[32] = "";
	ssize_t n = procfs_read(objects->fs, name, sizeof(name), "%d/comm",
				pid);

	/* By its name of now, or of when it was seen if it has ended. */
	if (n > 0)
		name[strcspn(name, "\n")] = '\0';
	else
		snprintf(name, sizeof(name), "%.16s", comm);
	n = snprintf(crowd->text + crowd->len,
		     sizeof(crowd->text) - crowd->len, "%s%s%s%d",
		     crowd->len ? ", " : "", name, *name ? " " : "", pid);
	crowd->len += n > 0 ? (size_t)n : 0;
}

/* Of those under accounting, who moves bytes there. */
static void add_holders(struct objects *objects, struct crowd *crowd,
			uint64_t end, pid_t self)
{
	struct holders holders;

	if (!end || objmaps_holders(objects->engine, end, &holders))
		return;
	for (int i = 0; i < HOLDERS && holders.who[i].pid; i++) {
		if (holders.who[i].pid != self)
			add_process(objects, crowd, holders.who[i].pid,
				    holders.who[i].comm);
		else
			crowd->has_self = true;
	}
}

/* Of all, who has it open. @n as peers.h has it. */
static void add_pids(struct objects *objects, struct crowd *crowd,
		     const pid_t *pids, int n, pid_t self)
{
	for (int i = 0; i < n; i++) {
		if (pids[i] != self)
			add_process(objects, crowd, pids[i], "");
		else
			crowd->has_self = true;
	}
}

static bool is_pipe(const struct object *o)
{
	return S_ISFIFO(o->mode) && o->flags & OBJECT_INTERNAL;
}

/* -EAGAIN: not to be had now. */
static int look_for_peers(struct objects *objects, const struct object *o,
			  struct crowd *crowd, pid_t self)
{
	pid_t pids[HOLDERS] = { 0 };
	int n = 0;

	if (is_pipe(o))
		n = peers_of_pipe(objects->peers, o->ino, (int64_t)o->met_ns,
				  pids);
	else if (o->family == AF_UNIX && o->peer_ino)
		n = peers_of_socket(objects->peers, o->peer_ino,
				    (int64_t)o->met_ns, pids);
	else if (o->remote_port && objtext_is_local(o))
		n = peers_of_tcp(objects->peers, self, o, pids);
	add_pids(objects, crowd, pids, n, self);
	return n < 0 ? n : 0;
}

/* In words; false: there is nobody, as it has no other end. */
static bool describe_peer(struct objects *objects, const struct object *o,
			  const struct known *known, char *buf, size_t size,
			  bool *final)
{
	struct crowd crowd = { .len = 0 };
	pid_t self = known->key.pid;
	int err = 0;

	add_holders(objects, &crowd, o->other, self);
	if (!crowd.len)
		err = look_for_peers(objects, o, &crowd, self);
	if (!crowd.len && o->peer_pid && o->peer_pid != self)
		add_process(objects, &crowd, o->peer_pid, "");
	if (!crowd.len && crowd.has_self)
		add_process(objects, &crowd, self, known->name);
	*final = !err;
	snprintf(buf, size, "%s", crowd.text);
	return *buf || objtext_remote(o, buf, size);
}

static int32_t peer_of(struct objects *objects, uint64_t number,
		       const struct known *known)
{
	struct thing key = { .number = number, .pid = known->key.pid };
	const struct thing *found = map_get(&objects->things, &key);
	char text[OBJTEXT_MAX];
	struct object o;
	bool final = true;

	if (found)
		return found->label;
	if (objmaps_object(objects->engine, number, &o))
		return objects->words[WORD_NOT_FOUND];
	if (describe_peer(objects, &o, known, text, sizeof(text), &final))
		key.label = label_of(objects, text);
	else if (o.other)
		key.label = objects->words[WORD_NOT_FOUND];
	if (final)
		remember(objects, &key);
	return key.label;
}

void objects_name(struct objects *objects, const struct known *known,
		  const struct detail *detail, struct key *key)
{
	uint64_t number = detail->object;
	int32_t word = number == OBJECT_NO_ROOM ?
		       objects->words[WORD_NO_ROOM] :
		       objects->words[WORD_NOT_OPEN];

	key->fd = detail->fd;
	if (!number)
		return;
	if (objects->dims & (dim_bit(DIM_FD) | dim_bit(DIM_FILE)))
		key->file = number < OBJECT_FIRST ? word :
			    name_of(objects, number);
	if (objects->peers)
		key->peer = number < OBJECT_FIRST ? word :
			    peer_of(objects, number, known);
}
