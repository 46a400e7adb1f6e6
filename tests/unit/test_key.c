/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "model/abi.h"
#include "model/key.h"

#define PROCESS (1u << DIM_PROCESS)
#define THREAD (1u << DIM_THREAD)
#define SYSCALL (1u << DIM_SYSCALL)
#define ERRNO (1u << DIM_ERRNO)

static const struct key full = {
	.process_start = 100, .thread_start = 200, .pid = 10, .tid = 12,
	.abi = ABI_NATIVE, .nr = 7, .error = 2,
};

static void assert_same(struct key a, struct key b)
{
	assert_memory_equal(&a, &b, sizeof(a));
}

static struct key projected(struct key key, unsigned by)
{
	return key_project(&key, by);
}

/* Maps compare keys as bytes. */
static void key_has_no_padding(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct key), 3 * 8 + 18 * 4);
}

static void all_dimensions_keep_all(void **state)
{
	(void)state;
	assert_same(projected(full, PROCESS | THREAD | SYSCALL | ERRNO),
		    full);
}

static void what_is_not_kept_is_erased(void **state)
{
	(void)state;
	assert_same(projected(full, PROCESS), (struct key){
		    .process_start = 100, .pid = 10 });
	assert_same(projected(full, SYSCALL), (struct key){
		    .abi = ABI_NATIVE, .nr = 7 });
	assert_same(projected(full, SYSCALL | ERRNO), (struct key){
		    .abi = ABI_NATIVE, .nr = 7, .error = 2 });
	assert_same(projected(full, PROCESS | SYSCALL), (struct key){
		    .process_start = 100, .pid = 10, .abi = ABI_NATIVE,
		    .nr = 7 });
	assert_same(projected(full, PROCESS | THREAD), (struct key){
		    .process_start = 100, .thread_start = 200, .pid = 10,
		    .tid = 12 });
	assert_same(projected(full, 0), (struct key){ 0 });
}

static void equal_ids_of_another_time_stay_apart(void **state)
{
	struct key later = full;
	struct key a = projected(full, PROCESS), b;

	(void)state;
	later.process_start++;
	b = projected(later, PROCESS);
	assert_memory_not_equal(&a, &b, sizeof(a));
	a = projected(full, SYSCALL);
	b = projected(later, SYSCALL);
	assert_memory_equal(&a, &b, sizeof(a));
}

static void children_stay_apart_from_their_process(void **state)
{
	static const unsigned with_process[] = {
		PROCESS, PROCESS | SYSCALL, PROCESS | THREAD,
		PROCESS | THREAD | SYSCALL
	};
	struct key children = full, process = full;

	(void)state;
	children.tid = TID_CHILDREN;
	children.thread_start = 0;
	process.tid = TID_PROCESS;
	process.thread_start = 0;
	for (size_t i = 0; i < N_OF(with_process); i++) {
		struct key c = projected(children, with_process[i]);
		struct key p = projected(process, with_process[i]);

		assert_int_equal(c.tid, TID_CHILDREN);
		assert_int_equal(p.tid, TID_PROCESS);
	}
	/* Without processes there is nothing to keep them apart from. */
	assert_same(projected(children, SYSCALL),
		    projected(process, SYSCALL));
}

static void projecting_twice_changes_nothing(void **state)
{
	struct rng rng = { 5 };

	(void)state;
	for (int i = 0; i < 5000; i++) {
		struct key key = {
			.process_start = rng_below(&rng, 3),
			.thread_start = rng_below(&rng, 3),
			.pid = (int32_t)rng_below(&rng, 4),
			.tid = (int32_t)rng_below(&rng, 5) - 1,
			.abi = (int32_t)rng_below(&rng, 6),
			.nr = (int32_t)rng_below(&rng, 9),
			.error = (int32_t)rng_below(&rng, 3),
		};
		unsigned by = (unsigned)rng_below(&rng, 1 << DIM_COUNT);
		unsigned less = by & (unsigned)rng_next(&rng);

		assert_same(projected(projected(key, by), by),
			    projected(key, by));
		/* In one step or by way of a finer grouping. */
		assert_same(projected(projected(key, by), less),
			    projected(key, less));
	}
}

static void parse_knows_the_dimensions(void **state)
{
	static const struct {
		const char *list;
		unsigned by;
	} cases[] = {
		{ "process", PROCESS },
		{ "syscall", SYSCALL },
		{ "thread", THREAD | PROCESS },
		{ "process,syscall", PROCESS | SYSCALL },
		{ "syscall,process", PROCESS | SYSCALL },
		{ "thread,syscall", PROCESS | THREAD | SYSCALL },
		{ "syscall,syscall", SYSCALL },
		/* An error is a call's. */
		{ "errno", ERRNO | SYSCALL },
		{ "errno,thread", ERRNO | SYSCALL | THREAD | PROCESS },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		unsigned by = 0;

		assert_int_equal(dim_parse(cases[i].list, &by, NULL), 0);
		assert_int_equal(by, cases[i].by);
	}
}

static void parse_names_what_it_does_not_know(void **state)
{
	static const struct {
		const char *list, *named;
	} cases[] = {
		{ "", "''" }, { ",", "''" }, { "process,", "''" },
		{ ",process", "''" }, { "process,,syscall", "''" },
		{ "proc", "'proc'" }, { "processes", "'processes'" },
		{ "syscall,colour,thread", "'colour'" },
		{ "Process", "'Process'" }, { " process", "' process'" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct why why = { 0 };
		unsigned by;

		assert_int_equal(dim_parse(cases[i].list, &by, &why),
				 -EINVAL);
		assert_int_equal(why.err, EINVAL);
		assert_non_null(strstr(why.text, cases[i].named));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_has_no_padding),
		cmocka_unit_test(all_dimensions_keep_all),
		cmocka_unit_test(what_is_not_kept_is_erased),
		cmocka_unit_test(equal_ids_of_another_time_stay_apart),
		cmocka_unit_test(children_stay_apart_from_their_process),
		cmocka_unit_test(projecting_twice_changes_nothing),
		cmocka_unit_test(parse_knows_the_dimensions),
		cmocka_unit_test(parse_names_what_it_does_not_know),
	};

	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
