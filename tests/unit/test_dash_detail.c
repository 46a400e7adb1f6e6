/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard's views of who makes calls, what they wait for, and on what. */
#include "scene.h"

/* Known by name on every machine, and without a library. */
#define WAIT 449	/* futex_waitv */
#define OPEN 452	/* fchmodat2 */

static int32_t number(struct book *book, const char *text)
{
	return book->sink.label(book->sink.ctx, text) + 1;
}

static void post_calls(struct book *book, const struct key *key,
		       int64_t calls, int64_t cpu, int64_t blocked)
{
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_CALLS, calls);
	cell_add(&cell, MEASURE_ERRORS, 0);
	cell_add(&cell, MEASURE_WALL, cpu + blocked);
	cell_add(&cell, MEASURE_CPU, cpu);
	cell_add(&cell, MEASURE_BLOCKED, blocked);
	cell_add(&cell, MEASURE_RUNQ, 0);
	cell_add(&cell, MEASURE_BYTES, calls * 1000);
	book->sink.cell(book->sink.ctx, key, &cell);
}

static void fill(struct book *book)
{
	struct key open = seen_in(1, 1, ABI_NATIVE, OPEN);
	struct key wait = seen_in(1, 1, ABI_NATIVE, WAIT);

	tell(book, EVENT_NAME, process_of(1), "smbd");
	tell(book, EVENT_NAME, thread_of(1, 1), "smbd");
	post_clocks(book, 1, 1, 10 * SEC, 2 * SEC, 0);
	open.file = number(book, "/srv/a.txt");
	open.caller = number(book, "vfs_open");
	open.stack = number(book, "main;serve;vfs_open");
	post_calls(book, &open, 70, 2 * SEC, 0);
	open.stack = number(book, "main;idle;vfs_open");
	post_calls(book, &open, 20, SEC, 0);
	open.caller = number(book, "lock_open");
	open.stack = number(book, "main;lock_open");
	post_calls(book, &open, 10, SEC, 0);
	wait.caller = number(book, "wait_for_job");
	wait.stack = number(book, "main;wait_for_job");
	post_calls(book, &wait, 5, SEC, 0);
	wait.reason = number(book, "futex or lock");
	wait.waker = number(book, "helper 7");
	post_calls(book, &wait, 0, 0, 4 * SEC);
}

static void show(struct scene *s, bool fresh)
{
	struct dash_frame frame = { .fresh = fresh };

	snapshot_free(s->snap);
	snapshot_free(s->head);
	s->snap = take(&s->book, dash_by(s->dash));
	s->snap->cfg.by_call = ~0u;
	s->head = take(&s->book, BY_SYSCALL);
	frame.head = s->head;
	frame.rows = s->snap;
	dash_show(s->dash, &frame);
}

static int open_with(void **state, bool detail)
{
	const struct dash_cfg cfg = {
		.collector = "bpf", .target = "smbd", .args = "",
		.exact = true, .all_calls = true, .histograms = true,
		.errors = true, .detail = detail, .by = 1u << DIM_SYSCALL,
	};

	*state = scene_new(&cfg, fill, show, 120);
	return 0;
}

static int open_scene(void **state)
{
	return open_with(state, true);
}

static int open_without(void **state)
{
	return open_with(state, false);
}

static void a_call_leads_to_who_makes_it(void **state)
{
	struct scene *s = *state;

	press(s, INPUT_ENTER);
	assert_true(dash_by(s->dash) & dim_bit(DIM_CALLER));
	assert_sees(s, "of futex_waitv");
	assert_sees(s, "wait_for_job");
	assert_misses(s, "vfs_open");
}

static void who_makes_it_leads_to_stacks(void **state)
{
	struct scene *s = *state;

	type(s, "6");
	assert_sees(s, "vfs_open");
	assert_sees(s, "lock_open");
	press(s, INPUT_DOWN);
	press(s, INPUT_ENTER);
	assert_sees(s, "vfs_open < serve < main");
	assert_sees(s, "vfs_open < idle < main");
	assert_misses(s, "lock_open <");
	/* The chosen one, a function a line. */
	assert_sees(s, "who called whom");
	assert_sees(s, "\n  serve");
}

static void waits_have_reasons_and_wakers(void **state)
{
	struct scene *s = *state;

	type(s, "7");
	assert_sees(s, " futex or lock   helper 7");
	assert_sees(s, " (not waiting)   (not waiting)");
	press(s, INPUT_ENTER);
	assert_sees(s, "of futex or lock: helper 7");
	assert_sees(s, "futex_waitv");
	assert_misses(s, "fchmodat2");
}

static void objects_have_names(void **state)
{
	struct scene *s = *state;

	type(s, "8");
	assert_sees(s, "/srv/a.txt");
	assert_sees(s, "(no descriptor)");
}

static void without_them_a_call_leads_to_its_latency(void **state)
{
	struct scene *s = *state;

	assert_misses(s, "Callers");
	press(s, INPUT_ENTER);
	assert_false(dash_by(s->dash) & DIMS_OF_DETAIL);
}

int main(void)
{
#define IN(scene, name) \
	cmocka_unit_test_setup_teardown(name, scene, close_scene)
	const struct CMUnitTest tests[] = {
		IN(open_scene, a_call_leads_to_who_makes_it),
		IN(open_scene, who_makes_it_leads_to_stacks),
		IN(open_scene, waits_have_reasons_and_wakers),
		IN(open_scene, objects_have_names),
		IN(open_without, without_them_a_call_leads_to_its_latency),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("dash_detail", tests, NULL, NULL);
}
