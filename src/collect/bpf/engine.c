/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/engine.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/caps.h"
#include "collect/bpf/hooks.h"
#include "collect/bpf/memory.h"
#include "collect/bpf/objmaps.h"
#include "collect/bpf/probes.h"
#include "collect/bpf/slow.h"
#include "collect/bpf/split.skel.h"
#include "collect/bpf/ticks.h"

#define BTF_FILE "/sys/kernel/btf/vmlinux"

int engine_probe(const struct procfs *fs, struct why *why)
{
	if (access(BTF_FILE, R_OK))
		return why_set(why, ENOTSUP, "the kernel has no %s: bpf needs "
			       "5.13 or later with CONFIG_DEBUG_INFO_BTF",
			       BTF_FILE);
	if (!caps_are_real(fs))
		return why_set(why, EPERM, "bpf needs privileges of the "
			       "machine itself, and this is a user namespace: "
			       "run it outside");
	if (!(caps_have(CAPS_BPF) && caps_have(CAPS_PERFMON)) &&
	    !caps_have(CAP_SYS_ADMIN)) {
		why_set(why, EPERM, "bpf needs CAP_BPF and CAP_PERFMON, or "
			"root");
		caps_grant(fs, 2, (const int[]){ CAPS_BPF, CAPS_PERFMON },
			   (const char *const[]){ "bpf", "perfmon" }, why);
		return -EPERM;
	}
	return 0;
}

/* Its words are for who writes the programs. */
static int say_nothing(enum libbpf_print_level level, const char *fmt,
		       va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static bool is_locked_down(void)
{
	FILE *file = fopen("/sys/kernel/security/lockdown", "re");
	char text[64] = "";

	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		*text = '\0';
	fclose(file);
	return strstr(text, "[confidentiality]");
}

static int explain_load(int err, struct why *why)
{
	if (is_locked_down())
		return why_set(why, EPERM, "the kernel is locked down for "
			       "confidentiality, which keeps bpf from reading "
			       "it");
	if (err == -EPERM)
		return why_set(why, EPERM, "the kernel does not let us load "
			       "bpf programs (a container without the "
			       "privilege, or a policy)");
	if (err == -ENOMEM)
		return why_set(why, ENOMEM, "no memory for the bpf maps; "
			       "RLIMIT_MEMLOCK (ulimit -l) limits it on "
			       "kernels before 5.11");
	/* Not the user's fault, whatever its number says. */
	return why_set(why, ENOTSUP, "the kernel refused the bpf programs (%s): "
		       "it lacks something that they use; 5.15 and later are "
		       "known to work", strerror(-err));
}

/* How this kernel calls the tracepoint of a submission, or NULL. */
static const char *find_uring(void)
{
	/* The second one is the first one's name before 6.4. */
	static const char *const names[] = {
		"io_uring_submit_req", "io_uring_submit_sqe",
	};
	struct btf *btf = btf__load_vmlinux_btf();
	const char *found = NULL;
	char type[64];

	for (size_t i = 0; btf && !found &&
	     i < sizeof(names) / sizeof(*names); i++) {
		snprintf(type, sizeof(type), "btf_trace_%s", names[i]);
		if (btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF) > 0)
			found = names[i];
	}
	btf__free(btf);
	return found;
}

/* The program reads none of the arguments, which are not the same. */
static int set_uring(struct engine *engine)
{
	struct bpf_program *program = engine->programs->progs.on_uring;
	const char *name = find_uring();

	return name ? bpf_program__set_attach_target(program, 0, name) :
		      bpf_program__set_autoload(program, false);
}

void engine_set_calls(uint64_t *bits, const struct callset *calls)
{
	static const int abis[] = {
		[TAG_NATIVE] = ABI_NATIVE, [TAG_COMPAT] = ABI_COMPAT,
		[TAG_X32] = ABI_X32,
	};

	for (unsigned abi = 0; abi < sizeof(abis) / sizeof(*abis); abi++)
		for (unsigned nr = 0; nr < CALLSET_NUMBERS; nr++) {
			unsigned at = abi << TAG_NR_BITS | nr;

			if (callset_has(calls, abis[abi], (int)nr))
				bits[at / 64] |= 1ull << (at % 64);
		}
}

