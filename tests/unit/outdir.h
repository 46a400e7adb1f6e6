/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A new folder for each test, and what the tests of outfile share. */
#ifndef OUTDIR_H
#define OUTDIR_H

#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"

static char dir[64], path[96], other[96];

static inline int in_new_dir(void **state)
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

static inline int remove_dir(void **state)
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

static inline size_t files_in_dir(void)
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

static inline void make(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(name, mode), 0);
}

static inline void check_content(const char *name, const char *wanted)
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

static inline mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(lstat(name, &st), 0);
	return st.st_mode;
}

static inline struct outfile *open_ok(const char *name)
{
	struct outfile *out = NULL;
	struct why why = { 0 };

	assert_int_equal(outfile_open(&out, name, &why), 0);
	return out;
}

static inline void write_ok(struct outfile *out, const char *text)
{
	struct why why = { 0 };

	assert_int_equal(outfile_write(out, text, strlen(text), &why), 0);
}

static inline void open_fails(const char *name, int err)
{
	struct outfile *out = NULL;
	struct why why = { 0 };

	assert_int_equal(outfile_open(&out, name, &why), -err);
	assert_int_equal(why.err, err);
	assert_non_null(strstr(why.text, name));
	assert_non_null(strstr(why.text, strerror(err)));
}

#define IN_DIR(test) \
	cmocka_unit_test_setup_teardown(test, in_new_dir, remove_dir)

#endif
