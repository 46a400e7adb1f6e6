/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/frames.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/map.h"
#include "collect/bpf/shares.h"
#include "model/abi.h"
#include "symbols/symbols.h"

/* So many unwound stacks in a row that frame pointers would have found. */
#define FP_VOTES 8
#define MAX_TEXT 8192
#define MAX_NAMES 16		/* of one frame, with what is inlined there */
#define MAX_NAMED 100000	/* stacks whose names are kept */

/* What runs in a process, between two calls of execve. */
struct program {
	int32_t pid;
	uint32_t execs;
	uint64_t start;		/* the map's key: up to here, stays first */
	unsigned votes;
	bool by_fp, by_copy;	/* decided */
};

struct named {
	uint64_t start, hash;
	int32_t pid;
	uint32_t execs;		/* likewise */
	int32_t stack, caller;
};

struct frames {
	struct engine *engine;
	struct gather *gather;
	const struct sink *sink;
	struct symbols *symbols;
	struct map programs;
	struct map named;	/* stacks, by hash */
	struct shares shares;
	enum unwind how;
	unsigned n_samples;	/* since: */
	int64_t since_ns;
	int timer_fd;
	unsigned char stack[SAMPLE_BYTES];	/* of a thread that sleeps */
};

#define PACE_NS (100 * NS_PER_MS)

static int make_timer(struct frames *frames, struct why *why)
{
	struct itimerspec every = {
		.it_interval.tv_nsec = PACE_NS,
		.it_value.tv_nsec = PACE_NS,
	};

	frames->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC |
							   TFD_NONBLOCK);
	if (frames->timer_fd < 0 ||
	    timerfd_settime(frames->timer_fd, 0, &every, NULL))
		return why_set(why, errno, "cannot make a timer: %s",
			       strerror(errno));
	return 0;
}

int frames_fd(const struct frames *frames)
{
	return frames->timer_fd;
}

int frames_new(struct frames **ret, struct engine *engine,
	       struct gather *gather, const struct collector_cfg *cfg,
	       const struct sink *sink, struct why *why)
{
	struct frames *frames = calloc(1, sizeof(*frames));
	int err;

	if (!frames)
		return why_set(why, ENOMEM, "out of memory");
	frames->engine = engine;
	frames->gather = gather;
	frames->sink = sink;
	frames->how = cfg->unwind;
	frames->since_ns = clock_mono_ns();
	frames->timer_fd = -1;
	map_init(&frames->programs, offsetof(struct program, votes));
	map_init(&frames->named, offsetof(struct named, stack));
	shares_init(&frames->shares);
	err = make_timer(frames, why);
	if (!err)
		err = symbols_new(&frames->symbols, cfg->procfs, why);
	if (err)
		frames_free(frames);
	else
		*ret = frames;
	return err;
}

void frames_free(struct frames *frames)
{
	if (!frames)
		return;
	if (frames->timer_fd >= 0)
		close(frames->timer_fd);
	map_free_all(&frames->programs);
	map_free_all(&frames->named);
	shares_done(&frames->shares);
	symbols_free(frames->symbols);
	free(frames);
}

/* --- what runs ------------------------------------------------------------------- */

static uint32_t execs_of(const struct frames *frames,
			 const struct known *known)
{
	return frames->gather->extras[known -
				      frames->gather->known].execs;
}

static struct program *program_of(struct frames *frames,
			      const struct known *known)
{
	struct program wanted = { .pid = known->key.pid,
				.execs = execs_of(frames, known),
				.start = known->key.process_start };
	struct program *program = map_get(&frames->programs, &wanted);

	if (program)
		return program;
	program = malloc(sizeof(*program));
	if (!program)
		return NULL;
	*program = wanted;
	if (map_add(&frames->programs, program)) {
		free(program);
		return NULL;
	}
	/* Its code lies elsewhere than what its id ran before. */
	symbols_forget(frames->symbols, wanted.pid, wanted.start);
	return program;
}

/* What runs there now, and not what ran there before. */
static struct space *space_of(struct frames *frames,
			      const struct known *known)
{
	program_of(frames, known);
	return symbols_space(frames->symbols, known->key.pid,
			     known->key.process_start);
}