/* What is not loaded costs nothing, and asks nothing of the kernel. */
static int set_parts(struct engine *engine)
{
	const struct split *programs = engine->programs;
	const struct {
		struct bpf_program *program;
		bool wanted;
	} probes[] = {
		{ programs->progs.on_dispatch, engine->plan.flows },
		{ programs->progs.on_answer, engine->plan.flows },
		{ programs->progs.on_process, engine->plan.flows },
		{ programs->progs.on_function, engine->plan.functions },
		{ programs->progs.on_function_end, engine->plan.functions },
		{ programs->progs.on_place, engine->plan.functions },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(probes) / sizeof(*probes); i++)
		err = bpf_program__set_autoload(probes[i].program,
						probes[i].wanted);
	return err ? err :
	       bpf_program__set_autoload(programs->progs.on_tick,
					 engine->plan.profile);
}

static int on_notice(void *ctx, void *data, size_t size)
{
	const struct engine *engine = ctx;

	if (size >= sizeof(struct notice))
		engine->notice(engine->ctx, data);
	return 0;
}

static int on_sample(void *ctx, void *data, size_t size)
{
	const struct engine *engine = ctx;

	engine->sample(engine->ctx, data, size);
	return 0;
}

static int on_slow(void *ctx, void *data, size_t size)
{
	struct engine *engine = ctx;

	if (size >= sizeof(struct slow_event))
		slowest_take(engine->slowest, engine, data);
	return 0;
}

static int listen_to(struct engine *engine, struct why *why)
{
	const struct split *programs = engine->programs;

	engine->notices = ring_buffer__new(
		bpf_map__fd(programs->maps.notices), on_notice, engine, NULL);
	if (!engine->notices || (engine->plan.slowest && ring_buffer__add(
			engine->notices,
			bpf_map__fd(programs->maps.slow_events), on_slow,
			engine)))
		return why_set(why, errno, "cannot listen to the bpf "
			       "programs: %s", strerror(errno));
	if (!engine->plan.detail)
		return 0;
	engine->samples = ring_buffer__new(bpf_map__fd(programs->maps.samples),
					   on_sample, engine, NULL);
	return engine->samples ? 0 :
	       why_set(why, errno, "cannot listen to the bpf programs: %s",
		       strerror(errno));
}

int engine_open(struct engine *engine, const struct plan *plan,
		const struct callset *wanted, struct why *why)
{
	int err;

	libbpf_set_print(say_nothing);
	engine->plan = *plan;
	engine->programs = split__open();
	if (!engine->programs)
		return explain_load(-errno, why);
	memcpy((void *)&engine->programs->rodata->plan, plan, sizeof(*plan));
	if (wanted)
		engine_set_calls((uint64_t *)engine->programs->rodata->wanted,
				 wanted);
	wanted = slowest_patient(engine->slowest);
	if (wanted)
		engine_set_calls((uint64_t *)engine->programs->rodata->patient,
				 wanted);
	err = memory_size(engine);
	if (!err && plan->detail & DETAIL_OBJECTS)
		err = objmaps_prepare(engine->programs);
	if (!err)
		err = set_uring(engine);
	if (!err)
		err = set_parts(engine);
	if (!err)
		err = bpf_program__set_autoload(
			engine->programs->progs.on_waking,
			plan->detail & DETAIL_WAITS);
	if (!err)
		err = split__load(engine->programs);
	if (err)
		return explain_load(err, why);
	err = memory_map(engine, why);
	return err ? err : listen_to(engine, why);
}

static int attach_one(struct bpf_program *program, struct bpf_link **link)
{
	*link = bpf_program__attach(program);
	return *link ? 0 : -errno;
}

