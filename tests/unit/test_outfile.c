/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports to regular files: whole or not at all. */
#include "outdir.h"

#include <signal.h>
#include <sys/resource.h>

#define NOBODY 65534

/* Files cannot grow beyond @bytes. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void write_is_too_much(struct outfile *out, rlim_t limit,
			      const char *text)
{
	struct why why = { 0 };
	int err;

	signal(SIGXFSZ, SIG_IGN);
	limit_files(limit);
	err = outfile_write(out, text, strlen(text), &why);
	limit_files(RLIM_INFINITY);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(err, -EFBIG);
	assert_int_equal(why.err, EFBIG);
	assert_non_null(strstr(why.text, path));
}

static void appears_with_the_first_report(void **state)
{
	struct outfile *out;
	mode_t mask = umask(027);

	(void)state;
	out = open_ok(path);
	assert_int_equal(files_in_dir(), 0);
	write_ok(out, "first\n");
	check_content(path, "first\n");
	outfile_close(out);
	check_content(path, "first\n");
	assert_int_equal(files_in_dir(), 1);
	assert_int_equal(mode_of(path), S_IFREG | 0640);
	assert_int_equal(umask(mask), 027);
}

static void is_not_made_without_a_report(void **state)
{
	(void)state;
	outfile_close(open_ok(path));
	assert_int_equal(files_in_dir(), 0);
	make(path, "old", 0600);
	outfile_close(open_ok(path));
	check_content(path, "old");
}

static int print_some(FILE *to, const void *ctx, struct why *why)
{
	fputs("some of it, ", to);
	return *(const int *)ctx ? why_set(why, *(const int *)ctx, "enough") :
				   0;
}

static void prints_all_or_nothing(void **state)
{
	static const int errors[] = { ENODATA, 0 };
	struct outfile *out = open_ok(path);
	struct why why = { 0 };

	(void)state;
	assert_int_equal(outfile_print(out, print_some, &errors[0], &why),
			 -ENODATA);
	assert_string_equal(why.text, "enough");
	assert_int_equal(files_in_dir(), 0);
	assert_int_equal(outfile_print(out, print_some, &errors[1], &why), 0);
	check_content(path, "some of it, ");
	outfile_close(out);
}

static void replaces_and_keeps_the_mode(void **state)
{
	struct outfile *out;

	(void)state;
	make(path, "a longer text that was there before\n", 0604);
	out = open_ok(path);
	check_content(path, "a longer text that was there before\n");
	write_ok(out, "new\n");
	check_content(path, "new\n");
	outfile_close(out);
	assert_int_equal(mode_of(path), S_IFREG | 0604);
	assert_int_equal(files_in_dir(), 1);
}

static void appends_later_reports(void **state)
{
	struct outfile *out = open_ok(path);

	(void)state;
	write_ok(out, "one\n");
	write_ok(out, "two\n");
	check_content(path, "one\ntwo\n");
	write_ok(out, "three\n");
	outfile_close(out);
	check_content(path, "one\ntwo\nthree\n");
	assert_int_equal(files_in_dir(), 1);
}

static void follows_a_link_to_a_file(void **state)
{
	struct outfile *out;

	(void)state;
	make(other, "old\n", 0600);
	assert_int_equal(symlink("other", path), 0);
	out = open_ok(path);
	write_ok(out, "new\n");
	outfile_close(out);
	assert_true(S_ISLNK(mode_of(path)));
	check_content(other, "new\n");
	assert_int_equal(mode_of(other), S_IFREG | 0600);
	assert_int_equal(files_in_dir(), 2);
}

static void first_report_is_whole_or_none(void **state)
{
	struct outfile *out = open_ok(path);

	(void)state;
	write_is_too_much(out, 10, "more than ten bytes of report\n");
	assert_int_equal(files_in_dir(), 0);
	outfile_close(out);
	assert_int_equal(files_in_dir(), 0);
}

static void failed_report_leaves_the_old_file(void **state)
{
	struct outfile *out;

	(void)state;
	make(path, "old\n", 0600);
	out = open_ok(path);
	write_is_too_much(out, 10, "more than ten bytes of report\n");
	outfile_close(out);
	check_content(path, "old\n");
	assert_int_equal(files_in_dir(), 1);
}

static void half_an_appended_report_is_cut_off(void **state)
{
	struct outfile *out = open_ok(path);

	(void)state;
	write_ok(out, "one\n");
	write_is_too_much(out, 10, "more than the six bytes left\n");
	check_content(path, "one\n");
	outfile_close(out);
	check_content(path, "one\n");
}

static void a_report_after_a_failed_one_is_whole(void **state)
{
	struct outfile *out = open_ok(path);

	(void)state;
	write_ok(out, "one\n");
	write_is_too_much(out, 10, "more than the six bytes left\n");
	write_ok(out, "three\n");
	outfile_close(out);
	check_content(path, "one\nthree\n");
}

static void what_cannot_be_written_fails_at_once(void **state)
{
	char deep[128];

	(void)state;
	snprintf(deep, sizeof(deep), "%s/none/report", dir);
	open_fails(deep, ENOENT);
	make(other, "", 0600);
	snprintf(deep, sizeof(deep), "%s/report", other);
	open_fails(deep, ENOTDIR);
	open_fails(dir, EISDIR);
	outfile_close(NULL);
}

static void unwritable_places_fail_at_once(void **state)
{
	struct outfile *out = NULL;
	struct why dir_why = { 0 }, file_why = { 0 };
	bool root = !getuid();
	int dir_err, file_err;

	(void)state;
	make(other, "not yours\n", 0444);
	assert_int_equal(chmod(dir, 0555), 0);
	/* The saved user id stays root's, the way back. */
	if (root && setresuid(NOBODY, NOBODY, 0))
		skip_because("kernel: root here cannot become another user");
	dir_err = outfile_open(&out, path, &dir_why);
	file_err = outfile_open(&out, other, &file_why);
	if (root)
		assert_int_equal(setresuid(0, 0, 0), 0);
	chmod(dir, 0755);
	assert_int_equal(dir_err, -EACCES);
	assert_non_null(strstr(dir_why.text, path));
	assert_non_null(strstr(dir_why.text, "directory"));
	assert_int_equal(file_err, -EACCES);
	assert_non_null(strstr(file_why.text, other));
	check_content(other, "not yours\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(appears_with_the_first_report),
		IN_DIR(is_not_made_without_a_report),
		IN_DIR(prints_all_or_nothing),
		IN_DIR(replaces_and_keeps_the_mode),
		IN_DIR(appends_later_reports),
		IN_DIR(follows_a_link_to_a_file),
		IN_DIR(first_report_is_whole_or_none),
		IN_DIR(failed_report_leaves_the_old_file),
		IN_DIR(half_an_appended_report_is_cut_off),
		IN_DIR(a_report_after_a_failed_one_is_whole),
		IN_DIR(what_cannot_be_written_fails_at_once),
		IN_DIR(unwritable_places_fail_at_once),
	};

	return cmocka_run_group_tests_name("outfile", tests, NULL, NULL);
}
