/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what the programs send to the slowest of an interval. */
#include "rig.h"

#include <sys/syscall.h>

#include "collect/bpf/engine.h"
#include "collect/bpf/slow.h"

#define WANTED 10
#define READ 0

struct bench {
	struct rig rig;
	struct engine engine;
	struct slow_counts counts[SLOW_COUNTS];
	struct slowest *slowest;
};

static int open_bench(void **state)
{
	struct collector_cfg cfg = { .slowest = WANTED };
	struct bench *b = calloc(1, sizeof(*b));
	struct why why;

	if (!b)
		return -1;
	*state = b;
	book_open(&b->rig.book);
	b->rig.plan = (struct plan){ .slots = RIG_SLOTS, .slowest = WANTED,
				     .nr_execve = TAG_USED | 59 };
	b->rig.g = (struct gather){ .sink = &b->rig.book.sink,
				    .control = &b->rig.control,
				    .plan = &b->rig.plan, .tick_ns = 10 * MS,
				    .known = calloc(RIG_SLOTS,
						    sizeof(struct known)) };
	b->engine = (struct engine){ .control = &b->rig.control,
				     .plan = b->rig.plan,
				     .slow_counts = b->counts };
	return slowest_new(&b->slowest, &cfg, &b->rig.g, &why);
}

static int close_bench(void **state)
{
	struct bench *b = *state;

	slowest_free(b->slowest);
	slowest_free(NULL);
	free(b->rig.g.known);
	book_close(&b->rig.book);
	free(b);
	return 0;
}

static void send(struct bench *b, enum slow_kind kind, uint64_t began,
		 uint64_t wall)
{
	struct slow_event event = {
		.kind = kind, .epoch = b->rig.control.slow_epoch,
		.slot = 1, .tag = TAG_USED | READ, .tid = 11, .tgid = 10,
		.began_ns = began, .wall_ns = wall, .run_ns = wall / 2,
	};

	slowest_take(b->slowest, &b->engine, &event);
}

static uint64_t from(const struct bench *b, enum slow_kind kind)
{
	return b->rig.control.slow_from_ns[slow_place(kind,
					b->rig.control.slow_epoch)];
}

static void the_programs_are_told_what_is_too_short(void **state)
{
	struct bench *b = *state;

	for (uint64_t i = 1; i < WANTED; i++)
		send(b, SLOW_CALL, i, 100 + i);
	assert_int_equal(from(b, SLOW_CALL), 0);
	send(b, SLOW_CALL, 50, 1000);
	assert_int_equal(from(b, SLOW_CALL), 101);
	assert_int_equal(from(b, SLOW_REQUEST), 0);
	send(b, SLOW_CALL, 51, 99);
	assert_int_equal(from(b, SLOW_CALL), 101);
	send(b, SLOW_CALL, 52, 500);
	assert_int_equal(from(b, SLOW_CALL), 102);
	/* What the programs know better stays. */
	b->rig.control.slow_from_ns[slow_place(SLOW_CALL, 0)] = 5000;
	send(b, SLOW_CALL, 53, 600);
	assert_int_equal(from(b, SLOW_CALL), 5000);
}

static int by_wall(const void *a, const void *b)
{
	return slow_compare(a, b);
}

