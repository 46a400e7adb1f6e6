/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a thread gets its slot, and what it is called. */
#ifndef COLLECT_BPF_THREADS_BPF_H
#define COLLECT_BPF_THREADS_BPF_H

#include "collect/bpf/flow.bpf.h"
#include "collect/bpf/shared.bpf.h"

/* A thread id as it is called in the pid namespace of the collector. */
inline_always int32_t id_in(struct task_struct *task, int32_t outside)
{
	return control.level ? number_in(BPF_CORE_READ(task, thread_pid)) :
			       outside;
}

/* Fields behind pointers are read by a helper: loading them directly takes
 * the verifier of some kernels a search through all types for each. */
inline_always void name_slot(struct slot *s, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	bpf_core_read_str(s->comm, sizeof(s->comm), &task->comm);
	s->tid = id_in(task, task->pid);
	s->tgid = id_in(leader, task->tgid);
	s->start_ns = task->start_boottime;
	s->leader_start_ns = BPF_CORE_READ(leader, start_boottime);
}

inline_always void read_clocks(struct slot *s, struct task_struct *task)
{
	s->exec_ns = task->se.sum_exec_runtime;
	s->user_ns = task->utime;
	s->system_ns = task->stime;
	s->run_delay_ns = task->sched_info.run_delay;
}

inline_always void end(struct slot *s, uint64_t now)
{
	s->flags |= SLOT_DEAD;
	s->died_ns = now;
	s->off_ns = 0;
}

inline_always uint32_t take_slot(void)
{
	uint32_t index = 0;

	if (!bpf_map_pop_elem(&free_slots, &index))
		return index;
	index = __sync_fetch_and_add(&control.used_slots, 1);
	if (index < plan.slots)
		return index;
	control.used_slots = plan.slots;
	return 0;
}

/* Who is not root, and was given this program by root, has own ones only. */
inline_always bool may_look_at(struct task_struct *task)
{
	return plan.only_uid == -1u ||
	       (BPF_CORE_READ(task, cred, euid.val) == plan.only_uid &&
		BPF_CORE_READ(task, cred, uid.val) == plan.only_uid &&
		BPF_CORE_READ(task, cred, suid.val) == plan.only_uid);
}

/* Has a slot from now on. Nobody else writes to it before it is stored. */
static __attribute__((noinline)) struct slot *
adopt(struct task_struct *task, uint32_t flags, uint64_t now,
      uint32_t *index)
{
	struct slot *s;
	uint32_t spare;

	*index = take_slot();
	s = slot_at(*index);
	if (!*index || !s) {
		__sync_fetch_and_add(&control.no_slot, 1);
		return NULL;
	}
	step(s);
	spare = s->spare_cell;
	__builtin_memset((char *)s + sizeof(s->sequence), 0,
			 sizeof(*s) - sizeof(s->sequence));
	s->spare_cell = spare;
	s->serial = __sync_fetch_and_add(&control.serial, 1) + 1;
	s->flags = flags;
	s->self = *index;
	s->born_ns = now;
	name_slot(s, task);
	read_clocks(s, task);
	if (plan.flows && task->pid == task->tgid)
		s->flow = take_flow(now);
	if (plan.detail)
		clear_extra(*index);
	return s;
}

/* Done with filling it: the task's from here on. */
inline_always void hand_over(struct task_struct *task, struct slot *s,
			     uint32_t index)
{
	uint32_t *place = index_of(task->pid);

	s->state = place ? SLOT_LIVE : SLOT_FREE;
	step(s);
	if (place) {
		*place = index;
		next_generation();
		return;
	}
	bpf_map_push_elem(&free_slots, &index, 0);
	__sync_fetch_and_add(&control.no_slot, 1);
}

/* The collector has not looked at its name yet. */
inline_always bool is_undecided(struct slot *s)
{
	return s->tentative && !s->wanted;
}

#endif
