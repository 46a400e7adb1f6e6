/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a thread's time goes, booked as it goes by: a stamp as a call begins
 * and one as it ends, and in between what the scheduler says. Runs in the
 * kernel; see docs/INTERNALS.md for the rules of the split.
 *
 * Every process on the machine comes by here while this is attached. Those
 * not under accounting are told by an array that has 0 for them.
 */

#include "collect/bpf/shared.bpf.h"

#include "collect/bpf/calls.bpf.h"
#include "collect/bpf/detail.bpf.h"
#include "collect/bpf/flow.bpf.h"
#include "collect/bpf/objects.bpf.h"
#include "collect/bpf/offcpu.bpf.h"
#include "collect/bpf/probe.bpf.h"
#include "collect/bpf/request.bpf.h"
#include "collect/bpf/slow.bpf.h"
#include "collect/bpf/stack.bpf.h"
#include "collect/bpf/threads.bpf.h"
#include "collect/bpf/waker.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* --- calls ---------------------------------------------------------------- */

/*
 * A call's end without its beginning. True: it is dealt with. It is the
 * beginning of a child; or the call began before the attachment; or it never
 * began: seccomp refused it, so that it is counted without a time.
 */
inline_always bool is_headless(struct slot *s, uint32_t index,
			       struct task_struct *task,
			       struct pt_regs *regs, long ret)
{
	struct call_cell *cell;
	uint32_t tag;

	if (s->flags & (SLOT_LAUNCHING | SLOT_IGNORED | SLOT_NEWBORN)) {
		s->flags &= ~(SLOT_IGNORED | SLOT_NEWBORN);
		return true;
	}
	if (s->enter_ns)
		return false;
	tag = tag_of(is_compat(task), number_of(regs));
	if (!is_wanted(tag)) {
		s->flags &= ~SLOT_FRESH;
		return true;
	}
	if (s->flags & SLOT_FRESH) {
		s->enter_ns = s->born_ns;
		s->tag = tag;
		s->flags |= SLOT_PARTIAL;
		return false;
	}
	/* It is not the call before. */
	if (plan.detail)
		begin_detail(index);
	cell = plan.detail ? call_with_detail(index, tag_with(tag, ret)) :
			     cell_for(s, index, tag_with(tag, ret));
	if (cell) {
		cell->calls++;
		cell->refused++;
		if (ret < 0 && ret >= -4095)
			cell->errors++;
	}
	return true;
}

/* A beginning that needs thought. True: it is not to be accounted. */
inline_always bool is_odd(struct slot *s, struct task_struct *task,
			  uint64_t now)
{
	if (s->flags & SLOT_LAUNCHING) {
		if (s->tag != plan.nr_execve && s->tag != plan.nr_execveat)
			return true;
		s->born_ns = now;
		s->base_exec_ns = task->se.sum_exec_runtime;
		s->base_user_ns = task->utime;
		s->base_system_ns = task->stime;
		forget_switches(s);
		if (plan.detail)
			forget_waits(s->self);
		s->off_ns = 0;
		s->flags = 0;
	}
	catch_up(s, task, now);
	if (s->flags & SLOT_SWITCHED)
		book_outside(s, task);
	s->flags &= ~(SLOT_NEWBORN | SLOT_FRESH | SLOT_IGNORED |
		      SLOT_PARTIAL);
	return false;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter, struct pt_regs *regs, long id)
{
	uint32_t index = caller_of(regs);
	struct slot *s = index ? slot_at(index) : NULL;
	uint32_t tag;
	uint64_t now;

	if (!s)
		return 0;
	tag = tag_of(is_compat_now(regs), id);
	now = bpf_ktime_get_ns();
	step(s);
	if (s->enter_ns) {
		/* What was found at the attachment may have been over. */
		if (!(s->flags & SLOT_PARTIAL))
			__sync_fetch_and_add(&control.unmatched, 1);
		s->enter_ns = 0;
	}
	s->tag = tag;
	if (s->flags || s->off_ns) {
		if (is_odd(s, bpf_get_current_task_btf(), now))
			goto out;
	}
	if (plan.detail)
		begin_detail(index);
	if (s->resumes) {
		if (tag == plan.nr_restart || tag == plan.nr_compat_restart)
			s->tag = s->resumes;
		s->resumes = 0;
	}
	if (is_wanted(s->tag) && !is_probe(tag)) {
		s->enter_ns = now;
		if (is_detailed(DETAIL_OBJECTS))
			find_descriptor(s, bpf_get_current_task_btf(), regs,
					WALK_CALL);
	} else {
		s->flags |= SLOT_IGNORED;
	}
	if (plan.flows && s->flow && turns(s->tag))
		flow_enter(s, index, argument(regs, 0), argument(regs, 1),
			   now);
out:
	step(s);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_exit, struct pt_regs *regs, long ret)
{
	uint32_t index = caller_of(regs);
	struct slot *s = index ? slot_at(index) : NULL;
	struct task_struct *task;
	struct call_cell *cell;
	bool partial = false;
	uint64_t now;

	if (!s)
		return 0;
	now = bpf_ktime_get_ns();
	step(s);
	if (s->flags || !s->enter_ns || s->off_ns) {
		task = bpf_get_current_task_btf();
		catch_up(s, task, now);
		settle(s, task);
		if (is_headless(s, index, task, regs, ret))
			goto out;
		partial = s->flags & SLOT_PARTIAL;
		s->flags &= SLOT_SWITCHED;
	}
	if (ret == -RESTART_BLOCK)
		s->resumes = s->tag;
	if (is_detailed(DETAIL_OBJECTS))
		find_result(s, ret);
	if (is_detailed(DETAIL_STACKS))
		find_stack(s, regs, now - s->enter_ns);
	if (is_slow(SLOW_CALL, now - s->enter_ns))
		tell_slow_call(s, regs, ret, now, partial);
	if (plan.flows && s->flow) {
		flow_exit(s, index, now, ret, partial);
	} else {
		cell = plan.detail ?
		       call_with_detail(index, tag_with(s->tag, ret)) :
		       cell_for(s, index, tag_with(s->tag, ret));
		if (cell)
			book(s, cell, now - s->enter_ns, ret, partial);
	}
	s->enter_ns = 0;
out:
	step(s);
	return 0;
}

