/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls that are shared out by a sample of them. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "collect/bpf/shares.h"
#include "model/abi.h"

#define SEC 1000000000LL

struct told {
	struct shares shares;
	struct cell of[8];	/* by stack */
	int n;
};

static struct key call(int pid, int nr)
{
	return (struct key){ .pid = pid, .tid = pid, .process_start = 7,
			     .abi = ABI_NATIVE, .nr = nr };
}

static void see(struct told *t, const struct key *key, int32_t stack,
		double weight, double cpu, double blocked)
{
	struct share seen = {
		.stack = stack, .caller = stack, .calls = weight,
		.cpu_ns = weight * cpu, .blocked_ns = weight * blocked,
		.wall_ns = weight * (cpu + blocked),
	};

	shares_add(&t->shares, key, &seen);
}

static struct cell of_calls(int64_t calls, int64_t cpu, int64_t blocked)
{
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_CALLS, calls);
	cell_add(&cell, MEASURE_CPU, cpu);
	cell_add(&cell, MEASURE_BLOCKED, blocked);
	cell_add(&cell, MEASURE_RUNQ, 0);
	cell_add(&cell, MEASURE_WALL, cpu + blocked);
	cell_add(&cell, MEASURE_MAX, 17);
	return cell;
}

static void take(void *ctx, const struct key *key, const struct cell *cell)
{
	struct told *t = ctx;

	assert_in_range(key->stack, 0, 7);
	assert_int_equal(key->caller, key->stack);
	t->of[key->stack] = *cell;
	t->n++;
}

static bool split(struct told *t, const struct key *key,
		  const struct cell *cell)
{
	memset(t->of, 0, sizeof(t->of));
	t->n = 0;
	return shares_split(&t->shares, key, cell, take, t);
}

static int64_t sum(const struct told *t, enum measure m)
{
	int64_t ret = 0;

	for (int i = 0; i < 8; i++)
		ret += t->of[i].value[m];
	return ret;
}

static void parts_are_in_proportion_and_add_up(void **state)
{
	struct told *t = *state;
	struct key key = call(1, 5);
	struct cell cell = of_calls(1001, 3 * SEC + 1, SEC + 2);

	see(t, &key, 1, 70, 10, 0);
	see(t, &key, 2, 20, 10, 0);
	see(t, &key, 3, 10, 10, 100);
	assert_true(split(t, &key, &cell));
	/* Of one call, and nobody knows which. */
	assert_int_equal(t->n, 4);
	assert_int_equal(t->of[0].have, measure_bit(MEASURE_MAX));
	assert_int_equal(t->of[0].value[MEASURE_MAX], 17);
	assert_in_range(t->of[1].value[MEASURE_CALLS], 700, 701);
	assert_in_range(t->of[2].value[MEASURE_CALLS], 200, 201);
	/* It was the only one that slept. */
	assert_int_equal(t->of[3].value[MEASURE_BLOCKED], SEC + 2);
	assert_int_equal(t->of[1].value[MEASURE_BLOCKED], 0);
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (m != MEASURE_MAX)
			assert_int_equal(sum(t, (enum measure)m),
					 cell.value[m]);
	for (int i = 1; i <= 3; i++) {
		const int64_t *value = t->of[i].value;

		assert_int_equal(value[MEASURE_WALL], value[MEASURE_CPU] +
				 value[MEASURE_BLOCKED]);
		assert_true(cell_is_estimate(&t->of[i], MEASURE_CALLS));
		assert_false(cell_has(&t->of[i], MEASURE_MAX));
	}
}

static void what_is_taken_back_is_what_was_told(void **state)
{
	struct told *t = *state;
	struct key key = call(1, 5);
	struct cell cell = of_calls(999, SEC, 7), back = of_calls(-999, -SEC,
								   -7);
	struct cell first[8];

	see(t, &key, 1, 1, 10, 3);
	see(t, &key, 2, 2.5, 10, 5);
	see(t, &key, 3, 0.25, 30, 1);
	assert_true(split(t, &key, &cell));
	memcpy(first, t->of, sizeof(first));
	assert_true(split(t, &key, &back));
	for (int i = 1; i < 8; i++)
		for (int m = 0; m < MEASURE_COUNT; m++)
			assert_int_equal(t->of[i].value[m],
					 -first[i].value[m]);
}

static void kinds_and_processes_are_apart(void **state)
{
	struct told *t = *state;
	struct key one = call(1, 5), other = call(1, 6), third = call(2, 5);
	struct cell cell = of_calls(10, 10, 0);

	see(t, &one, 1, 1, 1, 0);
	see(t, &other, 2, 1, 1, 0);
	assert_true(split(t, &one, &cell));
	assert_int_equal(t->of[1].value[MEASURE_CALLS], 10);
	assert_false(split(t, &third, &cell));
	/* Threads of a process are one. */
	one.tid = 99;
	assert_true(split(t, &one, &cell));
	shares_forget(&t->shares, 1, 7);
	assert_false(split(t, &one, &cell));
	assert_int_equal(t->shares.n, 0);
}

static void the_past_fades(void **state)
{
	struct told *t = *state;
	struct key key = call(1, 5);
	struct cell cell = of_calls(1000, 0, 0);

	see(t, &key, 1, 8, 1, 0);
	for (int i = 0; i < 3; i++)
		shares_age(&t->shares);
	see(t, &key, 2, 1, 1, 0);
	assert_true(split(t, &key, &cell));
	assert_int_equal(t->of[1].value[MEASURE_CALLS], 500);
	for (int i = 0; i < 20; i++)
		shares_age(&t->shares);
	assert_false(split(t, &key, &cell));
	assert_int_equal(t->shares.n, 0);
}

static int open_shares(void **state)
{
	struct told *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	shares_init(&t->shares);
	*state = t;
	return 0;
}

static int close_shares(void **state)
{
	struct told *t = *state;

	shares_done(&t->shares);
	free(t);
	return 0;
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_shares, close_shares)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(parts_are_in_proportion_and_add_up),
		TEST(what_is_taken_back_is_what_was_told),
		TEST(kinds_and_processes_are_apart),
		TEST(the_past_fades),
	};

	return cmocka_run_group_tests_name("shares", tests, NULL, NULL);
}
