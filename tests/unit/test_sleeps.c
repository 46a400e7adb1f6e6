/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sleeps by their reasons, as the BPF programs would leave them; and what
 * reasons and wakers are called. Without a kernel, so its functions are not
 * known. */
#include "rig.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/bpf/sleeps.h"
#include "collect/bpf/waits.h"
#include "collect/bpf/words.h"

#define READ 0
#define POLL 7
#define BY_REASON (1u << DIM_SYSCALL | 1u << DIM_REASON | 1u << DIM_WAKER)
#define BY_CALL (1u << DIM_SYSCALL)
#define SOMEWHERE 0x1234u	/* the hash of a kernel stack */

struct scene {
	struct rig rig;		/* stays first */
	struct extra extras[RIG_SLOTS];
	struct detail details[RIG_CELLS];
	struct waker wakers[WAKERS];
	struct engine engine;
	struct procfs fs;
	char root[64];
};

static void forget(void *ctx, uint32_t slot, uint32_t tag,
		   const struct detail *detail)
{
	(void)ctx;
	(void)slot;
	(void)tag;
	(void)detail;
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct rig *rig = &scene->rig;
	struct collector_cfg cfg = { .procfs = &scene->fs };

	strcpy(scene->root, "/tmp/test_sleeps.XXXXXX");
	if (!mkdtemp(scene->root) ||
	    procfs_init(&scene->fs, scene->root, NULL))
		return -1;
	book_open(&rig->book);
	rig->control.epoch = 1;
	rig->plan = (struct plan){ .slots = RIG_SLOTS, .cells = RIG_CELLS,
				   .hists = 1, .detail = DETAIL_WAITS };
	scene->engine = (struct engine){ .plan = rig->plan,
					 .control = &rig->control,
					 .wakers = scene->wakers };
	rig->g = (struct gather){
		.sink = &rig->book.sink, .control = &rig->control,
		.plan = &rig->plan, .slots = rig->slots,
		.cells = rig->cells, .extras = scene->extras,
		.details = scene->details, .release = rig_release,
		.forget = forget, .keeps = rig_keeps, .ctx = rig,
		.tick_ns = 10 * MS,
	};
	*state = scene;
	return words_new(&rig->g.words, &scene->engine, &rig->g, &cfg,
			 &rig->book.sink, NULL) ||
	       gather_init(&rig->g);
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	words_free(scene->rig.g.words);
	gather_done(&scene->rig.g);
	book_close(&scene->rig.book);
	procfs_done(&scene->fs);
	rmdir(scene->root);
	free(scene);
	return 0;
}

/* NULL: there is no such row. */
static const struct row *row_for(const struct snapshot *snap,
				 const char *call, const char *reason,
				 const char *waker)
{
	for (size_t i = 0; i < snap->n_rows; i++)
		if (!strcmp(snap->rows[i].syscall, call) &&
		    !strcmp(snap->rows[i].reason, reason) &&
		    !strcmp(snap->rows[i].waker, waker))
			return &snap->rows[i];
	return NULL;
}

static int64_t blocked(const struct snapshot *snap, const char *call,
		       const char *reason, const char *waker)
{
	const struct row *row = row_for(snap, call, reason, waker);

	return row ? row->cell.value[MEASURE_BLOCKED] : -1;
}

static int64_t idle(const struct snapshot *snap, const char *call)
{
	return blocked(snap, call, "(not waiting)", "(not waiting)");
}

/* A cell of sleeps of a call, beside that of the call. */
static struct call_cell *slept(struct scene *scene, uint32_t index,
			       uint32_t tag_, uint64_t wait, uint32_t waker)
{
	scene->details[index] = (struct detail){ .wait = wait,
						 .waker = waker };
	return listed(&scene->rig, index, tag_);
}

