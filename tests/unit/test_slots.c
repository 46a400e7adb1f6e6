/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a slot is: threads that come, are given up, change their name and
 * their id, and go.
 */
#include "rig.h"

#define READ 0
#define POLL 7

static void a_slot_is_given_back_with_its_cells(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	slot->spare_cell = 9;
	add_calls(rig, listed(rig, 1, tag(READ)), 1, SEC, 0);
	add_calls(rig, listed(rig, 2, tag(READ + SLOT_CACHE)), 1, SEC, 0);
	add_calls(rig, listed(rig, 3, tag(POLL)), 1, SEC, 0);
	dies(slot, 5 * SEC);
	snap = at(rig, 10 * SEC, BY_SYSCALL);
	assert_int_equal(snap->all.cell.value[MEASURE_WALL], 5 * SEC);
	assert_int_equal(outside(snap, MEASURE_WALL), 2 * SEC);
	assert_true(snap->processes[0].ended);
	assert_int_equal(snap->now.threads, 0);
	assert_int_equal(snap->now.processes, 0);
	snapshot_free(snap);
	assert_int_equal(rig->released, 1);
	assert_int_equal(slot->state, SLOT_FREE);
	/* All three, each once, before the one that was spare already. */
	for (uint32_t i = slot->spare_cell, seen = 0; seen != 14;
	     i = rig->cells[i].next) {
		assert_true(i >= 1 && i <= 3 && !(seen & 1u << i));
		seen |= 1u << i;
		assert_int_equal(rig->g.told[i].calls, 0);
		assert_int_equal(rig->g.told[i].wall_ns, 0);
		if (seen == 14)
			assert_int_equal(rig->cells[i].next, 9);
	}
	for (int i = 0; i < SLOT_CACHE; i++)
		assert_int_equal(slot->first_cell[i], 0);
	/* What wakes us a second time finds nothing to do. */
	gather_slot(&rig->g, 1);
	assert_int_equal(rig->released, 1);
}

/* With the cells of the one before, of which nothing counts any more. */
static void another_thread_begins_from_zero(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	slot->exec_ns = 3 * SEC;
	slot->uring = 5;
	add_calls(rig, listed(rig, 1, tag(READ)), 9, 2 * SEC, SEC);
	dies(slot, 5 * SEC);
	snapshot_free(at(rig, 5 * SEC, BY_SYSCALL));

	slot = born_in(rig, 1, 12);
	slot->born_ns = (uint64_t)(BORN + 6 * SEC);
	slot->base_exec_ns = 7 * SEC;
	slot->exec_ns = 8 * SEC;
	add_calls(rig, listed(rig, 1, tag(READ)), 7, SEC, 0);
	snap = at(rig, 10 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, READ, MEASURE_CALLS), 7);
	assert_int_equal(of(snap, READ, MEASURE_WALL), SEC);
	assert_int_equal(of(snap, READ, MEASURE_BLOCKED), 0);
	assert_int_equal(outside(snap, MEASURE_WALL), 3 * SEC);
	assert_int_equal(snap->all.cell.value[MEASURE_WALL], 4 * SEC);
	assert_int_equal(snap->all.cell.value[MEASURE_CPU], SEC);
	assert_int_equal(snap->lost[LOSS_URING], 0);
	assert_int_equal(snap->now.threads, 1);
	assert_int_equal(snap->now.processes, 1);
	snapshot_free(snap);
}

static void the_unwanted_are_dropped(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;
	uint32_t generation = rig->control.generation;

	slot->tentative = 1;
	add_calls(rig, listed(rig, 1, tag(READ)), 1, SEC, 0);
	snap = at(rig, 3 * SEC, BY_SYSCALL);
	assert_int_equal(snap->n_rows, 0);
	assert_int_equal(snap->now.threads, 0);
	snapshot_free(snap);
	assert_int_equal(slot->state, SLOT_DROPPED);
	/* Who made the last call on a CPU is to be looked up again. */
	assert_int_not_equal(rig->control.generation, generation);
	assert_int_equal(rig->asked, 1);
	visit(rig, 4 * SEC);
	assert_int_equal(rig->asked, 1);
	/* It keeps its slot, so that its children are known for what they
	 * are, until it ends. */
	assert_int_equal(rig->released, 0);
	dies(slot, 5 * SEC);
	visit(rig, 5 * SEC);
	assert_int_equal(rig->released, 1);
	assert_int_equal(slot->spare_cell, 1);
}

