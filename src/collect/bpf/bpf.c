/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/bpf.h"

#define NAME "bpf"
#define SUMMARY "counts and times every call of what runs, in the kernel; " \
		"exact; needs privileges"

#define BY_CALL (1u << MEASURE_WALL | 1u << MEASURE_BLOCKED | \
		 1u << MEASURE_RUNQ | 1u << MEASURE_CPU | \
		 1u << MEASURE_CALLS | 1u << MEASURE_ERRORS | \
		 1u << MEASURE_SWITCHES | 1u << MEASURE_VCSW | \
		 1u << MEASURE_ICSW | 1u << MEASURE_BYTES | \
		 1u << MEASURE_MIN | 1u << MEASURE_MAX | \
		 1u << MEASURE_ENDED | \
		 1u << MEASURE_IN_FLIGHT | 1u << MEASURE_AGE)
#define MEASURES (BY_CALL | MEASURES_OF_SMB | 1u << MEASURE_USER | 1u << MEASURE_SYSTEM)
#define MODES (COLLECT_ATTACH | COLLECT_LAUNCH | COLLECT_BOTH | \
	       COLLECT_NAMES | COLLECT_CGROUP | COLLECT_EVERYONE | \
	       COLLECT_HISTOGRAMS | COLLECT_ERRORS | COLLECT_SMB | \
	       COLLECT_DETAIL | COLLECT_SLOWEST | COLLECT_PROBES)

#ifdef HAVE_LIBBPF

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/caps.h"
#include "base/clock.h"
#include "base/procparse.h"
#include "collect/bpf/engine.h"
#include "collect/bpf/functions.h"
#include "collect/bpf/gather.h"
#include "collect/bpf/hooks.h"
#include "collect/bpf/plan.h"
#include "collect/bpf/slow.h"
#include "collect/bpf/smb.h"
#include "collect/bpf/tax.h"
#include "collect/bpf/watch.h"
#include "collect/bpf/words.h"
#include "collect/gate.h"
#include "collect/machine.h"

/* Beyond so many threads calls are told by process, unless asked for. */
#define FEW_THREADS 512
/* So often a cgroup is looked through for new processes. */
#define CGROUP_NS NS_PER_SEC

struct bpf_collector {
	struct collector base;
	struct collector_cfg cfg;
	const struct sink *sink;
	struct engine engine;
	struct gather gather;
	struct smb smb;
	struct words *words;	/* NULL: no details */
	struct launch_fate *fate;	/* shared with the command */
	struct command command;
	double bare_call_ns, tax_ns;
	bool few;		/* threads: calls are told by thread */
	struct proc_machine machine;
	uint64_t run_ns;
	int epoll_fd, timer_fd;
	bool released, reaped, told_foreign;
	uint64_t swept;		/* ends that were not told, until then */
};

static struct bpf_collector *self(struct collector *c)
{
	return (struct bpf_collector *)c;
}

static int bpf_probe(const struct procfs *fs, unsigned *measures,
		     struct why *why)
{
	*measures = MEASURES;
	return engine_probe(fs, why);
}

static void bpf_close(struct collector *c)
{
	struct bpf_collector *b = self(c);

	if (!b)
		return;
	words_free(b->words);
	functions_free(b->gather.functions);
	engine_close(&b->engine);
	smb_close(&b->smb);
	gather_done(&b->gather);
	if (b->epoll_fd >= 0)
		close(b->epoll_fd);
	if (b->timer_fd >= 0)
		close(b->timer_fd);
	gate_fate_free(b->fate);
	free(b);
}

/* --- before it begins --------------------------------------------------------- */

