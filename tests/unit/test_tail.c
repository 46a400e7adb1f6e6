/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a file that somebody else writes to. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tail.h"

static void put(const struct tail *tail, const char *text)
{
	assert_int_equal(write(tail->fd, text, strlen(text)),
			 (ssize_t)strlen(text));
}

static void what_is_new_is_read(void **state)
{
	struct tail tail;

	(void)state;
	assert_int_equal(tail_open(&tail, NULL, NULL), 0);
	assert_false(tail_read(&tail));
	put(&tail, "one\n");
	assert_true(tail_read(&tail));
	assert_false(tail_read(&tail));
	put(&tail, "two\n");
	assert_true(tail_read(&tail));
	assert_int_equal(tail.len, 8);
	assert_memory_equal(tail.text, "one\ntwo\n", 8);
	assert_int_equal(tail.before, 0);
	tail_close(&tail);
	assert_int_equal(tail.fd, -1);
	tail_close(&tail);
}

static void no_more_than_its_end_is_kept(void **state)
{
	static char chunk[1 << 20];
	struct tail tail;
	struct stat st;

	(void)state;
	memset(chunk, 'x', sizeof(chunk) - 1);
	assert_int_equal(tail_open(&tail, NULL, NULL), 0);
	for (int i = 0; i < 40; i++) {
		put(&tail, chunk);
		put(&tail, "\n");
		assert_true(tail_read(&tail));
	}
	assert_int_equal(tail.len, TAIL_KEPT);
	assert_int_equal(tail.before, 40 * (int)sizeof(chunk) - TAIL_KEPT);
	assert_int_equal(tail.text[TAIL_KEPT - 1], '\n');
	/* Some file systems have no holes. */
	assert_int_equal(fstat(tail.fd, &st), 0);
	if (tail.dropped)
		assert_in_range(st.st_blocks * 512, 1, TAIL_STORED +
				TAIL_STORED / 4 + (int)sizeof(chunk));
	assert_int_equal(st.st_size, 40 * (int)sizeof(chunk));
	tail_close(&tail);
}

static void a_named_file_is_whole(void **state)
{
	struct why why = { .err = 0 };
	char path[] = "/tmp/test-tail-XXXXXX";
	struct tail tail;
	struct stat st;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "old", 3), 3);
	assert_int_equal(tail_open(&tail, path, &why), 0);
	put(&tail, "new");
	assert_true(tail_read(&tail));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 3);
	tail_close(&tail);
	assert_int_equal(tail_open(&tail, "/dev/null", &why), 0);
	assert_false(tail_read(&tail));
	assert_null(tail.text);
	tail_close(&tail);
	assert_true(tail_open(&tail, "/no/such/folder/file", &why) < 0);
	assert_non_null(strstr(why.text, "--command-output=FILE"));
	tail_close(&tail);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_new_is_read),
		cmocka_unit_test(no_more_than_its_end_is_kept),
		cmocka_unit_test(a_named_file_is_whole),
	};

	return cmocka_run_group_tests_name("tail", tests, NULL, NULL);
}