static void each_interval_has_its_own(void **state)
{
	struct ledger *ledger;
	struct bench *b = *state;
	struct rng rng = { 9 };

	ledger = &b->rig.book.ledger;
	for (int round = 0; round < 20; round++) {
		struct slow all[500] = { 0 };

		for (size_t i = 0; i < N_OF(all); i++) {
			all[i].wall_ns = 1 + (int64_t)rng_below(&rng, 300);
			all[i].began_ns = (int64_t)i;
			send(b, SLOW_CALL, i, (uint64_t)all[i].wall_ns);
		}
		send(b, SLOW_REQUEST, 3, 8);
		qsort(all, N_OF(all), sizeof(*all), by_wall);
		slowest_tell(b->slowest, &b->engine);
		assert_int_equal(from(b, SLOW_CALL), 0);
		assert_int_equal(ledger->n_slow, WANTED + 1);
		assert_int_equal(ledger->slow[WANTED].key.abi, ABI_REQUEST);
		assert_int_equal(ledger->slow[WANTED].cpu_ns, 4);
		qsort(ledger->slow, WANTED, sizeof(*all), by_wall);
		for (size_t i = 0; i < WANTED; i++) {
			assert_int_equal(ledger->slow[i].wall_ns,
					 all[i].wall_ns);
			assert_int_equal(ledger->slow[i].began_ns,
					 all[i].began_ns);
			assert_int_equal(ledger->slow[i].key.tid, 11);
		}
		ledger_next(ledger);
	}
}

static void only_what_would_have_counted_is_lost(void **state)
{
	struct bench *b = *state;
	uint32_t *lost = b->counts[slow_place(SLOW_CALL, 0)].lost;

	for (uint64_t i = 0; i < WANTED; i++)
		send(b, SLOW_CALL, i, 10000 + i);
	lost[bucket_of(500)] = 7;
	lost[bucket_of(10000) - 1] = 5;
	slowest_tell(b->slowest, &b->engine);
	assert_int_equal(b->rig.book.ledger.lost[LOSS_SLOWEST], 0);
	/* As there is room for any, any is one of them. */
	lost = b->counts[slow_place(SLOW_CALL, 1)].lost;
	lost[bucket_of(500)] = 7;
	slowest_tell(b->slowest, &b->engine);
	assert_int_equal(b->rig.book.ledger.lost[LOSS_SLOWEST], 7);
	/* One of the last one's own bucket may be. */
	for (uint64_t i = 0; i < WANTED; i++)
		send(b, SLOW_CALL, i, 10000 + i);
	lost = b->counts[slow_place(SLOW_CALL, 0)].lost;
	assert_int_equal(lost[bucket_of(500)], 0);
	lost[bucket_of(10000)] = 1;
	lost[BUCKETS - 1] = 1;
	slowest_tell(b->slowest, &b->engine);
	assert_int_equal(b->rig.book.ledger.lost[LOSS_SLOWEST], 9);
}

static void calls_that_wait_are_left_out(void **state)
{
	struct collector_cfg cfg = { .slowest = WANTED };
	const struct callset *set;
	struct bench *b = *state;
	struct slowest *asked;
	struct callset calls;
	struct why why;

	set = slowest_patient(b->slowest);
	assert_non_null(set);
	assert_true(callset_has(set, ABI_NATIVE, SYS_epoll_pwait));
	assert_true(callset_has(set, ABI_NATIVE, SYS_nanosleep));
	assert_true(callset_has(set, ABI_NATIVE, SYS_wait4));
	assert_true(callset_has(set, ABI_NATIVE, SYS_accept4));
	assert_false(callset_has(set, ABI_NATIVE, SYS_read));
	assert_false(callset_has(set, ABI_NATIVE, SYS_futex));
	assert_false(callset_has(set, ABI_NATIVE, SYS_fsync));
	assert_null(slowest_patient(NULL));
	/* Unless what is wanted was said. */
	callset_fill(&calls);
	cfg.calls = &calls;
	assert_int_equal(slowest_new(&asked, &cfg, &b->rig.g, &why), 0);
	assert_null(slowest_patient(asked));
	slowest_free(asked);
}

#define bench_test(f) \
	cmocka_unit_test_setup_teardown(f, open_bench, close_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		bench_test(the_programs_are_told_what_is_too_short),
		bench_test(each_interval_has_its_own),
		bench_test(only_what_would_have_counted_is_lost),
		bench_test(calls_that_wait_are_left_out),
	};

	return cmocka_run_group_tests_name("slow", tests, NULL, NULL);
}