static void booked_sleeps_move_to_their_reason(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct call_cell *cell, *wait;
	struct snapshot *snap;

	born(rig);
	cell = listed(rig, 1, tag(READ));
	wait = slept(scene, 2, tag(READ), STACK_UNSEEN, WAKER_TIMER);
	add_calls(rig, cell, 4, 5 * SEC, 4 * SEC);
	cell->vcsw = 5;
	wait->blocked_ns = 3 * SEC;
	wait->vcsw = 4;
	snap = at(rig, 10 * SEC, BY_REASON);
	assert_int_equal(blocked(snap, "read", "(not seen)", "(timer)"),
			 3 * SEC);
	assert_int_equal(idle(snap, "read"), 1 * SEC);
	assert_int_equal(row_for(snap, "read", "(not seen)", "(timer)")->
			 cell.value[MEASURE_VCSW], 4);
	assert_int_equal(sum_of(snap, MEASURE_BLOCKED), 4 * SEC);
	assert_int_equal(sum_of(snap, MEASURE_WALL), 10 * SEC);
	assert_int_equal(sum_of(snap, MEASURE_VCSW), 5);
	assert_int_equal(sum_of(snap, MEASURE_CALLS), 4);
	snapshot_free(snap);
	/* Nothing is told twice. */
	snap = at(rig, 11 * SEC, BY_REASON);
	assert_int_equal(sum_of(snap, MEASURE_BLOCKED), 0);
	snapshot_free(snap);
}

static void a_sleep_in_progress_has_its_reason(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct slot *slot = born(rig);
	struct call_cell *cell = listed(rig, 1, tag(POLL)), *wait;
	struct snapshot *snap;

	slot->enter_ns = BORN + 2 * SEC;
	slot->tag = tag(POLL);
	slot->off_ns = BORN + 3 * SEC;
	slot->vcsw = 1;
	slot->flags = SLOT_ASLEEP | SLOT_SWITCHED;
	scene->extras[1].asleep_in = SOMEWHERE;
	snap = at(rig, 10 * SEC, BY_REASON);
	/* By the call, as nobody knows the kernel's functions here. */
	assert_int_equal(blocked(snap, "poll", "~events", "(nobody)"),
			 7 * SEC);
	assert_int_equal(idle(snap, "poll"), 0);
	assert_int_equal(sum_of(snap, MEASURE_BLOCKED), 7 * SEC);
	snapshot_free(snap);
	snap = at(rig, 12 * SEC, BY_REASON);
	assert_int_equal(blocked(snap, "poll", "~events", "(nobody)"),
			 2 * SEC);
	assert_int_equal(idle(snap, "poll"), 0);
	snapshot_free(snap);
	/* It ends at 16 s, woken by a timer. */
	slot->enter_ns = slot->off_ns = slot->flags = slot->vcsw = 0;
	add_calls(rig, cell, 1, 14 * SEC, 13 * SEC);
	cell->vcsw = 1;
	wait = slept(scene, 2, tag(POLL), SOMEWHERE, WAKER_TIMER);
	wait->blocked_ns = 13 * SEC;
	wait->vcsw = 1;
	snap = at(rig, 20 * SEC, BY_REASON);
	/* That it would be this one was not known at the last report. */
	assert_int_equal(blocked(snap, "poll", "~events", "(timer)"),
			 4 * SEC);
	assert_null(row_for(snap, "poll", "~events", "(nobody)"));
	assert_int_equal(idle(snap, "poll"), 0);
	assert_int_equal(sum_of(snap, MEASURE_BLOCKED), 4 * SEC);
	assert_int_equal(sum_of(snap, MEASURE_VCSW), 0);
	snapshot_free(snap);
}