static void the_wanted_are_kept(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	rig->wanted = true;
	slot->tentative = 1;
	add_calls(rig, listed(rig, 1, tag(READ)), 1, SEC, 0);
	snap = at(rig, 3 * SEC, BY_SYSCALL);
	assert_int_equal(of(snap, READ, MEASURE_CALLS), 1);
	snapshot_free(snap);
	assert_int_equal(slot->state, SLOT_LIVE);
	assert_int_equal(slot->wanted, 1);
	/* For good, as what it has done so far is told. */
	rig->wanted = false;
	visit(rig, 4 * SEC);
	assert_int_equal(slot->state, SLOT_LIVE);
	assert_int_equal(rig->asked, 1);
}

/* A command counts from its execve on; one that has none never did. */
static void before_its_execve_a_command_is_not_there(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	slot->flags = SLOT_LAUNCHING;
	snap = at(rig, 3 * SEC, BY_SYSCALL);
	assert_int_equal(snap->n_rows, 0);
	assert_int_equal(snap->n_processes, 0);
	assert_int_equal(snap->now.threads, 0);
	snapshot_free(snap);
	dies(slot, 4 * SEC);
	snap = at(rig, 5 * SEC, BY_SYSCALL);
	assert_int_equal(snap->n_processes, 0);
	assert_int_equal(snap->now.threads, 0);
	snapshot_free(snap);
	assert_int_equal(rig->released, 1);
}

static const struct row *thread_row(const struct snapshot *snap, int tid)
{
	const struct row *found = NULL;

	for (size_t i = 0; i < snap->n_rows; i++)
		if (snap->rows[i].key.tid == tid)
			found = &snap->rows[i];
	return found;
}

/* A process is called as its first thread is, until that is known as the
 * one that was seen first. */
static void processes_are_called_as_their_first_thread(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born_in(rig, 1, 11), *leader;
	struct snapshot *snap;

	snap = at(rig, 1 * SEC, BY_THREAD);
	assert_string_equal(thread_row(snap, 11)->process, "worker");
	snapshot_free(snap);
	leader = born_in(rig, 2, 10);
	snprintf(leader->comm, sizeof(leader->comm), "smbd");
	snprintf(slot->comm, sizeof(slot->comm), "%s", "fifteen letters");
	snap = at(rig, 2 * SEC, BY_THREAD);
	assert_string_equal(thread_row(snap, 11)->process, "smbd");
	assert_string_equal(thread_row(snap, 11)->thread, "fifteen letters");
	assert_string_equal(thread_row(snap, 10)->thread, "smbd");
	snapshot_free(snap);
	/* It goes on to be called so, whatever the others are. */
	snprintf(slot->comm, sizeof(slot->comm), "idle");
	snap = at(rig, 3 * SEC, BY_THREAD);
	assert_string_equal(thread_row(snap, 11)->process, "smbd");
	assert_string_equal(thread_row(snap, 11)->thread, "idle");
	snapshot_free(snap);
	/* All of a name's bytes may be used, without one that ends it. */
	memset(leader->comm, 'x', sizeof(leader->comm));
	snap = at(rig, 4 * SEC, BY_THREAD);
	assert_string_equal(thread_row(snap, 11)->process,
			    "xxxxxxxxxxxxxxxx");
	snapshot_free(snap);
}

