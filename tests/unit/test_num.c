/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>

#include "base/num.h"

static void parse_takes_whole_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max, value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "0", 10, 0 },
		{ "7", 10, 7 },
		{ "10", 10, 10 },
		{ "007", 10, 7 },
		{ "00000000000000000000000000000001", 1, 1 },
		{ "2147483647", INT32_MAX, INT32_MAX },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		uint64_t value = 4711;

		assert_int_equal(num_parse(cases[i].text, cases[i].max,
					   &value), 0);
		assert_true(value == cases[i].value);
	}
}

static void parse_refuses_what_is_out_of_range(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
	} cases[] = {
		{ "1", 0 },
		{ "9", 5 },
		{ "11", 10 },
		{ "20", 19 },
		{ "100", 99 },
		{ "2147483648", INT32_MAX },
		{ "18446744073709551615", UINT64_MAX - 1 },
		{ "18446744073709551616", UINT64_MAX },
		{ "18446744073709551620", UINT64_MAX },
		{ "36893488147419103232", UINT64_MAX },
		{ "99999999999999999999999999999999", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		uint64_t value;

		assert_int_equal(num_parse(cases[i].text, cases[i].max,
					   &value), -ERANGE);
	}
}

static void parse_refuses_anything_else(void **state)
{
	static const char *const cases[] = {
		"", " ", "-", "-1", "+1", " 1", "1 ", "1\n", "\t1", "1a",
		"a1", "0x10", "1.5", "1,2", "1e3", "1-", "--1", "\xef\xbc\x91",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		uint64_t value;

		assert_int_equal(num_parse(cases[i], 100, &value), -EINVAL);
	}
}

static void seconds_take_decimal_fractions(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {
		{ "0", 0 },
		{ "2", 2000000000 },
		{ "0.5", 500000000 },
		{ ".5", 500000000 },
		{ "1.25", 1250000000 },
		{ "0.001", 1000000 },
		{ "0.000000001", 1 },
		{ "0.0000000019", 1 },
		{ "0.999999999999999999999", 999999999 },
		{ "0.1234567890123456789", 123456789 },
		{ "01.50", 1500000000 },
		{ "3600", 3600000000000 },
		{ "31536000", 31536000000000000 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		int64_t ns = -1;

		assert_int_equal(num_parse_seconds(cases[i].text, &ns), 0);
		assert_true(ns == cases[i].ns);
	}
}

static void seconds_refuse_anything_else(void **state)
{
	static const char *const cases[] = {
		"", ".", "..5", "-1", "+1", " 1", "1 ", "1s", "1.5s", "1,5",
		"1.2.3", "1e3", "nan", "inf", "infinity", "0x1", "1.-5",
		".x", "1. 5",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		int64_t ns;

		assert_int_equal(num_parse_seconds(cases[i], &ns), -EINVAL);
	}
}

static void seconds_stay_below_a_year_and_a_day(void **state)
{
	static const char *const cases[] = {
		"31708800", "9223372036", "9223372037", "18446744073",
		"99999999999999999999", "18446744073709551617",
	};
	int64_t ns;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		assert_int_equal(num_parse_seconds(cases[i], &ns), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_takes_whole_numbers),
		cmocka_unit_test(parse_refuses_what_is_out_of_range),
		cmocka_unit_test(parse_refuses_anything_else),
		cmocka_unit_test(seconds_take_decimal_fractions),
		cmocka_unit_test(seconds_refuse_anything_else),
		cmocka_unit_test(seconds_stay_below_a_year_and_a_day),
	};

	return cmocka_run_group_tests_name("num", tests, NULL, NULL);
}
