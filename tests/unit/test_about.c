/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program says of itself. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "about.h"
#include "option_args.h"
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
		{ "formats", "\ncsv\n" }, { "lists", "\nlists " },
		{ "options", "-p  --pid             pids " },
		{ "options", "-H  -                 none " },
		{ "options", "-   --format          formats " },
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

/* Sorted, each once, whichever ABI has it. */
static void names_of_calls_are_listed(void **state)
{
	struct why why = { 0 };
	char *text = NULL, *rest, *line, *last = "";
	FILE *out;
	size_t len = 0, n = 0;

	(void)state;
	out = open_memstream(&text, &len);
	assert_int_equal(about_list(out, "syscalls", &why), 0);
	fclose(out);
	for (rest = text; (line = strsep(&rest, "\n")) && *line; n++) {
		assert_true(strcmp(last, line) < 0);
		last = line;
	}
	assert_true(n > 0);
	free(text);
}

/* What completes command lines can rely on four words in each line. */
static void options_have_kinds(void **state)
{
	char *text = printed(options_list), *rest = text, *line;

	(void)state;
	while ((line = strsep(&rest, "\n")) && *line) {
		char letter[8], name[32], kind[32], help[8];

		assert_int_equal(sscanf(line, "%7s %31s %31s %7s", letter,
					name, kind, help), 4);
		assert_true(*letter == '-' && *name == '-');
		assert_true(strlen(letter) <= 2);
	}
	free(text);
	assert_string_equal(option_arg_kind(NULL), "none");
	assert_string_equal(option_arg_kind("FILE"), "file");
	assert_string_equal(option_arg_kind("ANYTHING"), "text");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(about),
		cmocka_unit_test(lists),
		cmocka_unit_test(names_of_calls_are_listed),
		cmocka_unit_test(options_have_kinds),
	};

	return cmocka_run_group_tests_name("about", tests, NULL, NULL);
}
