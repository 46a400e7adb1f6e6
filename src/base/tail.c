/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Without O_TMPFILE on some file systems: made, and its name taken away. */
static int open_nameless(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
	char path[512];

	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%s/smbsysacct-XXXXXX", dir);
	fd = mkostemp(path, O_APPEND | O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

int tail_open(struct tail *tail, const char *path, struct why *why)
{
	const char *dir = getenv("TMPDIR");
	struct stat st;

	*tail = (struct tail){ .nameless = !path };
	if (!dir || !*dir)
		dir = "/tmp";
	if (path)
		tail->fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_APPEND |
				O_CLOEXEC, 0666);
	else
		tail->fd = open_nameless(dir);
	if (tail->fd < 0)
		return why_set(why, errno, "no file for the command's output: "
			       "%s: %s; --command-output=FILE names another",
			       path ? path : dir, strerror(errno));
	if (!fstat(tail->fd, &st) && S_ISREG(st.st_mode))
		tail->text = malloc(TAIL_KEPT);
	return 0;
}

void tail_close(struct tail *tail)
{
	if (tail->fd >= 0)
		close(tail->fd);
	free(tail->text);
	*tail = (struct tail){ .fd = -1 };
}

/* The file stays as long as it is, and takes no more room than is kept. */
static void drop_old(struct tail *tail, uint64_t size)
{
	uint64_t until = size > TAIL_STORED ? size - TAIL_STORED : 0;

	if (!tail->nameless || until < tail->dropped + TAIL_STORED / 4)
		return;
	if (!fallocate(tail->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		       (off_t)tail->dropped, (off_t)(until - tail->dropped)))
		tail->dropped = until;
}

bool tail_read(struct tail *tail)
{
	struct stat st;
	uint64_t size, from;
	ssize_t n;

	if (!tail->text || fstat(tail->fd, &st))
		return false;
	size = (uint64_t)st.st_size;
	if (size == tail->before + tail->len)
		return false;
	from = size > TAIL_KEPT ? size - TAIL_KEPT : 0;
	n = pread(tail->fd, tail->text, TAIL_KEPT, (off_t)from);
	if (n < 0)
		return false;
	tail->len = (size_t)n;
	tail->before = from;
	drop_old(tail, size);
	return true;
}
