/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values as texts, the same in reports and on the dashboard. */
#include "unit.h"

#include <string.h>

#include "report/value.h"

static void bytes_have_units(void **state)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0B" }, { 1023, "1023B" }, { 1024, "1.0K" },
		{ 1536, "1.5K" }, { 1048576, "1.0M" },
		{ 10737418240, "10.0G" }, { 1LL << 40, "1.0T" },
		{ 1LL << 50, "1.0P" }, { INT64_MAX, "8192.0P" },
		{ -1, "-1B" }, { -2048, "-2.0K" },
	};
	char text[VALUE_MAX];

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		assert_string_equal(value_bytes(text, sizeof(text),
						cases[i].bytes),
				    cases[i].text);
}

static void nothing_has_no_sign(void **state)
{
	char text[VALUE_MAX];

	(void)state;
	assert_string_equal(value_seconds(text, sizeof(text), false, -400000,
					  ""), "0.000");
	assert_string_equal(value_seconds(text, sizeof(text), true, -600000,
					  "?"), "~-0.001?");
}

static void what_is_unknown_is_no_zero(void **state)
{
	static const char *const ids[] = { "wall", "calls", "max", "bytes",
					   "wall-percent", "syscall", "pid" };
	const struct value unknown = { .known = false };
	char text[VALUE_MAX];

	(void)state;
	for (size_t i = 0; i < N_OF(ids); i++)
		assert_string_equal(value_text(text, sizeof(text),
					       column_find(ids[i],
							   strlen(ids[i])),
					       &unknown), "-");
}

static void names_are_made_safe(void **state)
{
	const struct value value = { .known = true,
				     .text = "a\033[2Jb" };
	char text[VALUE_MAX];

	(void)state;
	assert_string_equal(value_text(text, sizeof(text),
				       column_find("process", 7), &value),
			    "a\\033[2Jb");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_have_units),
		cmocka_unit_test(nothing_has_no_sign),
		cmocka_unit_test(what_is_unknown_is_no_zero),
		cmocka_unit_test(names_are_made_safe),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