/* What no report has said is taken back exactly. */
static void between_reports_a_waker_gets_all(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct slot *slot = born(rig);
	struct snapshot *snap;

	slot->enter_ns = BORN + 2 * SEC;
	slot->tag = tag(POLL);
	slot->off_ns = BORN + 3 * SEC;
	slot->vcsw = 1;
	slot->flags = SLOT_ASLEEP | SLOT_SWITCHED;
	scene->extras[1].asleep_in = SOMEWHERE;
	visit(rig, 5 * SEC);
	/* It woke after 6 s, and sleeps elsewhere since 8 s. */
	scene->extras[1].n_waits = 1;
	scene->extras[1].waits[0] = (struct slept){
		.wait = SOMEWHERE, .waker = WAKER_TIMER,
		.blocked_ns = 3 * SEC, .times = 1,
	};
	scene->extras[1].asleep_in = STACK_UNSEEN;
	slot->blocked_ns = 3 * SEC;
	slot->off_ns = BORN + 8 * SEC;
	slot->vcsw = 2;
	snap = at(rig, 9 * SEC, BY_REASON);
	assert_int_equal(blocked(snap, "poll", "~events", "(timer)"),
			 3 * SEC);
	assert_int_equal(blocked(snap, "poll", "(not seen)", "(nobody)"),
			 1 * SEC);
	assert_null(row_for(snap, "poll", "~events", "(nobody)"));
	assert_int_equal(sum_of(snap, MEASURE_VCSW), 2);
	snapshot_free(snap);
	/* And goes on, as a report has said; then a third time, there too. */
	scene->extras[1].n_waits = 2;
	scene->extras[1].waits[1] = (struct slept){
		.wait = STACK_UNSEEN, .waker = WAKER_INTERRUPT,
		.blocked_ns = 4 * SEC, .times = 1,
	};
	slot->blocked_ns = 7 * SEC;
	slot->off_ns = BORN + 13 * SEC;
	slot->vcsw = 3;
	snap = at(rig, 14 * SEC, BY_REASON);
	assert_int_equal(blocked(snap, "poll", "(not seen)", "(interrupt)"),
			 4 * SEC);
	assert_int_equal(sum_of(snap, MEASURE_BLOCKED), 4 * SEC);
	assert_int_equal(idle(snap, "poll"), 0);
	for (size_t i = 0; i < snap->n_rows; i++)
		assert_true(snap->rows[i].cell.value[MEASURE_BLOCKED] >= 0);
	snapshot_free(snap);
}

static void sleeps_in_no_call_have_theirs(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct slot *slot = born(rig);
	struct call_cell *wait;
	struct snapshot *snap;

	slot->outside_blocked_ns = 2 * SEC;
	slot->outside_vcsw = 1;
	wait = slept(scene, 2, TAG_OUTSIDE, STACK_SEVERAL, WAKER_SEVERAL);
	wait->blocked_ns = 2 * SEC;
	wait->vcsw = 1;
	/* And one that has not been booked as it dies. */
	slot->blocked_ns = 1 * SEC;
	slot->vcsw = 1;
	scene->extras[1].n_waits = 1;
	scene->extras[1].waits[0] = (struct slept){
		.wait = STACK_UNSEEN, .waker = WAKER_INTERRUPT,
		.blocked_ns = 1 * SEC, .times = 1,
	};
	dies(slot, 5 * SEC);
	snap = at(rig, 10 * SEC, BY_REASON);
	assert_int_equal(blocked(snap, "[outside calls]", "(several)",
				 "(several)"), 2 * SEC);
	assert_int_equal(blocked(snap, "[outside calls]", "(not seen)",
				 "(interrupt)"), 1 * SEC);
	assert_int_equal(idle(snap, "[outside calls]"), 0);
	assert_int_equal(sum_of(snap, MEASURE_BLOCKED), 3 * SEC);
	assert_int_equal(sum_of(snap, MEASURE_WALL), 5 * SEC);
	snapshot_free(snap);
}

static void reasons_do_not_change_other_tables(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct call_cell *cell, *wait;
	struct snapshot *snap;

	born(rig);
	cell = listed(rig, 1, tag(READ));
	wait = slept(scene, 2, tag(READ), STACK_UNSEEN, WAKER_TIMER);
	add_calls(rig, cell, 4, 5 * SEC, 4 * SEC);
	wait->blocked_ns = 4 * SEC;
	wait->vcsw = cell->vcsw = 4;
	snap = at(rig, 10 * SEC, BY_CALL);
	assert_int_equal(of(snap, READ, MEASURE_BLOCKED), 4 * SEC);
	assert_int_equal(of(snap, READ, MEASURE_WALL), 5 * SEC);
	assert_int_equal(of(snap, READ, MEASURE_VCSW), 4);
	assert_int_equal(of(snap, READ, MEASURE_CPU), 1 * SEC);
	snapshot_free(snap);
}

