/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <string.h>

#include "model/abi.h"
#include "model/arguments.h"

static void check(const char *wanted, int abi, const char *name, uint64_t a,
		  uint64_t b, uint64_t c, uint64_t d)
{
	const uint64_t args[ARGUMENTS] = { a, b, c, d, 0x55, 0x66 };
	char buf[200];

	assert_string_equal(arguments_text(buf, sizeof(buf), abi, name, args),
			    wanted);
}

static void each_is_shown_by_its_kind(void **state)
{
	(void)state;
	check("getppid()", ABI_NATIVE, "getppid", 1, 2, 3, 4);
	check("fsync(7)", ABI_NATIVE, "fsync", 7, 2, 3, 4);
	check("read(3, 0x7f00deadbeef, 65536)", ABI_NATIVE, "read", 3,
	      0x7f00deadbeef, 65536, 4);
	check("openat(AT_FDCWD, 0x1000, 0x80241, 0644)", ABI_NATIVE, "openat",
	      (uint64_t)-100, 0x1000, 0x80241, 0644);
	check("poll(NULL, 0, -1)", ABI_NATIVE, "poll", 0, 0, 0xffffffff, 0);
	check("lseek(3, -5, 1)", ABI_NATIVE, "lseek", 3, (uint64_t)-5, 1, 0);
	check("lseek(3, 5000000000, 0)", ABI_NATIVE, "lseek", 3, 5000000000,
	      0, 0);
	check("mmap(NULL, 4096, 0x3, 0x22, 85, 102)", ABI_NATIVE, "mmap", 0,
	      4096, 3, 0x22);
	check("kill(-1, 9)", ABI_NATIVE, "kill", (uint32_t)-1, 9, 0, 0);
	check("fchmod(3, 0)", ABI_NATIVE, "fchmod", 3, 0, 0, 0);
	check("unheard_of(0x1, 0, 0x3, 0x4, 0x55, 0x66)", ABI_NATIVE,
	      "unheard_of", 1, 0, 3, 4);
}

/* Of 32-bit programs the upper halves of registers are nobody's. */
static void compat_has_half_registers(void **state)
{
	(void)state;
	check("write(1, 0xffff0000, 4096)", ABI_COMPAT, "write",
	      0xdead00000001, 0xdeadffff0000, 0xdead00001000, 0);
	check("poll(NULL, 0, -1)", ABI_COMPAT, "poll", 0, 0,
	      0xffffffffffffffff, 0);
}

static void what_does_not_fit_is_cut(void **state)
{
	const uint64_t args[ARGUMENTS] = { 3, 0x1000, 65536 };
	char buf[24];

	(void)state;
	for (size_t size = 1; size < sizeof(buf); size++) {
		memset(buf, 'x', sizeof(buf));
		arguments_text(buf, size, ABI_NATIVE, "read", args);
		assert_int_equal(strlen(buf), size - 1 < 22 ? size - 1 : 22);
		assert_memory_equal(buf, "read(3, 0x1000, 65536)",
				    strlen(buf));
		assert_int_equal(buf[size], 'x');
	}
}

static void results_are_as_strace_shows_them(void **state)
{
	char buf[64];

	(void)state;
	assert_string_equal(arguments_result(buf, sizeof(buf), "read", 4096),
			    "4096");
	assert_string_equal(arguments_result(buf, sizeof(buf), "read", 0),
			    "0");
	assert_string_equal(arguments_result(buf, sizeof(buf), "pause", -514),
			    "-1 ERESTARTNOHAND");
	assert_string_equal(arguments_result(buf, sizeof(buf), "mmap",
					     0x7f0000001000),
			    "0x7f0000001000");
	/* What is no error is a number below zero. */
	assert_string_equal(arguments_result(buf, sizeof(buf), "lseek",
					     -4096), "-4096");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_shown_by_its_kind),
		cmocka_unit_test(compat_has_half_registers),
		cmocka_unit_test(what_does_not_fit_is_cut),
		cmocka_unit_test(results_are_as_strace_shows_them),
	};

	return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
