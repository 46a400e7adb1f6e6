/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "model/probe.h"

static struct probe parsed(const char *text)
{
	struct probe probe;
	struct why why;

	if (probe_parse(text, &probe, &why))
		fail_msg("%s: %s", text, why.text);
	return probe;
}

static void check(const char *text, const char *name, const char *library,
		  const char *provider, const char *function, const char *end)
{
	struct probe probe = parsed(text);

	assert_string_equal(probe.name, name);
	assert_string_equal(probe.library, library);
	assert_string_equal(probe.provider, provider);
	assert_string_equal(probe.function, function);
	assert_string_equal(probe.end, end);
}

static void functions_and_places(void **state)
{
	(void)state;
	check("a=exe:main", "a", "exe", "", "main", "");
	check("exe:main", "main", "exe", "", "main", "");
	check("x=/usr/lib/libc.so.6:open..close", "x", "/usr/lib/libc.so.6",
	      "", "open", "close");
	check("/a:b=c/lib.so:f..g", "f..g", "/a:b=c/lib.so", "", "f", "g");
	check("x=usdt:libc.so.6:libc:setjmp", "x", "libc.so.6", "libc",
	      "setjmp", "");
	check("usdt:/a:b/c.so:p:on..off", "on..off", "/a:b/c.so", "p", "on",
	      "off");
	check("_ZN3foo3barEv=exe:_ZN3foo3barEv", "_ZN3foo3barEv", "exe", "",
	      "_ZN3foo3barEv", "");
}

static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "=", "x", "x=", ":", "x=:", "x=exe", "x=exe:", "x=:f",
		"=exe:f", "x=exe:..", "x=exe:f..", "x=exe:..g", "usdt:",
		"usdt::", "usdt:exe:f", "usdt:exe::f", "usdt::p:f",
		"x=usdt:exe:p:", "x=usdt:exe:p:f..",
	};
	struct probe probe;
	struct why why;

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++)
		if (probe_parse(bad[i], &probe, &why) != -EINVAL)
			fail_msg("'%s' is taken", bad[i]);
}

static void what_is_too_long_is_refused(void **state)
{
	struct probe probe;
	char text[1024];
	struct why why;

	(void)state;
	snprintf(text, sizeof(text), "x=exe:%0300d", 1);
	assert_int_equal(probe_parse(text, &probe, &why), -EINVAL);
	snprintf(text, sizeof(text), "%064d=exe:f", 1);
	assert_int_equal(probe_parse(text, &probe, &why), -EINVAL);
	snprintf(text, sizeof(text), "%063d=exe:f", 1);
	assert_int_equal(probe_parse(text, &probe, &why), 0);
	/* The name of a row is cut, the function is not. */
	snprintf(text, sizeof(text), "exe:%0200d..g", 1);
	probe = parsed(text);
	assert_int_equal(strlen(probe.function), 200);
	assert_true(strlen(probe.name) < sizeof(probe.name));
}

static bool is_in(const char *library, const char *path)
{
	struct probe probe = { .function = "f" };

	snprintf(probe.library, sizeof(probe.library), "%s", library);
	return probe_is_in(&probe, path);
}

static void libraries_are_known_by_path_or_name(void **state)
{
	(void)state;
	assert_true(is_in("/lib/libc.so.6", "/lib/libc.so.6"));
	assert_true(is_in("/lib/libc.so.6", "/lib/libc.so.6 (deleted)"));
	assert_false(is_in("/lib/libc.so.6", "/usr/lib/libc.so.6"));
	assert_false(is_in("/lib/libc.so", "/lib/libc.so.6"));
	assert_true(is_in("libc.so.6", "/usr/lib/libc.so.6"));
	assert_true(is_in("libc", "/usr/lib/libc.so.6"));
	assert_true(is_in("libc", "/usr/lib/libc.so.6 (deleted)"));
	assert_false(is_in("lib", "/usr/lib/libc.so.6"));
	assert_false(is_in("libc", "/usr/lib/libcap.so.2"));
	assert_false(is_in("libc", "/usr/libc/other.so.6"));
	assert_true(is_in("libsmbd-base-samba4",
			  "/usr/lib/samba/libsmbd-base-samba4.so.0"));
	assert_false(is_in("libsmbd-base",
			   "/usr/lib/samba/libsmbd-base-samba4.so.0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_and_places),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(libraries_are_known_by_path_or_name),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
