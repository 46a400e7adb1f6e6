/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of ways: what is compared, and the command lines it makes. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/registry.h"
#include "compare/ways.h"

static char *command[] = { "cp", "-r", "a b", "", NULL };
static char *plain[] = { "cp", "-r", "from", "to", NULL };

static const struct way *find(const char *name)
{
	for (size_t i = 0; i < way_count; i++)
		if (!strcmp(way_table[i].name, name))
			return &way_table[i];
	fail_msg("no way is called %s", name);
	return NULL;
}

static void the_first_way_is_the_command_alone(void **state)
{
	char **argv = ways_argv(&way_table[0], "out", "/bin/cp", command);
	int n = 0;

	(void)state;
	assert_non_null(argv);
	assert_null(way_table[0].program);
	assert_null(way_table[0].collector);
	assert_int_equal(way_table[0].scope, SCOPE_NONE);
	for (; argv[n]; n++)
		assert_string_equal(argv[n], command[n]);
	assert_int_equal(n, 4);
	ways_free(argv);
}

static void names_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < way_count; i++)
		assert_ptr_equal(find(way_table[i].name), &way_table[i]);
}

/* Each collector of ours that launches is a way, and audit is none. */
static void collectors_that_launch_are_ways(void **state)
{
	(void)state;
	for (int i = 0; collector_registry[i]; i++) {
		const struct collector_ops *ops = collector_registry[i];
		bool wanted = ops->modes & COLLECT_LAUNCH &&
			      !ops->only_by_name, found = false;

		for (size_t k = 0; k < way_count; k++)
			found |= way_table[k].collector &&
				 !strcmp(way_table[k].collector, ops->name);
		if (found != wanted)
			fail_msg("%s is %s way", ops->name, found ? "a" :
				 "no");
	}
	for (size_t i = 0; i < way_count; i++)
		if (way_table[i].collector)
			assert_non_null(registry_find(
				way_table[i].collector));
}

/* Its counts go to the file, and the command comes whole and last. */
static void a_command_line_ends_with_the_command(void **state)
{
	(void)state;
	for (size_t i = 0; i < way_count; i++) {
		const struct way *way = &way_table[i];
		char **argv = ways_argv(way, "/a/file", "/bin/cp",
					command);
		bool file = false;
		int n = 0;

		assert_non_null(argv);
		for (; argv[n]; n++) {
			file |= !strcmp(argv[n], "/a/file");
			assert_string_not_equal(argv[n], WAYS_FILE);
		}
		assert_true(file == (way->program || way->collector));
		assert_true(file || way->format == COUNTS_NONE);
		assert_true((way->format == COUNTS_NONE) ==
			    (way->scope == SCOPE_NONE));
		if (way->one_word)
			assert_string_equal(argv[n - 1], "/bin/cp -r a b ");
		else
			for (int k = 0; k < 4; k++)
				assert_string_equal(argv[n - 4 + k],
						    command[k]);
		ways_free(argv);
	}
	ways_free(NULL);
}

static void ours_are_asked_for_by_name(void **state)
{
	char **argv = ways_argv(find("seccomp -A"), "out", "/bin/cp", command);
	static const char *const wanted[] = {
		"smbsysacct", "--collector=seccomp", "-q", "-c", "-o", "out",
		"-A", "--", "cp", "-r", "a b", "",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(wanted); i++)
		assert_string_equal(argv[i], wanted[i]);
	assert_null(argv[N_OF(wanted)]);
	ways_free(argv);
}

static void what_is_not_installed_is_not_there(void **state)
{
	struct why why = { 0 };
	char *old = strdup(getenv("PATH")), *path = NULL;

	(void)state;
	setenv("PATH", "/nowhere/at/all", 1);
	assert_int_equal(ways_find(&path, find("strace -cf"), plain, &why),
			 -ENOENT);
	assert_string_equal(why.text, "not installed");
	assert_null(path);
	/* Ours and the command need no program of that name. */
	assert_int_equal(ways_find(&path, find("bare"), plain, &why), 0);
	assert_int_equal(ways_find(&path, find("proc"), plain, &why), 0);
	assert_null(path);
	setenv("PATH", old, 1);
	free(old);
}

static void what_cannot_take_the_command_says_so(void **state)
{
	static char *const bad[][2] = {
		{ "a b", NULL }, { "", NULL }, { "it's", NULL },
		{ "a\nb", NULL }, { "a\"", NULL }, { "a\\", NULL },
	};
	struct why why = { 0 };
	char *path = NULL;

	(void)state;
	for (size_t i = 0; i < way_count; i++)
		for (size_t k = 0; k < N_OF(bad); k++) {
			int err = ways_find(&path, &way_table[i], bad[k],
					    &why);

			/* Without libraries there are no names. */
			if (err == -ENOTSUP)
				continue;
			if (way_table[i].one_word) {
				assert_int_equal(err, -EINVAL);
				assert_non_null(strstr(why.text, "blanks"));
			} else {
				assert_int_not_equal(err, -EINVAL);
			}
			free(path);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_way_is_the_command_alone),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(collectors_that_launch_are_ways),
		cmocka_unit_test(a_command_line_ends_with_the_command),
		cmocka_unit_test(ours_are_asked_for_by_name),
		cmocka_unit_test(what_is_not_installed_is_not_there),
		cmocka_unit_test(what_cannot_take_the_command_says_so),
	};

	return cmocka_run_group_tests_name("ways", tests, NULL, NULL);
}
