/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"

#define NOBODY 65534

static char dir[64], path[96], other[96];

static int in_new_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "%s/outfile.XXXXXX",
		 access("/tmp", W_OK) ? "." : "/tmp");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/report", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	return 0;
}

static int remove_dir(void **state)
{
	struct dirent *entry;
	DIR *d = opendir(dir);

	(void)state;
	while (d && (entry = readdir(d)))
		if (*entry->d_name != '.')
			unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	return rmdir(dir);
}

static size_t files_in_dir(void)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	size_t n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		n += *entry->d_name != '.';
	closedir(d);
	return n;
}

static void make(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(name, mode), 0);
}

static void check_content(const char *name, const char *wanted)
{
	char buf[4096];
	FILE *f = fopen(name, "r");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, sizeof(buf) - 1, f);
	fclose(f);
	assert_int_equal(n, strlen(wanted));
	assert_memory_equal(buf, wanted, n);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	return st.st_mode;
}

static struct outfile *open_ok(const char *name)
{
	struct outfile *out = NULL;
	struct why why = { 0 };

	assert_int_equal(outfile_open(&out, name, &why), 0);
	return out;
}

static void write_ok(struct outfile *out, const char *text)
{
	struct why why = { 0 };

	assert_int_equal(outfile_write(out, text, strlen(text), &why), 0);
}

static void open_fails(const char *name, int err)
{
	struct outfile *out = NULL;
	struct why why = { 0 };

	assert_int_equal(outfile_open(&out, name, &why), -err);
	assert_int_equal(why.err, err);
	assert_non_null(strstr(why.text, name));
	assert_non_null(strstr(why.text, strerror(err)));
}

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

static void full_device_fails_with_its_name(void **state)
{
	struct outfile *out;
	struct why why = { 0 };

	(void)state;
	if (access("/dev/full", W_OK))
		skip_because("kernel: no /dev/full here");
	out = open_ok("/dev/full");
	assert_int_equal(outfile_write(out, "x", 1, &why), -ENOSPC);
	assert_non_null(strstr(why.text, "/dev/full"));
	assert_non_null(strstr(why.text, strerror(ENOSPC)));
	outfile_close(out);
	assert_true(S_ISCHR(mode_of("/dev/full")));
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
	open_fails("/dev/fd/987654", EBADF);
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
		skip_because("right: root here cannot become another user");
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

static void descriptors_are_written_in_place(void **state)
{
	static const char *const dirs[] = { "/dev/fd", "/proc/self/fd" };

	(void)state;
	for (size_t i = 0; i < N_OF(dirs); i++) {
		struct outfile *out;
		char name[64], buf[32];
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		snprintf(name, sizeof(name), "%s/%d", dirs[i], ends[1]);
		out = open_ok(name);
		write_ok(out, "one\n");
		write_ok(out, "two\n");
		outfile_close(out);
		/* The descriptor itself is still its owner's. */
		assert_int_equal(write(ends[1], "end", 3), 3);
		assert_int_equal(read(ends[0], buf, sizeof(buf)), 11);
		assert_memory_equal(buf, "one\ntwo\nend", 11);
		close(ends[0]);
		close(ends[1]);
	}
}

static void descriptor_of_a_file_is_written_in_place(void **state)
{
	struct outfile *out;
	struct stat before, after;
	char name[64];
	int fd;

	(void)state;
	make(path, "", 0600);
	fd = open(path, O_WRONLY | O_APPEND);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "head\n", 5), 5);
	assert_int_equal(fstat(fd, &before), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	out = open_ok(name);
	write_ok(out, "report\n");
	outfile_close(out);
	close(fd);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	check_content(path, "head\nreport\n");
}

static void pipes_with_a_name_stay_pipes(void **state)
{
	struct outfile *out;
	char buf[32];
	int fd;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	out = open_ok(path);
	write_ok(out, "report\n");
	outfile_close(out);
	assert_int_equal(read(fd, buf, sizeof(buf)), 7);
	assert_memory_equal(buf, "report\n", 7);
	close(fd);
	assert_true(S_ISFIFO(mode_of(path)));
	assert_int_equal(files_in_dir(), 1);
}

static void without_a_name_it_is_standard_output(void **state)
{
	struct outfile *out;
	int ends[2], kept;
	char buf[32];
	ssize_t n;

	(void)state;
	fflush(stdout);
	assert_int_equal(pipe(ends), 0);
	kept = dup(STDOUT_FILENO);
	dup2(ends[1], STDOUT_FILENO);
	out = open_ok(NULL);
	outfile_write(out, "report\n", 7, NULL);
	outfile_close(out);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(ends[1]);
	n = read(ends[0], buf, sizeof(buf));
	close(ends[0]);
	assert_int_equal(n, 7);
	assert_memory_equal(buf, "report\n", 7);
}

#define IN_DIR(test) \
	cmocka_unit_test_setup_teardown(test, in_new_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(appears_with_the_first_report),
		IN_DIR(is_not_made_without_a_report),
		IN_DIR(replaces_and_keeps_the_mode),
		IN_DIR(appends_later_reports),
		IN_DIR(follows_a_link_to_a_file),
		IN_DIR(first_report_is_whole_or_none),
		IN_DIR(failed_report_leaves_the_old_file),
		IN_DIR(half_an_appended_report_is_cut_off),
		IN_DIR(a_report_after_a_failed_one_is_whole),
		IN_DIR(full_device_fails_with_its_name),
		IN_DIR(what_cannot_be_written_fails_at_once),
		IN_DIR(unwritable_places_fail_at_once),
		IN_DIR(descriptors_are_written_in_place),
		IN_DIR(descriptor_of_a_file_is_written_in_place),
		IN_DIR(pipes_with_a_name_stay_pipes),
		IN_DIR(without_a_name_it_is_standard_output),
	};

	return cmocka_run_group_tests_name("outfile", tests, NULL, NULL);
}