/* --- births and deaths ----------------------------------------------------- */

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct slot *of = live(look_up(parent)), *s = of;
	uint32_t index;
	bool tentative;
	uint64_t now = bpf_ktime_get_ns();

	if (!control.armed || child->flags & PF_KTHREAD ||
	    (!s && !(plan.everyone && may_look_at(child) &&
		     id_in(child, child->pid))))
		return 0;
	if (!plan.follow && child->tgid != parent->tgid)
		return 0;
	tentative = s && is_undecided(s);
	s = adopt(child, SLOT_NEWBORN, now, &index);
	if (!s)
		return 0;
	s->tentative = tentative;
	if (plan.detail && of)
		inherit(index, of->self);
	/* It waits for a CPU until it first runs. */
	s->off_ns = now;
	hand_over(child, s, index);
	return 0;
}

/*
 * A thread that is not the first one calls execve: it takes over the first
 * one's id, which has ended.
 */
inline_always void take_over(struct task_struct *task, int old_pid)
{
	uint32_t *from = index_of(old_pid), *to = index_of(task->pid);
	struct slot *s;

	if (!from || !to)
		return;
	s = slot_at(*to);
	if (*to && s && !(s->flags & SLOT_DEAD)) {
		step(s);
		end(s, bpf_ktime_get_ns());
		step(s);
		tell(*to);
	}
	*to = *from;
	*from = 0;
	s = *to ? slot_at(*to) : NULL;
	if (!s)
		return;
	/* With the id goes the time of birth, and for a moment a look for it
	 * by that found the first one's. */
	s->start_ns = task->start_boottime;
	if (s->off_ns)
		arrive(s, bpf_ktime_get_ns());
}

/*
 * A new program: another name, and where another thread than the first calls
 * execve, another id. One of somebody else's is not accounted further, where
 * we may not look at that.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid)
{
	uint32_t index, *place = index_of(task->pid);
	struct slot *s;

	if (!control.armed)
		return 0;
	if (task->pid != old_pid)
		take_over(task, old_pid);
	index = look_up(task);
	s = index ? slot_at(index) : NULL;
	if (s && (s->state == SLOT_DROPPED || is_undecided(s))) {
		/* As this program it may be one to be accounted. */
		step(s);
		end(s, bpf_ktime_get_ns());
		step(s);
		tell(index);
		if (place)
			*place = 0;
		next_generation();
		s = NULL;
	}
	if (!s && plan.by_name) {
		if (!may_look_at(task) || !id_in(task, task->pid))
			return 0;
		/* The rest of this execve is nobody's. */
		s = adopt(task, SLOT_IGNORED, bpf_ktime_get_ns(), &index);
		if (!s)
			return 0;
		s->tentative = 1;
		s->base_exec_ns = s->exec_ns;
		s->base_user_ns = s->user_ns;
		s->base_system_ns = s->system_ns;
		hand_over(task, s, index);
		return tell(index);
	}
	if (!s || !place)
		return 0;
	step(s);
	name_slot(s, task);
	if (plan.detail)
		begin_program(s->self);
	if (plan.functions)
		forget_functions(s->self);
	if (!may_look_at(task))
		end(s, bpf_ktime_get_ns());
	step(s);
	if (!(s->flags & SLOT_DEAD))
		return tell(index);
	*place = 0;
	next_generation();
	__sync_fetch_and_add(&control.foreign, 1);
	return tell(index);
}