static int open_events(struct bpf_collector *b, struct why *why)
{
	struct itimerspec every = {
		.it_interval.tv_sec = CGROUP_NS / NS_PER_SEC,
		.it_value.tv_sec = CGROUP_NS / NS_PER_SEC,
	};
	struct epoll_event event = { .events = EPOLLIN };
	int more[] = { engine_samples_fd(&b->engine), words_fd(b->words) };

	b->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; b->epoll_fd >= 0 && i < 2; i++)
		if (more[i] >= 0 && epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD,
					      more[i], &event))
			return why_set(why, errno, "epoll: %s",
				       strerror(errno));
	if (b->epoll_fd < 0 ||
	    epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, engine_fd(&b->engine),
		      &event))
		return why_set(why, errno, "epoll: %s", strerror(errno));
	if (!b->cfg.cgroup && !(b->cfg.smb && b->cfg.name))
		return 0;
	b->timer_fd = timerfd_create(CLOCK_MONOTONIC,
				     TFD_CLOEXEC | TFD_NONBLOCK);
	if (b->timer_fd < 0 || timerfd_settime(b->timer_fd, 0, &every, NULL) ||
	    epoll_ctl(b->epoll_fd, EPOLL_CTL_ADD, b->timer_fd, &event))
		return why_set(why, errno, "cannot make a timer: %s",
			       strerror(errno));
	return 0;
}

static void release_slot(void *ctx, uint32_t slot)
{
	struct bpf_collector *b = ctx;

	engine_release(&b->engine, slot);
}

static void forget_detail(void *ctx, uint32_t slot, uint32_t tag,
			  const struct detail *detail)
{
	struct bpf_collector *b = ctx;
	struct detail_key key = { slot, tag, *detail };

	engine_forget_detail(&b->engine, &key);
}

static bool keeps(void *ctx, const struct slot *slot);

static int open_gather(struct bpf_collector *b, struct why *why)
{
	struct gather *g = &b->gather;
	struct callnames names;
	int err = callnames_init(&names, why);

	if (err)
		return err;
	*g = (struct gather){
		.sink = b->sink,
		.control = b->engine.control,
		.plan = &b->engine.plan,
		.slots = b->engine.slots,
		.cells = b->engine.cells,
		.hists = b->engine.hists,
		.details = b->engine.details,
		.extras = b->engine.extras,
		.words = b->words,
		.release = release_slot,
		.forget = forget_detail,
		.keeps = keeps,
		.ctx = b,
		.tick_ns = NS_PER_SEC / sysconf(_SC_CLK_TCK),
		.outcome = b->cfg.outcome,
	};
	callset_add_class(&g->moves, &names, "bytes");
	callnames_done(&names);
	return gather_init(g) ? why_set(why, ENOMEM, "out of memory") : 0;
}

static void bpf_detail(struct collector *c, unsigned dims)
{
	struct bpf_collector *b = self(c);
	struct control *control = b->engine.control;

	control->detail = words_plan(dims | b->cfg.detail) &
			  b->engine.plan.detail;
}

static void on_notice(void *ctx, const struct notice *notice);
static void on_sample(void *ctx, const struct sample *sample, size_t size);

static void set_listeners(struct bpf_collector *b)
{
	b->engine.notice = on_notice;
	b->engine.sample = on_sample;
	b->engine.ctx = b;
}

static int load(struct bpf_collector *b, struct why *why)
{
	const struct collector_cfg *cfg = &b->cfg;
	struct plan plan = plan_make(cfg);
	int err = cfg->slowest ? slowest_new(&b->engine.slowest, cfg,
					     &b->gather, why) : 0;

	set_listeners(b);
	if (!err)
		err = engine_open(&b->engine, &plan, cfg->calls, why);
	/* A kernel that does not take those programs may take the others. */
	if (err && cfg->more_detail && !cfg->detail) {
		engine_close(&b->engine);
		set_listeners(b);
		plan.detail = 0;
		err = engine_open(&b->engine, &plan, cfg->calls, why);
	}
	if (!err)
		bpf_detail(&b->base, 0);
	return err;
}