/* All threads of it that there are; new ones have it from who made them. */
static void follow(struct frames *frames, const struct known *of)
{
	const struct gather *g = frames->gather;

	for (uint32_t i = 1; i < g->plan->slots &&
			     i < g->control->used_slots; i++)
		if (g->known[i].serial &&
		    g->known[i].key.pid == of->key.pid &&
		    g->known[i].key.process_start == of->key.process_start)
			frames->engine->extras[i].unwind = EXTRA_BY_FP;
}

/* How the function at @pc is left, for the programs. */
static void answer(struct frames *frames, const struct known *known,
		   uint64_t pc, bool returns)
{
	const struct gather *g = frames->gather;
	size_t slot = (size_t)(known - g->known);
	struct rule_key key = {
		g->slots[slot].leader_start_ns + g->extras[slot].execs, pc
	};
	struct way_out way = { RULE_NONE, RULE_NONE };
	struct space *space = space_of(frames, known);
	struct space_rule rule;

	if (space && !space_rule_at(space, pc, returns, &rule))
		way = (struct way_out){ rule.ra, rule.fp };
	engine_rule(frames->engine, &key, &way);
}

/* Whether stacks of what it runs are to be followed from now on. */
static void vote(struct frames *frames, const struct known *known,
		 const struct unwound *unwound)
{
	struct program *program = program_of(frames, known);

	if (!program || program->by_fp || program->by_copy ||
	    frames->how != UNWIND_AUTO || !unwound->complete)
		return;
	/* They will be asked for. */
	for (size_t i = 0; i < unwound->n && i < RULE_STEPS; i++)
		answer(frames, known, unwound->pcs[i], !unwound->exact[i]);
	if (!unwound->by_fp) {
		program->by_copy = true;
	} else if (++program->votes == FP_VOTES) {
		program->by_fp = true;
		follow(frames, known);
	}
}

/* --- names --------------------------------------------------------------------- */

struct text {
	char bytes[MAX_TEXT];
	size_t at;		/* it grows from the end to the front */
};

/* False: there is no room for more. */
static bool prepend(struct text *text, const char *name)
{
	size_t len = strlen(name);

	if (len + 1 > text->at)
		return false;
	if (text->at < MAX_TEXT - 1)
		text->bytes[--text->at] = ';';
	text->at -= len;
	memcpy(text->bytes + text->at, name, len);
	for (size_t i = 0; i < len; i++)
		if (text->bytes[text->at + i] == ';')
			text->bytes[text->at + i] = ':';
	return true;
}

static int32_t label(const struct frames *frames, const char *text)
{
	return frames->sink->label(frames->sink->ctx, text) + 1;
}

/* Not all ways to follow a stack come through what calls main(), or the
 * thread's function: without that they are the same. */
static size_t without_start(struct space *space, const uint64_t *pcs,
			    size_t n)
{
	const char *name;
	size_t rest = n;

	while (space && rest > 1) {
		space_names(space, pcs[rest - 1], true, &name, 1);
		if (!space_is_libc(space, pcs[rest - 1]) &&
		    strcmp(name, "_start"))
			return rest;
		rest--;
	}
	/* All of it is the library's. */
	return n;
}

/* "[libfoo.so+0x1230] < foo_open": a function without a name says little, so
 * the first one with a name that led to it comes along. */
struct callers {
	char text[512];
	bool named;
};

static void add_caller(struct callers *caller, const char *name)
{
	size_t len = strlen(caller->text);
	bool named = *name != '[';

	if (caller->named || (len && !named))
		return;
	snprintf(caller->text + len, sizeof(caller->text) - len, "%s%s",
		 len ? " < " : "", name);
	caller->named = named;
}

/* @exact: which are no return addresses; NULL: only the first is none. */
static void name_frames(struct frames *frames, const struct known *known,
			const uint64_t *pcs, const bool *exact, size_t n,
			struct share *ret)
{
	struct space *space = space_of(frames, known);
	struct text text = { .at = MAX_TEXT - 1 };
	const char *names[MAX_NAMES], *last = NULL;
	struct callers caller = { .named = false };
	bool room = true;

	n = without_start(space, pcs, n);
	text.bytes[MAX_TEXT - 1] = '\0';
	for (size_t i = 0; space && room && i < n; i++) {
		size_t k;

		k = space_names(space, pcs[i], exact ? !exact[i] : i > 0,
				names, MAX_NAMES);
		if (!k)
			continue;
		last = names[0];
		if (!space_is_libc(space, pcs[i]))
			add_caller(&caller, names[0]);
		for (size_t j = 0; room && j < k; j++)
			room = prepend(&text, names[j]);
	}
	if (!last)
		return;
	ret->stack = label(frames, text.bytes + text.at);
	ret->caller = label(frames, *caller.text ? caller.text : last);
}

