/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"

#define MAX_TEXT (64 << 10)

/* 0 or -errno; the specification wants an absolute path, or the default. */
static int folder(char *path, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int n = -1;

	if (config && *config == '/')
		n = snprintf(path, size, "%s", config);
	else if (home && *home == '/')
		n = snprintf(path, size, "%s/.config", home);
	return n < 0 ? -ENOENT : (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int file(char *path, size_t size, const char *name, bool make)
{
	char dir[3072 + sizeof("/smbsysacct")];
	int n, err = folder(dir, 3072);

	if (err)
		return err;
	if (make && mkdir(dir, 0700) && errno != EEXIST)
		return -errno;
	strcat(dir, "/smbsysacct");
	if (make && mkdir(dir, 0700) && errno != EEXIST)
		return -errno;
	n = snprintf(path, size, "%s/%s", dir, name);
	return (size_t)n >= size ? -ENAMETOOLONG : 0;
}

char *keep_read(const char *name)
{
	char path[4096], *text;
	struct stat st;
	ssize_t n = -1;
	int fd;

	if (file(path, sizeof(path), name, false))
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	text = malloc(MAX_TEXT + 1);
	if (text && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    st.st_size <= MAX_TEXT)
		n = read(fd, text, MAX_TEXT);
	close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

int keep_write(const char *name, const char *text, size_t len)
{
	struct outfile *out = NULL;
	char path[4096];
	int err = file(path, sizeof(path), name, true);

	if (!err)
		err = outfile_open(&out, path, NULL);
	if (!err)
		err = outfile_write(out, text, len, NULL);
	outfile_close(out);
	return err;
}