static int bpf_open(struct collector **ret, const struct collector_cfg *cfg,
		    const struct sink *sink, struct why *why)
{
	struct bpf_collector *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return why_set(why, ENOMEM, "out of memory");
	b->base.ops = &collector_bpf;
	b->cfg = *cfg;
	b->sink = sink;
	b->epoll_fd = b->timer_fd = -1;
	err = load(b, why);
	if (!err && b->engine.plan.detail)
		err = words_new(&b->words, &b->engine, &b->gather,
				&b->cfg, sink, why);
	if (!err)
		err = open_gather(b, why);
	if (!err && cfg->n_probes)
		err = functions_new(&b->gather.functions, &b->engine, cfg,
				    sink, why);
	if (!err && cfg->smb) {
		b->smb = (struct smb){ .engine = &b->engine, .sink = sink,
				       .gather = &b->gather, .cfg = &b->cfg };
		err = smb_open(&b->smb, why);
	}
	if (!err)
		err = open_events(b, why);
	if (!err && cfg->launch)
		err = gate_fate_new(&b->fate, why);
	if (err)
		bpf_close(&b->base);
	else
		*ret = &b->base;
	return err;
}

/* --- who ----------------------------------------------------------------------- */

static int add_target(pid_t pid, void *arg)
{
	struct bpf_collector *b = arg;
	struct proc_status status;
	char buf[4096];

	if (b->engine.plan.only_uid != -1u &&
	    (procfs_read(b->cfg.procfs, buf, sizeof(buf), "%d/status",
			 pid) <= 0 || proc_parse_status(buf, &status) ||
	     status.uid != b->engine.plan.only_uid))
		return 0;
	return engine_target(&b->engine, pid, 0, NULL);
}

static int add_targets(struct bpf_collector *b, struct why *why)
{
	int err = 0;

	for (size_t i = 0; !err && i < b->cfg.n_pids; i++)
		err = engine_target(&b->engine, b->cfg.pids[i], 0, why);
	if (!err && b->cfg.name &&
	    watch_names(b->cfg.procfs, b->cfg.name, add_target, b))
		err = why_set(why, E2BIG, "too many processes of this name");
	if (!err && b->cfg.cgroup)
		err = watch_cgroup(b->cfg.cgroup, add_target, b, why);
	if (!err && b->command.pid)
		err = engine_target(&b->engine, b->command.pid,
				    SLOT_LAUNCHING, why);
	return err;
}

static bool keeps(void *ctx, const struct slot *slot)
{
	struct bpf_collector *b = ctx;
	char comm[sizeof(slot->comm) + 1] = "";
	bool ret;

	memcpy(comm, slot->comm, sizeof(slot->comm));
	/* One that has ended may run as another program under its id. */
	ret = watch_matches(b->cfg.procfs, b->cfg.name,
			    slot->flags & SLOT_DEAD ? 0 : slot->tgid, comm);
	if (ret && b->cfg.smb)
		smb_expect(&b->smb);
	return ret;
}

static void on_notice(void *ctx, const struct notice *notice)
{
	struct bpf_collector *b = ctx;

	if (notice->slot < b->engine.plan.slots)
		gather_slot(&b->gather, notice->slot);
}

static void on_sample(void *ctx, const struct sample *sample, size_t size)
{
	struct bpf_collector *b = ctx;

	if (b->words)
		words_sample(b->words, sample, size);
}

/* --- while it runs ----------------------------------------------------------------- */

static void note_cost(struct bpf_collector *b)
{
	char text[200];

	b->tax_ns = tax_of_a_call() - b->bare_call_ns;
	snprintf(text, sizeof(text), "attached to the whole machine: each "
		 "call of any process takes ~%.2f us more meanwhile; the bpf "
		 "maps hold %.1f MB", b->tax_ns > 0 ? b->tax_ns / 1000 : 0,
		 (double)engine_memory(&b->engine) / 1e6);
	sink_note(b->sink, text);
}

/* Root without the right to read the kernel, and to break the rules of
 * files other than our report's. */