static int run_iterator(struct bpf_link *link, struct why *why)
{
	int fd = bpf_iter_create(bpf_link__fd(link));
	char nothing[64];
	ssize_t n = 0;

	if (fd < 0)
		return why_set(why, errno, "cannot visit the threads: %s",
			       strerror(errno));
	do {
		n = read(fd, nothing, sizeof(nothing));
	} while (n > 0 || (n < 0 && errno == EAGAIN));
	close(fd);
	return n ? why_set(why, errno, "cannot visit the threads: %s",
			   strerror(errno)) : 0;
}

int engine_attach(struct engine *engine, struct why *why)
{
	struct split *programs = engine->programs;
	struct {
		struct bpf_program *program;
		struct bpf_link **link;
	} steps[] = {
		{ programs->progs.on_exit, &programs->links.on_exit },
		{ programs->progs.on_enter, &programs->links.on_enter },
		{ programs->progs.on_switch, &programs->links.on_switch },
		{ programs->progs.on_fork, &programs->links.on_fork },
		{ programs->progs.on_exec, &programs->links.on_exec },
		{ programs->progs.visit, &programs->links.visit },
		{ programs->progs.find_level, &programs->links.find_level },
		{ programs->progs.on_uring, &programs->links.on_uring },
		{ programs->progs.on_waking, &programs->links.on_waking },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(steps) / sizeof(*steps); i++)
		if (bpf_program__autoload(steps[i].program))
			err = attach_one(steps[i].program, steps[i].link);
	if (err)
		return why_set(why, -err, "cannot attach the bpf programs: %s",
			       strerror(-err));
	return run_iterator(programs->links.find_level, why);
}

void engine_arm(struct engine *engine, bool on)
{
	__atomic_store_n(&engine->control->armed, on, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&engine->control->generation, 1, __ATOMIC_SEQ_CST);
}

/* Calls that are in progress are not to look as if they had ended without
 * having begun: nothing counts from the first line on. */
void engine_detach(struct engine *engine)
{
	struct split *programs = engine->programs;
	struct bpf_link **links[] = {
		&programs->links.on_enter, &programs->links.on_exit,
		&programs->links.on_switch, &programs->links.on_fork,
		&programs->links.on_exec, &programs->links.on_uring,
		&programs->links.on_waking,
	};

	engine_arm(engine, false);
	ticks_free(engine->ticks);
	engine->ticks = NULL;
	probes_detach(engine->probes);
	engine->probes = NULL;
	hooks_detach(engine->hooks);
	engine->hooks = NULL;
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		bpf_link__destroy(*links[i]);
		*links[i] = NULL;
	}
}

void engine_close(struct engine *engine)
{
	probes_detach(engine->probes);
	ticks_free(engine->ticks);
	ring_buffer__free(engine->samples);
	hooks_detach(engine->hooks);
	slowest_free(engine->slowest);
	ring_buffer__free(engine->notices);
	if (engine->programs)
		memory_unmap(engine);
	split__destroy(engine->programs);
	*engine = (struct engine){ 0 };
}

int engine_target(struct engine *engine, pid_t pid, uint32_t flags,
		  struct why *why)
{
	int err = bpf_map__update_elem(engine->programs->maps.targets, &pid,
				       sizeof(pid), &flags, sizeof(flags),
				       BPF_ANY);

	return err ? why_set(why, -err, "too many targets: %s",
			     strerror(-err)) : 0;
}

/* Each is looked for once: its id may be another's later. */
static void forget_targets(struct engine *engine)
{
	struct bpf_map *map = engine->programs->maps.targets;
	pid_t pid;

	while (!bpf_map__get_next_key(map, NULL, &pid, sizeof(pid)))
		if (bpf_map__delete_elem(map, &pid, sizeof(pid), 0))
			break;
}

/* Found is found in one pass, but for what was born meanwhile and forked by
 * one that had no slot yet. */
