/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports to devices, pipes and descriptors: written in place. */
#include "outdir.h"

#include <fcntl.h>
#include <signal.h>

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

static void a_closed_reader_is_an_error(void **state)
{
	struct outfile *out;
	struct why why = { 0 };
	char name[64];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	out = open_ok(name);
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(outfile_write(out, "x", 1, &why), -EPIPE);
	signal(SIGPIPE, SIG_DFL);
	assert_non_null(strstr(why.text, name));
	outfile_close(out);
	close(ends[1]);
}

static void a_descriptor_that_is_not_open_fails_at_once(void **state)
{
	(void)state;
	open_fails("/dev/fd/987654", EBADF);
	open_fails("/proc/self/fd/987654", EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(full_device_fails_with_its_name),
		IN_DIR(descriptors_are_written_in_place),
		IN_DIR(descriptor_of_a_file_is_written_in_place),
		IN_DIR(pipes_with_a_name_stay_pipes),
		IN_DIR(without_a_name_it_is_standard_output),
		IN_DIR(a_closed_reader_is_an_error),
		IN_DIR(a_descriptor_that_is_not_open_fails_at_once),
	};

	return cmocka_run_group_tests_name("outplace", tests, NULL, NULL);
}