/* --- the scheduler ---------------------------------------------------------- */

inline_always void leave(void *ctx, struct slot *s, uint32_t index,
			 struct task_struct *task, bool preempted,
			 unsigned int state, uint64_t now)
{
	step(s);
	if (s->back_ns)
		control.clock_offset = s->back_ns -
				       task->sched_info.last_arrival;
	s->back_ns = 0;
	catch_up(s, task, now);
	settle(s, task);
	s->off_ns = now;
	s->flags |= SLOT_SWITCHED;
	s->flags &= ~SLOT_ASLEEP;
	if (state && !preempted) {
		s->flags |= SLOT_ASLEEP;
		s->delay_ns = task->sched_info.run_delay;
		s->vcsw++;
		if (plan.detail & DETAIL_WAITS && !(state & TASK_DEAD))
			fall_asleep(ctx, index);
	} else {
		s->icsw++;
	}
	if (state & TASK_DEAD) {
		/* They are for no request any more. */
		if (plan.flows && s->flow)
			book_early(s, index, flow_at(s->flow), 0);
		end(s, now);
		read_clocks(s, task);
		bpf_core_read_str(s->comm, sizeof(s->comm), &task->comm);
	}
	step(s);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev,
	     struct task_struct *next)
{
	uint32_t from = look_up(prev);
	struct slot *s = live(look_up(next));
	unsigned int state;
	uint32_t *place;

	if (!control.armed)
		return 0;
	if (s)
		arrive(s, bpf_ktime_get_ns());
	s = from ? slot_at(from) : NULL;
	if (!s)
		return 0;
	/* Under the run queue's lock it does not become 0 before it is. */
	state = state_of(prev);
	if (s->flags & SLOT_DEAD)
		return 0;
	if (s->state == SLOT_LIVE)
		leave(ctx, s, from, prev, preempt, state, bpf_ktime_get_ns());
	else if (state & TASK_DEAD)
		s->flags |= SLOT_DEAD;
	if (state & TASK_DEAD) {
		tell(from);
		place = index_of(prev->pid);
		if (place && *place == from)
			*place = 0;
		next_generation();
	}
	return 0;
}

/* --- ticks ------------------------------------------------------------------- */

SEC("perf_event")
int on_tick(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct slot *s = live(look_up(task));
	struct pt_regs *regs;

	/* In a call there is the stack of that. */
	if (!s || !control.armed || s->enter_ns || s->flags & SLOT_IGNORED)
		return 0;
	/* In user code it was interrupted; its registers are where those of
	 * a call would be. */
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	if (regs)
		sample_cpu(s, regs);
	return 0;
}

SEC("tp_btf/sched_waking")
int BPF_PROG(on_waking, struct task_struct *task)
{
	struct extra *extra = woken(task);

	if (extra)
		extra->waker = find_waker(ctx);
	return 0;
}

/* --- visits ------------------------------------------------------------------ */

/* Of a thread off the CPU; NULL before 5.15. */
inline_always struct pt_regs *regs_of(struct task_struct *task)
{
	return bpf_core_enum_value_exists(enum bpf_func_id,
					  BPF_FUNC_task_pt_regs) ?
	       (struct pt_regs *)bpf_task_pt_regs(task) : NULL;
}

/* Off the CPU now: in which call, and asleep or queued? One that is stopped
 * shows the call that it stopped after. */
inline_always void find_out(struct slot *s, struct task_struct *task,
			    uint64_t now)
{
	unsigned int state = state_of(task);
	bool in_none = state & TASK_HALTED || task->flags & PF_IO_WORKER;
	struct pt_regs *regs = regs_of(task);
	long nr = in_none || !regs ? -1 : number_of(regs);
	uint32_t tag = tag_of(is_compat(task), nr);

	s->off_ns = now;
	s->delay_ns = task->sched_info.run_delay;
	if (state) {
		s->flags |= SLOT_ASLEEP;
		if (is_detailed(DETAIL_WAITS))
			find_asleep(task, s->self);
	}
	if (nr < 0 || !is_wanted(tag))
		return;
	s->tag = tag;
	s->enter_ns = now;
	s->flags |= SLOT_PARTIAL;
	if (is_detailed(DETAIL_OBJECTS) && regs)
		find_descriptor(s, task, regs, WALK_VISIT);
	found_in_call(s);
}