/* As far as there is stack, which ends with a page. */
static size_t read_stack(pid_t pid, uint64_t sp, unsigned char *stack)
{
	size_t size = 0, piece = SAMPLE_PAGE - (sp & (SAMPLE_PAGE - 1));

	while (size + piece <= SAMPLE_BYTES) {
		struct iovec to = { stack + size, piece };
		struct iovec from = { (void *)(uintptr_t)(sp + size),
				      piece };

		if (process_vm_readv(pid, &to, 1, &from, 1, 0) !=
		    (ssize_t)piece)
			break;
		size += piece;
		piece = SAMPLE_PAGE;
	}
	return size;
}

static struct named *find_named(struct frames *frames,
				const struct known *known, uint64_t hash)
{
	struct named wanted = { .start = known->key.process_start,
				.pid = known->key.pid, .hash = hash,
				.execs = execs_of(frames, known) };

	return map_get(&frames->named, &wanted);
}

static void keep_named(struct frames *frames, const struct known *known,
		       uint64_t hash, const struct share *names)
{
	struct named *named = malloc(sizeof(*named));

	if (frames->named.used >= MAX_NAMED)
		map_free_all(&frames->named);
	if (!named)
		return;
	*named = (struct named){ .start = known->key.process_start,
				 .pid = known->key.pid, .hash = hash,
				 .execs = execs_of(frames, known),
				 .stack = names->stack,
				 .caller = names->caller };
	if (map_add(&frames->named, named))
		free(named);
}

void frames_name(struct frames *frames, const struct known *known,
		 uint64_t hash, struct key *key)
{
	const struct named *named;
	struct share names;
	struct stack stack;

	if (!hash)
		return;
	if (hash == STACK_NO_ROOM) {
		key->stack = label(frames, "(too many stacks)");
		key->caller = key->stack;
		return;
	}
	named = find_named(frames, known, hash);
	if (named) {
		key->stack = named->stack;
		key->caller = named->caller;
		return;
	}
	if (!engine_stack(frames->engine, hash, &stack))
		return;
	name_frames(frames, known, stack.pc, NULL, stack.n < STACK_FRAMES ?
		    stack.n : STACK_FRAMES, &names);
	keep_named(frames, known, hash, &names);
	key->stack = names.stack;
	key->caller = names.caller;
}