static int drop_privileges(const struct bpf_collector *b, struct why *why)
{
	uint64_t keep = caps_bit(CAPS_BPF) | caps_bit(CAP_DAC_OVERRIDE);
	int err;

	if (!caps_have(CAPS_BPF))
		keep |= caps_bit(CAP_SYS_ADMIN);
	if (b->cfg.name || b->cfg.smb || b->words)
		keep |= caps_bit(CAP_SYS_PTRACE);
	if (b->cfg.smb)
		keep |= caps_bit(CAPS_PERFMON) | caps_bit(CAP_SYS_ADMIN);
	if (b->cfg.launch)
		keep |= caps_bit(CAP_KILL);
	err = caps_keep(keep, why);
	/* Put in effect for each probe that comes later. */
	if (!err && b->cfg.smb && caps_have(CAPS_BPF))
		caps_use(CAP_SYS_ADMIN, false);
	return err;
}

/* New ones may come by themselves. */
static bool is_open_ended(const struct bpf_collector *b)
{
	return b->cfg.name || b->cfg.cgroup || b->cfg.everyone;
}

static int begin(struct bpf_collector *b, struct why *why)
{
	int err;

	engine_arm(&b->engine, true);
	err = add_targets(b, why);
	if (!err)
		err = engine_visit(&b->engine, why);
	if (!err && !is_open_ended(b) && !gather_lives(&b->gather, 0, 0))
		err = why_set(why, ESRCH, "the target ended before it could "
			      "be attached to, or is a kernel thread, which "
			      "makes no calls, or runs as another user");
	if (err)
		return err;
	b->few = b->engine.control->found <= FEW_THREADS;
	b->gather.by_thread = b->cfg.details || b->few;
	gather_all(&b->gather, false);
	return 0;
}

static int bpf_start(struct collector *c, struct why *why)
{
	struct bpf_collector *b = self(c);
	struct gate gate = GATE_NONE;
	int err;

	machine_since(b->cfg.procfs, &b->machine);
	b->bare_call_ns = tax_of_a_call();
	err = engine_attach(&b->engine, why);
	if (!err && b->cfg.smb)
		err = smb_attach(&b->smb, why);
	if (!err && b->cfg.profile_hz)
		err = engine_profile(&b->engine, b->cfg.profile_hz, why);
	if (!err && b->cfg.n_probes)
		err = hooks_attach(&b->engine.hooks, b->engine.programs,
				   &b->cfg, b->sink, why);
	if (!err && b->cfg.launch)
		err = gate_launch(&gate, b->cfg.launch, &b->command,
				  b->fate, why);
	if (!err)
		err = begin(b, why);
	if (!err)
		err = drop_privileges(b, why);
	gate_open(&gate, &b->command, !err);
	if (!err)
		note_cost(b);
	return err;
}

static int bpf_fd(const struct collector *c)
{
	return ((const struct bpf_collector *)c)->epoll_fd;
}

static int rescan(struct bpf_collector *b, struct why *why)
{
	int err;

	if (b->cfg.smb)
		smb_look(&b->smb);
	if (!b->cfg.cgroup)
		return 0;
	err = watch_cgroup(b->cfg.cgroup, add_target, b, why);

	/* The cgroup may have been removed, and its processes live on. */
	return err ? 0 : engine_visit(&b->engine, why);
}

static int bpf_drain(struct collector *c, struct why *why)
{
	struct bpf_collector *b = self(c);
	uint64_t expirations;
	int err = 0;

	engine_listen(&b->engine);
	if (b->words)
		words_pace(b->words);
	if (b->timer_fd >= 0 && !b->released &&
	    read(b->timer_fd, &expirations, sizeof(expirations)) > 0)
		err = rescan(b, why);
	if (err)
		return err;
	if (b->engine.control->no_notice != b->swept) {
		b->swept = b->engine.control->no_notice;
		gather_all(&b->gather, false);
	}
	/* The command is waited for, whatever is accounted of it. */
	if (b->command.pid && !b->reaped)
		return 0;
	return !is_open_ended(b) && !b->gather.n_threads &&
	       !gather_lives(&b->gather, 0, 0);
}