static void rows_of_sleeps_have_their_threads_names(void **state)
{
	struct scene *scene = *state;
	struct rig *rig = &scene->rig;
	struct call_cell *cell, *wait;
	struct snapshot *snap;

	born(rig);
	rig->g.by_thread = true;
	cell = listed(rig, 1, tag(READ));
	wait = slept(scene, 2, tag(READ), STACK_UNSEEN, WAKER_TIMER);
	add_calls(rig, cell, 1, 1 * SEC, 1 * SEC);
	wait->blocked_ns = 1 * SEC;
	wait->vcsw = cell->vcsw = 1;
	snap = at(rig, 10 * SEC, BY_REASON | 1u << DIM_THREAD |
				 1u << DIM_PROCESS);
	assert_true(snap->n_rows >= 2);
	for (size_t i = 0; i < snap->n_rows; i++)
		assert_string_equal(snap->rows[i].thread, "worker");
	snapshot_free(snap);
}

static void what_is_pending_is_all_that_is_not_booked(void **state)
{
	struct slot slot = {
		.flags = SLOT_UNSETTLED, .sleep_ns = 10 * MS,
		.delay_ns = 5 * MS, .run_delay_ns = 8 * MS,
	};
	struct extra extra = {
		.n_waits = 1, .waits = { { .wait = 9, .blocked_ns = 1 * MS,
					   .waker = 1, .times = 2 } },
		.asleep_in = 7, .woken_by = 3, .waker = 4,
	};
	struct slept pending[SLEEPS];

	(void)state;
	/* Of its sleep it queued for 3 ms. */
	assert_int_equal(sleeps_pending(&slot, &extra, 0, pending), 2);
	assert_int_equal(pending[0].wait, 9);
	assert_int_equal(pending[0].times, 2);
	assert_int_equal(pending[1].wait, 7);
	assert_int_equal(pending[1].waker, 3);
	assert_int_equal(pending[1].blocked_ns, 7 * MS);
	/* Asleep, but for what is being woken. */
	slot = (struct slot){ .flags = SLOT_ASLEEP, .off_ns = 5 * MS };
	assert_int_equal(sleeps_pending(&slot, &extra, 9 * MS, pending), 2);
	assert_int_equal(pending[1].blocked_ns, 4 * MS);
	assert_int_equal(pending[1].waker, 0);
	extra.uncounted = 1;
	sleeps_pending(&slot, &extra, 9 * MS, pending);
	assert_int_equal(pending[1].times, 0);
	/* Preempted. */
	slot.flags = 0;
	assert_int_equal(sleeps_pending(&slot, &extra, 9 * MS, pending), 1);
}

static void wakers_are_called_by_process_and_thread(void **state)
{
	struct waker waker = { .tgid = 12, .tid = 12, .process = "nginx",
			       .thread = "nginx" };
	char text[96];

	(void)state;
	assert_string_equal(waits_waker(text, sizeof(text), &waker),
			    "nginx 12");
	waker.tid = 13;
	assert_string_equal(waits_waker(text, sizeof(text), &waker),
			    "nginx 12/13");
	strcpy(waker.thread, "worker");
	assert_string_equal(waits_waker(text, sizeof(text), &waker),
			    "nginx 12/13 (worker)");
	memcpy(waker.thread, "sixteen-bytes-xx", 16);
	assert_string_equal(waits_waker(text, sizeof(text), &waker),
			    "nginx 12/13 (sixteen-bytes-xx)");
	waker.flags = WAKER_BY_NAME;
	assert_string_equal(waits_waker(text, sizeof(text), &waker),
			    "sixteen-bytes-xx (any)");
	waker.flags = 0;
	waker.tgid = 0;
	assert_string_equal(waits_waker(text, sizeof(text), &waker),
			    "sixteen-bytes-xx (elsewhere)");
	waker = (struct waker){ .flags = WAKER_KERNEL, .tgid = 5, .tid = 5,
				.thread = "kworker/0:1" };
	assert_string_equal(waits_waker(text, sizeof(text), &waker),
			    "kworker/0:1");
}

#define WITH_SCENE(test) \
	cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCENE(booked_sleeps_move_to_their_reason),
		WITH_SCENE(a_sleep_in_progress_has_its_reason),
		WITH_SCENE(between_reports_a_waker_gets_all),
		WITH_SCENE(sleeps_in_no_call_have_theirs),
		WITH_SCENE(reasons_do_not_change_other_tables),
		WITH_SCENE(rows_of_sleeps_have_their_threads_names),
		cmocka_unit_test(what_is_pending_is_all_that_is_not_booked),
		cmocka_unit_test(wakers_are_called_by_process_and_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