/* As the programs do with stacks that they follow, but from another start. */
static uint64_t hash_of(const struct unwound *unwound)
{
	uint64_t hash = 0x84222325cbf29ce4ULL;

	for (size_t i = 0; i < unwound->n; i++) {
		hash = (hash ^ unwound->pcs[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	return hash <= STACK_SEVERAL ? STACK_SEVERAL + 1 : hash;
}

/* The stack and the caller in @ret; returns its hash. */
static uint64_t name_unwound(struct frames *frames, const struct known *known,
			     const struct unwound *unwound,
			     struct share *ret)
{
	uint64_t hash = hash_of(unwound);
	const struct named *named = find_named(frames, known, hash);

	if (named) {
		ret->stack = named->stack;
		ret->caller = named->caller;
		return hash;
	}
	name_frames(frames, known, unwound->pcs, unwound->exact, unwound->n,
		    ret);
	keep_named(frames, known, hash, ret);
	return hash;
}

/* Whether it has slept since @slot was copied. */
static bool sleeps_on(const struct frames *frames, uint32_t index,
		      const struct slot *slot)
{
	const struct slot *live = &frames->gather->slots[index];

	return __atomic_load_n(&live->off_ns, __ATOMIC_ACQUIRE) ==
	       slot->off_ns && live->enter_ns == slot->enter_ns;
}

uint64_t frames_asleep(struct frames *frames, uint32_t index,
		       const struct slot *slot, const struct extra *extra)
{
	const struct known *known = &frames->gather->known[index];
	struct unwind_regs regs = { extra->pc, extra->sp, extra->fp, 0 };
	struct space *space = space_of(frames, known);
	struct unwound unwound;
	struct share names;
	size_t size;

	if (!space || !slot->off_ns || extra->seen_ns != slot->enter_ns)
		return 0;
	size = read_stack(known->key.pid, regs.sp, frames->stack);
	if (!size || !sleeps_on(frames, index, slot))
		return 0;
	space_unwind(space, &regs, frames->stack, size, &unwound);
	return name_unwound(frames, known, &unwound, &names);
}

/* --- samples -------------------------------------------------------------------- */

static void unwind(struct frames *frames, const struct known *known,
		   const struct sample *sample, struct share *share)
{
	struct unwind_regs regs = { .pc = sample->pc, .sp = sample->sp,
				    .fp = sample->fp, .lr = sample->lr };
	struct space *space = space_of(frames, known);
	struct unwound unwound;

	if (!space)
		return;
	space_unwind(space, &regs, sample->stack, sample->size, &unwound);
	if (sample->kind == SAMPLE_CALL)
		vote(frames, known, &unwound);
	name_unwound(frames, known, &unwound, share);
}

void frames_sample(struct frames *frames, const struct sample *sample,
		   size_t size)
{
	struct gather *g = frames->gather;
	const struct known *known;
	struct share share = { 0 };
	double weight;
	struct key key;

	if (size < sizeof(*sample) || sample->size > SAMPLE_BYTES)
		return;
	known = gather_known(g, sample->slot, sample->serial);
	if (!known)
		return;
	if (sample->kind == SAMPLE_RULE) {
		answer(frames, known, sample->pc, sample->chance);
		return;
	}
	frames->n_samples++;
	unwind(frames, known, sample, &share);
	weight = 4294967296.0 / ((double)sample->chance + 1);
	share.calls = weight;
	share.wall_ns = weight * (double)sample->wall_ns;
	share.blocked_ns = weight * (double)sample->blocked_ns;
	share.runq_ns = weight * (double)sample->runq_ns;
	share.cpu_ns = share.wall_ns - share.blocked_ns - share.runq_ns;
	key = gather_detail_key(g, known, sample->tag, NULL);
	shares_add(&frames->shares, &key, &share);
}

/* Between one in a million and each. */
#define LEAST_CHANCE 4296
#define MOST_CHANCE 0xffffffff
/* A program that does something else from now on is not to be overlooked. */
#define MOST_MORE 32
/* So many between two ticks are cut down at once. */
#define FLOOD (SAMPLES_HZ / 20)

void frames_pace(struct frames *frames)
{
	struct control *control = frames->gather->control;
	int64_t now_ns = clock_mono_ns(), past_ns = now_ns - frames->since_ns;
	double chance = (double)control->chance, rate, by = MOST_MORE;
	uint64_t expirations;

	if (read(frames->timer_fd, &expirations, sizeof(expirations)) <= 0 &&
	    frames->n_samples < FLOOD)
		return;
	rate = (double)frames->n_samples * 1e9 /
	       (double)(past_ns > NS_PER_MS ? past_ns : NS_PER_MS);
	if (rate > 0)
		by = SAMPLES_HZ / rate;
	chance *= by > MOST_MORE ? MOST_MORE : by;
	if (chance < LEAST_CHANCE)
		chance = LEAST_CHANCE;
	if (chance > MOST_CHANCE)
		chance = MOST_CHANCE;
	control->chance = (uint64_t)chance;
	frames->n_samples = 0;
	frames->since_ns = now_ns;
}

/* --- what is told ---------------------------------------------------------------- */

static void tell(void *ctx, const struct key *key, const struct cell *cell)
{
	const struct frames *frames = ctx;

	frames->sink->cell(frames->sink->ctx, key, cell);
}

void frames_tell(struct frames *frames, const struct key *key,
		 const struct cell *cell)
{
	/* Nobody looks at them now. */
	bool wanted = frames->gather->control->detail & DETAIL_STACKS;

	if (!wanted || key->stack || key->abi == ABI_TASK ||
	    !shares_split(&frames->shares, key, cell, tell, frames))
		tell(frames, key, cell);
}

void frames_turn(struct frames *frames)
{
	shares_age(&frames->shares);
}

/* Names stay: there are too many to look through, and they are some other
 * process's at no time. */
void frames_forget(struct frames *frames, const struct key *process)
{
	struct program *program;
	size_t pos = 0;

	while ((program = map_next(&frames->programs, &pos)))
		if (program->pid == process->pid &&
		    program->start == process->process_start) {
			map_del(&frames->programs, program);
			free(program);
		}
	shares_forget(&frames->shares, process->pid, process->process_start);
	symbols_forget(frames->symbols, process->pid,
		       process->process_start);
}