static void a_process_ends_with_its_last_thread(void **state)
{
	struct rig *rig = *state;
	struct slot *leader = born_in(rig, 1, 10);
	struct slot *slot = born_in(rig, 2, 11);
	struct snapshot *snap;

	visit(rig, SEC / 2);
	dies(leader, 1 * SEC);
	snap = at(rig, 2 * SEC, BY_PROCESS);
	assert_int_equal(snap->n_processes, 1);
	assert_false(snap->processes[0].ended);
	assert_int_equal(snap->now.threads, 1);
	assert_int_equal(snap->now.processes, 1);
	snapshot_free(snap);
	dies(slot, 3 * SEC);
	snap = at(rig, 4 * SEC, BY_PROCESS);
	assert_true(snap->processes[0].ended);
	assert_string_equal(snap->processes[0].name, "worker");
	assert_int_equal(snap->all.cell.value[MEASURE_WALL], 1 * SEC);
	assert_int_equal(snap->now.threads, 0);
	assert_int_equal(snap->now.processes, 0);
	snapshot_free(snap);
	assert_int_equal(rig->released, 2);
}

/* The thread that calls it gets the id of the first one. */
static void an_execve_can_change_the_id(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct call_cell *cell;
	struct snapshot *snap;

	rig->g.by_thread = true;
	cell = listed(rig, 1, tag(READ));
	add_calls(rig, cell, 1, SEC, 0);
	visit(rig, 2 * SEC);
	slot->tid = 10;
	slot->start_ns = slot->leader_start_ns;
	snprintf(slot->comm, sizeof(slot->comm), "other");
	gather_slot(&rig->g, 1);
	add_calls(rig, cell, 2, SEC, 0);
	snap = at(rig, 3 * SEC, BY_SYSCALL | BY_THREAD);
	assert_int_equal(snap->n_processes, 1);
	assert_string_equal(snap->processes[0].name, "other");
	assert_false(snap->processes[0].ended);
	assert_int_equal(snap->now.threads, 1);
	for (size_t i = 0; i < snap->n_rows; i++)
		if (snap->rows[i].key.abi == ABI_NATIVE)
			assert_int_equal(
				snap->rows[i].cell.value[MEASURE_CALLS],
				snap->rows[i].key.tid == 10 ? 2 : 1);
	assert_int_equal(sum_of(snap, MEASURE_WALL), 3 * SEC);
	snapshot_free(snap);
}

/* A program that executes itself has the same name under the new id. */
static void another_id_is_named_anew(void **state)
{
	struct rig *rig = *state;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	snapshot_free(at(rig, 1 * SEC, BY_THREAD));
	slot->tid = 10;
	slot->start_ns = slot->leader_start_ns;
	snapshot_free(at(rig, 2 * SEC, BY_THREAD));
	snap = at(rig, 3 * SEC, BY_THREAD);
	assert_string_equal(thread_row(snap, 10)->thread, "worker");
	assert_string_equal(thread_row(snap, 10)->process, "worker");
	assert_null(thread_row(snap, 11));
	snapshot_free(snap);
}

/* What fits in the plan is looked at, whatever the programs count. */
static void slots_have_a_limit(void **state)
{
	struct rig *rig = *state;
	struct snapshot *snap;

	for (int i = 1; i < RIG_SLOTS; i++)
		born_in(rig, (uint32_t)i, 10 + i);
	/* What lies behind them, if it is taken for a slot. */
	rig->cells[0].next = SLOT_LIVE;
	rig->control.used_slots = RIG_SLOTS + 5;
	rig->control.no_slot = 5;
	snap = at(rig, SEC, BY_PROCESS);
	assert_int_equal(snap->now.threads, RIG_SLOTS - 1);
	assert_int_equal(snap->lost[LOSS_THREADS], 5);
	snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_slot_is_given_back_with_its_cells),
		WITH_RIG(another_thread_begins_from_zero),
		WITH_RIG(the_unwanted_are_dropped),
		WITH_RIG(the_wanted_are_kept),
		WITH_RIG(before_its_execve_a_command_is_not_there),
		WITH_RIG(processes_are_called_as_their_first_thread),
		WITH_RIG(a_process_ends_with_its_last_thread),
		WITH_RIG(an_execve_can_change_the_id),
		WITH_RIG(another_id_is_named_anew),
		WITH_RIG(slots_have_a_limit),
	};

	return cmocka_run_group_tests_name("slots", tests, NULL, NULL);
}