int engine_visit(struct engine *engine, struct why *why)
{
	struct control *control = engine->control;
	uint64_t before;
	int err;

	do {
		before = __atomic_load_n(&control->found, __ATOMIC_ACQUIRE);
		err = run_iterator(engine->programs->links.visit, why);
	} while (!err && __atomic_load_n(&control->found,
					 __ATOMIC_ACQUIRE) != before);
	forget_targets(engine);
	return err;
}

int engine_fd(const struct engine *engine)
{
	return ring_buffer__epoll_fd(engine->notices);
}

void engine_listen(struct engine *engine)
{
	/* What threads did, before they are left. */
	if (engine->samples)
		ring_buffer__consume(engine->samples);
	if (engine->notices)
		ring_buffer__consume(engine->notices);
}

void engine_rule(struct engine *engine, const struct rule_key *key,
		 const struct way_out *way)
{
	bpf_map__update_elem(engine->programs->maps.rules, key, sizeof(*key),
			     way, sizeof(*way), 0);
}

int engine_samples_fd(const struct engine *engine)
{
	return engine->samples ? ring_buffer__epoll_fd(engine->samples) : -1;
}

int engine_profile(struct engine *engine, unsigned hz, struct why *why)
{
	return ticks_new(&engine->ticks, engine->programs->progs.on_tick, hz,
			 why);
}

void engine_forget_detail(struct engine *engine,
			  const struct detail_key *key)
{
	bpf_map__delete_elem(engine->programs->maps.detailed, key,
			     sizeof(*key), 0);
}

bool engine_stack(const struct engine *engine, uint64_t hash,
		  struct stack *stack)
{
	return !bpf_map__lookup_elem(engine->programs->maps.stacks, &hash,
				     sizeof(hash), stack, sizeof(*stack), 0);
}

void engine_release(struct engine *engine, uint32_t slot)
{
	bpf_map__update_elem(engine->programs->maps.free_slots, NULL, 0,
			     &slot, sizeof(slot), 0);
}

void engine_release_flow(struct engine *engine, uint32_t flow)
{
	bpf_map__update_elem(engine->programs->maps.free_flows, NULL, 0,
			     &flow, sizeof(flow), 0);
}

void engine_requests(struct engine *engine,
		     bool (*each)(void *ctx, const struct request_key *key,
				  const struct request *request), void *ctx)
{
	struct bpf_map *map = engine->programs->maps.requests;
	struct request_key key, next;
	struct request request;
	int err = bpf_map__get_next_key(map, NULL, &key, sizeof(key));

	/* They come and go meanwhile: it may begin anew, but not for ever. */
	for (int i = 0; !err && i < 2 * OPEN_REQUESTS; i++) {
		bool stays = bpf_map__lookup_elem(map, &key, sizeof(key),
						  &request, sizeof(request),
						  0) ||
			     each(ctx, &key, &request);

		err = bpf_map__get_next_key(map, &key, &next, sizeof(next));
		if (!stays)
			bpf_map__delete_elem(map, &key, sizeof(key), 0);
		key = next;
	}
}

static uint64_t memory_of(const struct bpf_map *map)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d",
		 bpf_map__fd(map));
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (file)
		fclose(file);
	return bytes;
}

void engine_cost(const struct engine *engine, struct engine_cost *cost)
{
	const struct bpf_object *object = engine->programs->obj;
	struct bpf_program *program;

	*cost = (struct engine_cost){ 0 };
	bpf_object__for_each_program(program, object) {
		struct bpf_prog_info info = { 0 };
		uint32_t size = sizeof(info);

		if (bpf_program__fd(program) < 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info,
					   &size))
			continue;
		cost->missed += info.recursion_misses;
		cost->run_ns += info.run_time_ns;
	}
}

uint64_t engine_memory(const struct engine *engine)
{
	const struct bpf_map *map = NULL;
	uint64_t bytes = 0;

	while ((map = bpf_object__next_map(engine->programs->obj, map)))
		bytes += memory_of(map);
	return bytes;
}
