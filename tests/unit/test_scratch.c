/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scratch.h"

static const char *const names[] = { "one", "two" };
static struct scratch scratch;
static struct why why;

static void a_folder_goes_with_its_files(void **state)
{
	struct stat st;
	char *dir;
	FILE *f;

	(void)state;
	assert_int_equal(scratch_open(&scratch, names, 2, &why), 0);
	assert_int_equal(stat(scratch.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	f = fopen(scratch.file[1], "w");
	assert_non_null(f);
	fclose(f);
	dir = strdup(scratch.dir);
	scratch_close(&scratch);
	assert_int_equal(access(dir, F_OK), -1);
	/* Twice, or without one, is no harm. */
	scratch_close(&scratch);
	free(dir);
}

static void a_file_is_read_up_to_a_limit(void **state)
{
	char *text;
	FILE *f;

	(void)state;
	assert_int_equal(scratch_open(&scratch, names, 2, &why), 0);
	text = scratch_read(scratch.file[0], 100);
	assert_string_equal(text, "");
	free(text);
	f = fopen(scratch.file[0], "w");
	assert_non_null(f);
	fputs("some text", f);
	fclose(f);
	text = scratch_read(scratch.file[0], 100);
	assert_string_equal(text, "some text");
	free(text);
	text = scratch_read(scratch.file[0], 4);
	assert_string_equal(text, "some");
	free(text);
	scratch_close(&scratch);
}

static void where_none_can_be_made_a_sentence_says_so(void **state)
{
	char *old = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;

	(void)state;
	setenv("TMPDIR", "/nowhere/at/all", 1);
	assert_int_equal(scratch_open(&scratch, names, 2, &why), -ENOENT);
	assert_non_null(strstr(why.text, "/nowhere/at/all/"));
	assert_non_null(strstr(why.text, "TMPDIR"));
	scratch_close(&scratch);
	if (old)
		setenv("TMPDIR", old, 1);
	else
		unsetenv("TMPDIR");
	free(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_goes_with_its_files),
		cmocka_unit_test(a_file_is_read_up_to_a_limit),
		cmocka_unit_test(where_none_can_be_made_a_sentence_says_so),
	};

	return cmocka_run_group_tests_name("scratch", tests, NULL, NULL);
}
