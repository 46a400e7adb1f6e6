/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <string.h>

#include "compare/counts.h"
#include "model/abi.h"
#include "model/syscall.h"

static struct counts counts;

static int forget(void **state)
{
	(void)state;
	counts_done(&counts);
	return 0;
}

static void take(enum counts_format format, const char *text)
{
	counts_done(&counts);
	assert_int_equal(counts_parse(&counts, format, text), 0);
}

static uint64_t calls_of(const char *name)
{
	const struct count *count = counts_find(&counts, name);

	if (!count)
		fail_msg("%s was not counted", name);
	return count->calls;
}

static void straces_table_is_read(void **state)
{
	(void)state;
	take(COUNTS_STRACE,
	     "% time     seconds  usecs/call     calls    errors syscall\n"
	     "------ ----------- ----------- --------- --------- -------\n"
	     " 61.33    0.002361           2      1003         3 openat\n"
	     "  9.38    0.000361           0       499           read\n"
	     "------ ----------- ----------- --------- --------- -------\n"
	     "100.00    0.002722           1      1502         3 total\n");
	assert_int_equal(counts.n, 2);
	assert_true(calls_of("openat") == 1003);
	assert_true(calls_of("read") == 499);
	assert_true(counts.total == 1502);
	assert_null(counts_find(&counts, "total"));
	assert_null(counts_find(&counts, "syscall"));
}

/* What was not counted has no count, and is not 0 either. */
static void our_own_table_is_read(void **state)
{
	(void)state;
	take(COUNTS_STRACE,
	     "% time    blocked~  usecs/call     calls    errors syscall\n"
	     " 98.00   ~0.070000       ~3500        20         - wait4\n"
	     "  2.00  ~0.0010000?          -         -         - read\n"
	     "     -           -           -         7         - [other calls]"
	     "\n"
	     "     -    0.000001           -         3           futex\n"
	     "our cost: 0.001 s of CPU in 2.261 s, 0.03% of a core\n"
	     "12 13 14 15 16 note: bpf\n");
	assert_int_equal(counts.n, 4);
	assert_true(calls_of("wait4") == 20);
	assert_true(calls_of("[other calls]") == 7);
	assert_true(calls_of("futex") == 3);
	assert_null(counts_find(&counts, "read"));
}

static void tables_of_several_abis_add_up(void **state)
{
	(void)state;
	take(COUNTS_STRACE, " 1.00 0.1 2 10 read\n"
	     "System call usage summary for 32 bit mode:\n"
	     " 1.00 0.1 2 5 1 read\n");
	assert_int_equal(counts.n, 1);
	assert_true(calls_of("read") == 15 && counts.total == 15);
}

static void perfs_tables_are_read(void **state)
{
	(void)state;
	take(COUNTS_PERF,
	     " Summary of events:\n\n"
	     " cp (4711), 20106 events, 99.9%\n\n"
	     "   syscall   calls  errors  total   min    avg    max   stddev\n"
	     "                            (msec) (msec) (msec) (msec)    (%)\n"
	     "   --------- -----  ------ ------- ------ ------ ------ ------\n"
	     "   openat     1003      3   18.231  0.002  0.018  0.120  1.03%\n"
	     "   read       2004      0    6.121  0.000  0.003  0.011  0.71%\n"
	     "\n sh (4712), 12 events, 0.1%\n\n"
	     /* As perf had it before it counted errors. */
	     "   read          6    0.031  0.002  0.005  0.012 29.12%\n");
	assert_int_equal(counts.n, 2);
	assert_true(calls_of("openat") == 1003);
	assert_true(calls_of("read") == 2010);
}

static void bpftraces_map_is_read(void **state)
{
	char name[COUNTS_NAME];

	(void)state;
	take(COUNTS_BPFTRACE, "Attaching 4 probes...\n\n@calls[3]: 20000\n"
	     "@calls[2]: 1\n@ns[3]: 77\n@calls[-1]: 5\n@calls[x]: 5\n"
	     "@calls[4]: many\n@calls[4\n@calls[5] 6\n");
	assert_int_equal(counts.n, 2);
	assert_true(counts.total == 20001);
	assert_true(calls_of(syscall_name(name, sizeof(name), ABI_NATIVE,
					  3)) == 20000);
}

static void nothing_is_nothing(void **state)
{
	static const char *const texts[] = {
		"", "\n\n", "-", " 1 2 3", " 1 2 3 4", " 1 2 3 4 5",
		"1 2 3 -4 read", "1 2 3 4.5 read", "1 2 3 0x4 read",
		"1 2 3 99999999999999999999999 read", "1 2 3 4 total",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++)
		for (int f = 0; f < COUNTS_FORMATS; f++) {
			take((enum counts_format)f, texts[i]);
			if (counts.n)
				fail_msg("'%s' counts", texts[i]);
		}
	take(COUNTS_NONE, " 1.00 0.1 2 10 read\n");
	assert_int_equal(counts.n, 0);
}

/* A terminal would obey it, a table would be torn apart by it. */
static void hostile_names_are_none(void **state)
{
	(void)state;
	take(COUNTS_STRACE, "1 2 3 4 re\033[31mad\n1 2 3 4 \xe2\x80\xae\n"
	     "1 2 3 4 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
	     "1 2 3 4 read\r\n");
	assert_int_equal(counts.n, 1);
	assert_true(calls_of("read") == 4);
}

static void names_and_numbers_have_a_limit(void **state)
{
	char row[64];

	(void)state;
	counts_done(&counts);
	for (int i = 0; i < COUNTS_MAX + 10; i++) {
		snprintf(row, sizeof(row), "1 2 3 1 call_%d\n", i);
		assert_int_equal(counts_parse(&counts, COUNTS_STRACE, row),
				 0);
	}
	assert_int_equal(counts.n, COUNTS_MAX);
	assert_true(counts.cut && counts.total == COUNTS_MAX);
	for (int i = 0; i < 100; i++)
		assert_int_equal(counts_parse(&counts, COUNTS_STRACE,
			"1 2 3 281474976710656 call_0\n"), 0);
	assert_true(calls_of("call_0") == 1ull << 48);
	assert_true(counts.total == (1ull << 48) + COUNTS_MAX - 1);
}

static void names_are_merged_without_calls(void **state)
{
	struct counts names = { .list = NULL };

	(void)state;
	take(COUNTS_STRACE, "1 2 3 4 read\n1 2 3 5 write\n");
	assert_int_equal(counts_merge_names(&names, &counts), 0);
	assert_int_equal(counts_merge_names(&names, &counts), 0);
	assert_int_equal(names.n, 2);
	assert_true(!names.total && !names.list[1].calls);
	assert_string_equal(names.list[1].name, "write");
	counts_done(&names);
}

#define COUNT(test) cmocka_unit_test_teardown(test, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		COUNT(straces_table_is_read),
		COUNT(our_own_table_is_read),
		COUNT(tables_of_several_abis_add_up),
		COUNT(perfs_tables_are_read),
		COUNT(bpftraces_map_is_read),
		COUNT(nothing_is_nothing),
		COUNT(hostile_names_are_none),
		COUNT(names_and_numbers_have_a_limit),
		COUNT(names_are_merged_without_calls),
	};

	return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
