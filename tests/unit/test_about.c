/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program says of itself. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "about.h"
#include "options.h"

/* The text that one of the printing functions prints. */
static char *printed(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	print(out);
	fclose(out);
	assert_true(len > 0);
	assert_int_equal(text[len - 1], '\n');
	return text;
}

static void about(void **state)
{
	char *text = printed(options_help);

	(void)state;
	assert_non_null(strstr(text, "--pid=PID"));
	assert_non_null(strstr(text, "-V, --version"));
	assert_non_null(strstr(text, "-A, --all-calls"));
	assert_non_null(strstr(text, "trace=SET"));
	assert_non_null(strstr(text, "COMMAND"));
	free(text);
	text = printed(options_usage);
	assert_memory_equal(text, "usage: smbsysacct", 17);
	free(text);
	text = printed(about_version);
	assert_non_null(strstr(text, PACKAGE_VERSION));
	assert_non_null(strstr(text, "proc"));
	free(text);
}

static void lists(void **state)
{
	static const struct {
		const char *what, *holds;
	} cases[] = {
		{ "columns", "blocked-percent" }, { "collectors", "proc" },
		{ "dims", "syscall" }, { "%class", "%network\n" },
		{ "%network", "connect\n" }, { "%net", "connect\n" },
	};
	struct why why = { 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);

		assert_int_equal(about_list(out, cases[i].what, &why), 0);
		fclose(out);
		assert_non_null(strstr(text, cases[i].holds));
		free(text);
	}
	assert_int_equal(about_list(stdout, "colours", &why), -EINVAL);
	assert_non_null(strstr(why.text, "'colours'"));
	assert_int_equal(about_list(stdout, "%colours", &why), -EINVAL);
	assert_non_null(strstr(why.text, "'%colours'"));
	assert_int_equal(about_list(stdout, "%", &why), -EINVAL);
	assert_int_equal(about_list(stdout, "network", &why), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(about),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests_name("about", tests, NULL, NULL);
}