/* What the machine and our programs took. */
static void tell_costs(struct bpf_collector *b)
{
	struct event machine = { .kind = EVENT_MACHINE };
	struct event programs = { .kind = EVENT_PROGRAMS };
	struct engine_cost cost;

	engine_cost(&b->engine, &cost);
	gather_missed(&b->gather, cost.missed);
	if (b->engine.control->foreign && !b->told_foreign)
		sink_note(b->sink, "a process became another user's by "
			  "execve, and is not accounted from then on");
	b->told_foreign = b->engine.control->foreign;
	machine.machine = machine_since(b->cfg.procfs, &b->machine);
	b->sink->event(b->sink->ctx, &machine);
	programs.programs_ns = (int64_t)(cost.run_ns - b->run_ns);
	b->run_ns = cost.run_ns;
	b->sink->event(b->sink->ctx, &programs);
}

static int bpf_tick(struct collector *c, int64_t now_ns, struct why *why)
{
	struct bpf_collector *b = self(c);
	int err = 0;

	(void)now_ns;
	engine_listen(&b->engine);
	if (!b->released)
		err = engine_visit(&b->engine, why);
	if (err)
		return err;
	gather_all(&b->gather, true);
	slowest_tell(b->engine.slowest, &b->engine);
	if (b->cfg.smb && !b->released)
		smb_look(&b->smb);
	tell_costs(b);
	return 0;
}

static int bpf_target(struct collector *c, pid_t pid, bool added,
		      struct why *why)
{
	struct bpf_collector *b = self(c);
	int err = added ? engine_target(&b->engine, pid, 0, why) : 0;

	return err || !added ? err : engine_visit(&b->engine, why);
}

/* Its parent can have waited for it a moment before it leaves the CPU for the
 * last time, with which it ends for us. */
#define LAST_MS 100

static void bpf_details(struct collector *c, bool wanted)
{
	struct bpf_collector *b = self(c);

	b->gather.by_thread = wanted || b->few || b->cfg.details;
}

static int64_t bpf_call_cost_ns(const struct collector *c)
{
	double tax = ((const struct bpf_collector *)c)->tax_ns;

	return tax > 0 ? (int64_t)tax : -1;
}

static void bpf_reaped(struct collector *c, const struct rusage *usage)
{
	struct bpf_collector *b = self(c);

	(void)usage;
	b->reaped = true;
	for (int i = 0; i < LAST_MS && !b->released; i++) {
		engine_listen(&b->engine);
		if (!gather_lives(&b->gather, b->command.pid, 0))
			break;
		usleep(1000);
	}
}

static const struct command *bpf_command(const struct collector *c)
{
	const struct bpf_collector *b = (const struct bpf_collector *)c;

	return b->command.pid || b->command.signal ?
	       &b->command : NULL;
}

/* The kernel's clocks first, then the end of ours. */
static void bpf_release(struct collector *c)
{
	struct bpf_collector *b = self(c);

	engine_visit(&b->engine, NULL);
	b->gather.end_ns = clock_mono_ns();
	engine_detach(&b->engine);
	b->released = true;
}

const struct collector_ops collector_bpf = {
	.name = NAME,
	.summary = SUMMARY,
	.modes = MODES,
	.measures = MEASURES,
	.by_call = BY_CALL,
	.probe = bpf_probe,
	.open = bpf_open,
	.start = bpf_start,
	.fd = bpf_fd,
	.drain = bpf_drain,
	.tick = bpf_tick,
	.target = bpf_target,
	.command = bpf_command,
	.details = bpf_details,
	.detail = bpf_detail,
	.call_cost_ns = bpf_call_cost_ns,
	.reaped = bpf_reaped,
	.release = bpf_release,
	.close = bpf_close,
};

#else

const struct collector_ops collector_bpf = {
	.name = NAME,
	.summary = SUMMARY,
	.modes = MODES,
	.measures = MEASURES,
	.by_call = BY_CALL,
	.missing = "built without libbpf, clang or bpftool",
};

#endif
