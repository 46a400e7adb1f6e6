/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <linux/audit.h>
#include <sys/syscall.h>

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

/* As seccomp and audit tell it; an arch that is not known is native. */
static void the_arch_tells_the_abi(void **state)
{
	static const struct {
		uint32_t arch;
		int32_t nr;
		int abi;
		int32_t wanted;
	} cases[] = {
#if defined(__x86_64__)
		{ AUDIT_ARCH_X86_64, 0, ABI_NATIVE, 0 },
		{ AUDIT_ARCH_X86_64, 231, ABI_NATIVE, 231 },
		{ AUDIT_ARCH_I386, 0, ABI_COMPAT, 0 },
		{ AUDIT_ARCH_I386, 231, ABI_COMPAT, 231 },
		{ AUDIT_ARCH_X86_64, 0x40000000 + 231, ABI_X32, 231 },
		{ AUDIT_ARCH_X86_64, 0x40000000, ABI_X32, 0 },
		{ AUDIT_ARCH_X86_64, 0x40000000 + 520, ABI_X32, 520 },
		/* The bit is x32's alone. */
		{ AUDIT_ARCH_I386, 0x40000000 + 5, ABI_COMPAT,
		  0x40000000 + 5 },
#elif defined(__aarch64__)
		{ AUDIT_ARCH_AARCH64, 0, ABI_NATIVE, 0 },
		{ AUDIT_ARCH_AARCH64, 94, ABI_NATIVE, 94 },
		{ AUDIT_ARCH_ARM, 0, ABI_COMPAT, 0 },
		{ AUDIT_ARCH_ARM, 248, ABI_COMPAT, 248 },
		{ AUDIT_ARCH_AARCH64, 0x40000000 + 5, ABI_NATIVE,
		  0x40000000 + 5 },
#endif
		{ 0, 7, ABI_NATIVE, 7 },
	};
	int32_t nr;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		nr = -1;
		assert_int_equal(abi_of_arch(cases[i].arch, cases[i].nr, &nr),
				 cases[i].abi);
		assert_int_equal(nr, cases[i].wanted);
	}
}

/*
 * All that execute or fork, by the tables of the kernel that the numbers
 * are from: entry/syscalls/syscall_{64,32}.tbl of x86, tools/syscall.tbl of
 * arm. Natively the C library's header has them.
 */
static const struct {
	int abi, nr;
} execs[] = {
	{ ABI_NATIVE, SYS_execve }, { ABI_NATIVE, SYS_execveat },
#if defined(__x86_64__)
	{ ABI_COMPAT, 11 }, { ABI_COMPAT, 358 }, { ABI_X32, 520 },
	{ ABI_X32, 545 },
#elif defined(__aarch64__)
	{ ABI_COMPAT, 11 }, { ABI_COMPAT, 387 },
#endif
}, forks[] = {
#if defined(__x86_64__)
	{ ABI_NATIVE, 56 }, { ABI_NATIVE, 57 }, { ABI_NATIVE, 58 },
	{ ABI_NATIVE, 435 }, { ABI_X32, 56 }, { ABI_X32, 57 },
	{ ABI_X32, 58 }, { ABI_X32, 435 },
#elif defined(__aarch64__)
	{ ABI_NATIVE, 220 }, { ABI_NATIVE, 435 },
#else
	{ ABI_NATIVE, SYS_clone }, { ABI_NATIVE, SYS_clone3 },
#ifdef SYS_fork
	{ ABI_NATIVE, SYS_fork }, { ABI_NATIVE, SYS_vfork },
#endif
#endif
	{ ABI_COMPAT, 2 }, { ABI_COMPAT, 120 }, { ABI_COMPAT, 190 },
	{ ABI_COMPAT, 435 },
};

/* Of every number that is in use, and some that are none. */
static void who_executes_and_who_forks(void **state)
{
	(void)state;
	for (int abi = ABI_TASK; abi <= ABI_X32 + 1; abi++)
		for (int nr = -2; nr < 600; nr++) {
			bool exec = false, fork = false;

			for (size_t i = 0; i < N_OF(execs); i++)
				exec |= execs[i].abi == abi &&
					execs[i].nr == nr;
			for (size_t i = 0; i < N_OF(forks); i++)
				fork |= forks[i].abi == abi &&
					forks[i].nr == nr;
			if (abi_is_exec(abi, nr) != exec ||
			    abi_is_fork(abi, nr) != fork)
				fail_msg("call %d of ABI %d", nr, abi);
		}
}

static void the_c_library_agrees(void **state)
{
	(void)state;
	assert_true(abi_is_exec(ABI_NATIVE, SYS_execve));
	assert_true(abi_is_exec(ABI_NATIVE, SYS_execveat));
	assert_true(abi_is_fork(ABI_NATIVE, SYS_clone));
	assert_true(abi_is_fork(ABI_NATIVE, SYS_clone3));
#ifdef SYS_fork
	assert_true(abi_is_fork(ABI_NATIVE, SYS_fork));
	assert_true(abi_is_fork(ABI_NATIVE, SYS_vfork));
#endif
	assert_false(abi_is_exec(ABI_NATIVE, SYS_exit));
	assert_false(abi_is_fork(ABI_NATIVE, SYS_execve));
	assert_false(abi_is_fork(ABI_NATIVE, SYS_unshare));
	assert_false(abi_is_fork(ABI_NATIVE, SYS_wait4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_calls),
		cmocka_unit_test(stack_below_4_gib_is_compat),
		cmocka_unit_test(bit_30_is_x32),
		cmocka_unit_test(names),
		cmocka_unit_test(waits),
		cmocka_unit_test(the_arch_tells_the_abi),
		cmocka_unit_test(who_executes_and_who_forks),
		cmocka_unit_test(the_c_library_agrees),
	};

	return cmocka_run_group_tests_name("abi", tests, NULL, NULL);
}