/*
 * A target that has no slot yet. Whether it is on a CPU is known for this
 * moment only; what it does before it has the slot shows at its next event.
 */
static __attribute__((noinline)) int seed(struct task_struct *task,
					  uint32_t flags)
{
	uint64_t now = bpf_ktime_get_ns();
	uint32_t index;
	struct slot *s;

	if (!task)
		return 0;
	s = adopt(task, flags, now, &index);
	if (!s)
		return 0;
	s->base_exec_ns = s->exec_ns;
	s->base_user_ns = s->user_ns;
	s->base_system_ns = s->system_ns;
	if (!task->on_cpu && !(flags & SLOT_LAUNCHING))
		find_out(s, task, now);
	hand_over(task, s, index);
	__sync_fetch_and_add(&control.found, 1);
	/* It may have left for good as it was being found. */
	if (state_of(task) & TASK_DEAD && !(s->flags & SLOT_DEAD)) {
		end(s, bpf_ktime_get_ns());
		tell(index);
	}
	return 0;
}

/* Its children are followed, also those that it had before. */
inline_always bool is_followed(struct task_struct *task)
{
	struct task_struct *parent = BPF_CORE_READ(task, group_leader,
						   real_parent);
	uint32_t *index = index_of(BPF_CORE_READ(parent, pid));
	struct slot *s = index ? live(*index) : NULL;

	return plan.follow && s && may_look_at(task) &&
	       s->start_ns == BPF_CORE_READ(parent, start_boottime);
}

inline_always bool is_target(struct task_struct *task, uint32_t *flags)
{
	int32_t tgid = id_in(BPF_CORE_READ(task, group_leader), task->tgid);
	uint32_t *with = bpf_map_lookup_elem(&targets, &tgid);

	*flags = SLOT_FRESH | (with ? *with : 0);
	return ((with || plan.everyone) && may_look_at(task)) ||
	       is_followed(task);
}

SEC("iter/task")
int visit(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	uint32_t flags, *index;
	struct slot *s;

	if (!task || task->flags & PF_KTHREAD || !control.armed ||
	    task->tgid == (int)control.own_tgid)
		return 0;
	/* One that is being born has its slot when its birth is told. */
	if (state_of(task) & TASK_NEW)
		return 0;
	index = index_of(task->pid);
	s = index && *index ? slot_at(*index) : NULL;
	if (!s || !is_of(s, task)) {
		if (!(state_of(task) & TASK_DEAD) && is_target(task, &flags))
			seed(task, flags);
		return 0;
	}
	if (s->flags & SLOT_DEAD)
		return 0;
	/* It fell asleep as it was found, and has not been seen since. */
	if (s->flags & SLOT_FRESH && !(s->flags & SLOT_LAUNCHING) &&
	    !s->off_ns && !s->enter_ns && !task->on_cpu) {
		/* The reader is who visits. */
		find_out(s, task, s->born_ns);
	}
	read_clocks(s, task);
	bpf_core_read_str(s->comm, sizeof(s->comm), &task->comm);
	if (is_detailed(DETAIL_STACKS) && s->enter_ns && !task->on_cpu)
		note_place(s, regs_of(task));
	return 0;
}

/* Learns what it is in this program's own pid namespace. */
SEC("iter/task")
int find_level(struct bpf_iter__task *ctx)
{
	struct task_struct *self = bpf_get_current_task_btf();

	struct pid *pid = BPF_CORE_READ(self, thread_pid);
	struct pid_namespace *ns = NULL;

	control.own_tgid = self->tgid;
	control.level = BPF_CORE_READ(pid, level);
	bpf_probe_read_kernel(&ns, sizeof(ns), (char *)pid +
			      bpf_core_field_offset(pid->numbers) +
			      control.level *
			      bpf_core_type_size(struct upid) +
			      bpf_core_field_offset(struct upid, ns));
	control.namespace = (uint64_t)ns;
	return 0;
}

/* --- what is no call --------------------------------------------------------- */

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_uring)
{
	struct slot *s = live(look_up(bpf_get_current_task_btf()));

	if (s && control.armed)
		s->uring++;
	return 0;
}
