/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "model/abi.h"

#if defined(__x86_64__) || defined(__aarch64__)
#define HAS_COMPAT 1
#else
#define HAS_COMPAT 0
#endif

static void check(long nr, uint64_t sp, int abi, int32_t wanted)
{
	int32_t got = -1;

	assert_int_equal(abi_guess(nr, sp, &got), abi);
	assert_int_equal(got, wanted);
}

static void native_calls(void **state)
{
	(void)state;
	check(0, 0x7ffd3a8e1fd8, ABI_NATIVE, 0);
	check(232, 0x7ffd3a8e1fd8, ABI_NATIVE, 232);
	check(467, 0xffffc0001000, ABI_NATIVE, 467);
	/* The lowest stack above 4 GiB. */
	check(1, 0x100000000, ABI_NATIVE, 1);
	/* A stack that is not known says nothing about the ABI. */
	check(202, 0, ABI_NATIVE, 202);
}

static void stack_below_4_gib_is_compat(void **state)
{
	(void)state;
	if (!HAS_COMPAT)
		skip_because("arch: no compat ABI is known here");
	check(64, 0xffd5e2a0, ABI_COMPAT, 64);
	check(3, 0xffffffff, ABI_COMPAT, 3);
	check(0, 1, ABI_COMPAT, 0);
}

static void bit_30_is_x32(void **state)
{
	(void)state;
#ifdef __x86_64__
	check(0x40000000L + 232, 0x7ffd3a8e1fd8, ABI_X32, 232);
	check(0x40000000L, 0x7ffd3a8e1fd8, ABI_X32, 0);
	/* x32 has its stack below 4 GiB, too: the bit decides. */
	check(0x40000000L + 519, 0xffd5e2a0, ABI_X32, 519);
#else
	skip_because("arch: x32 is x86_64's");
#endif
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(abi_name(ABI_TASK), "-");
	assert_string_equal(abi_name(ABI_STATE), "-");
	assert_string_equal(abi_name(ABI_WCHAN), "-");
	assert_string_equal(abi_name(-1), "-");
	assert_string_equal(abi_name(ABI_X32 + 1), "-");
	assert_string_equal(abi_name(ABI_X32), "x32");
#if defined(__x86_64__)
	assert_string_equal(abi_name(ABI_NATIVE), "x86_64");
	assert_string_equal(abi_name(ABI_COMPAT), "i386");
#elif defined(__aarch64__)
	assert_string_equal(abi_name(ABI_NATIVE), "aarch64");
	assert_string_equal(abi_name(ABI_COMPAT), "arm");
#endif
}

static void waits(void **state)
{
	(void)state;
	assert_false(abi_is_wait(ABI_TASK, 0));
	assert_false(abi_is_wait(ABI_STATE, STATE_RUNNING));
	assert_true(abi_is_wait(ABI_STATE, STATE_ASLEEP));
	assert_true(abi_is_wait(ABI_STATE, STATE_OUTSIDE));
	assert_true(abi_is_wait(ABI_WCHAN, 0));
	assert_true(abi_is_wait(ABI_WCHAN, STATE_RUNNING));
	assert_true(abi_is_wait(ABI_NATIVE, 0));
	assert_true(abi_is_wait(ABI_COMPAT, 0));
	assert_true(abi_is_wait(ABI_X32, STATE_RUNNING));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_calls),
		cmocka_unit_test(stack_below_4_gib_is_compat),
		cmocka_unit_test(bit_30_is_x32),
		cmocka_unit_test(names),
		cmocka_unit_test(waits),
	};

	return cmocka_run_group_tests_name("abi", tests, NULL, NULL);
}
