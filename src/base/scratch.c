/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

int scratch_open(struct scratch *s, const char *const *names, size_t n,
		 struct why *why)
{
	_cleanup_(free_ptr) char *dir = NULL;
	const char *base = getenv("TMPDIR");

	*s = (struct scratch){ .dir = NULL };
	if (asprintf(&dir, "%s/smbsysacct.XXXXXX", base && *base ? base :
		     "/tmp") < 0) {
		dir = NULL;
		return why_set(why, ENOMEM, "out of memory");
	}
	if (!mkdtemp(dir))
		return why_set(why, errno, "cannot make a folder %s: %s; set "
			       "TMPDIR to one that can be written to", dir,
			       strerror(errno));
	s->dir = dir;
	dir = NULL;
	for (; s->n < n && s->n < SCRATCH_MAX; s->n++)
		if (asprintf(&s->file[s->n], "%s/%s", s->dir,
			     names[s->n]) < 0) {
			s->file[s->n] = NULL;
			return why_set(why, ENOMEM, "out of memory");
		}
	return 0;
}

void scratch_close(struct scratch *s)
{
	for (size_t i = 0; i < s->n; i++) {
		unlink(s->file[i]);
		free(s->file[i]);
	}
	if (s->dir)
		rmdir(s->dir);
	free(s->dir);
	*s = (struct scratch){ .dir = NULL };
}

char *scratch_read(const char *path, size_t max)
{
	_cleanup_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = calloc(1, max + 1);
	size_t size = 0;
	ssize_t n;

	while (text && fd >= 0 && size < max &&
	       (n = read(fd, text + size, max - size)) > 0)
		size += (size_t)n;
	return text;
}
