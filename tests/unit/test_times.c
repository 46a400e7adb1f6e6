/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a slot says of the time since its last stamp. */
#include "unit.h"

#include <string.h>

#include "collect/bpf/times.h"

#define NOW (100 * SEC)

static void check(const struct slot *slot, int64_t blocked, int64_t runq)
{
	struct times t = times_since(slot, NOW);

	assert_int_equal(t.wall_ns, 0);
	assert_int_equal(t.blocked_ns, blocked);
	assert_int_equal(t.runq_ns, runq);
}

static void on_the_cpu_it_is_what_was_summed(void **state)
{
	struct slot slot = { .blocked_ns = 5, .queued_ns = 7, .vcsw = 2,
			     .icsw = 3 };

	(void)state;
	check(&slot, 5, 7);
	assert_int_equal(times_since(&slot, NOW).vcsw, 2);
	assert_int_equal(times_since(&slot, NOW).icsw, 3);
}

static void off_the_cpu_it_sleeps_or_waits_for_one(void **state)
{
	struct slot slot = { .blocked_ns = 5, .queued_ns = 7,
			     .off_ns = NOW - 1000 };

	(void)state;
	check(&slot, 5, 1007);
	slot.flags = SLOT_ASLEEP;
	check(&slot, 1005, 7);
	/* It left after the moment that we speak of. */
	slot.off_ns = NOW + 1;
	check(&slot, 5, 7);
}

/* Of its last time off the CPU, what the kernel's clock of the run queue
 * has grown by was not sleep. */
static void a_sleep_is_settled_by_the_run_queue(void **state)
{
	struct slot slot = { .flags = SLOT_UNSETTLED, .sleep_ns = 1000,
			     .delay_ns = 50, .run_delay_ns = 350 };

	(void)state;
	check(&slot, 700, 300);
	/* No more than there was, and never less than nothing. */
	slot.run_delay_ns = 5000;
	check(&slot, 0, 1000);
	slot.run_delay_ns = 20;
	check(&slot, 1000, 0);
	slot.flags |= SLOT_ASLEEP;
	slot.off_ns = NOW - 100;
	check(&slot, 1100, 0);
}

static void news_are_the_difference(void **state)
{
	struct times told = { 10, 5, 2, 1, 0 }, now = { 30, 10, 4, 2, 3 };
	struct times news = times_news(&now, &told);

	(void)state;
	assert_int_equal(news.wall_ns, 20);
	assert_int_equal(news.blocked_ns, 5);
	assert_int_equal(news.runq_ns, 2);
	assert_int_equal(news.vcsw, 1);
	assert_int_equal(news.icsw, 3);
	assert_int_equal(times_cpu(&news), 13);
	news = times_news(&now, &told);
	assert_int_equal(news.wall_ns, 0);
	assert_int_equal(news.icsw, 0);
}

static void a_cell_has_all_but_the_cpu_time(void **state)
{
	struct times t = { 10, 5, 2, 3, 4 };
	struct cell cell = { 0 };

	(void)state;
	times_cell(&cell, &t);
	assert_int_equal(cell.value[MEASURE_WALL], 10);
	assert_int_equal(cell.value[MEASURE_BLOCKED], 5);
	assert_int_equal(cell.value[MEASURE_RUNQ], 2);
	assert_int_equal(cell.value[MEASURE_VCSW], 3);
	assert_int_equal(cell.value[MEASURE_ICSW], 4);
	assert_int_equal(cell.value[MEASURE_SWITCHES], 7);
	assert_false(cell_has(&cell, MEASURE_CPU));
	assert_int_equal(cell.estimated, 0);
}

/* A writer that never comes to an end does not hold up the reader. */
static void a_copy_does_not_wait_for_ever(void **state)
{
	struct slot slot = { .tid = 7 }, copy = { 0 };

	(void)state;
	times_copy(&slot, &copy, &slot, sizeof(copy));
	assert_memory_equal(&slot, &copy, sizeof(copy));
	slot.sequence = 1;
	slot.tid = 8;
	times_copy(&slot, &copy, &slot, sizeof(copy));
	assert_int_equal(copy.tid, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_the_cpu_it_is_what_was_summed),
		cmocka_unit_test(off_the_cpu_it_sleeps_or_waits_for_one),
		cmocka_unit_test(a_sleep_is_settled_by_the_run_queue),
		cmocka_unit_test(news_are_the_difference),
		cmocka_unit_test(a_cell_has_all_but_the_cpu_time),
		cmocka_unit_test(a_copy_does_not_wait_for_ever),
	};

	return cmocka_run_group_tests_name("times", tests, NULL, NULL);
}
