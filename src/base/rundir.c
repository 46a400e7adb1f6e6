/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define NAME "smbsysacct"

/* The folder that place @nth is in; false: there is no such place. */
static bool find_base(int nth, char *buf, size_t size)
{
	const char *told = secure_getenv("XDG_RUNTIME_DIR");
	int n = 0;

	if (nth == 0 && told && *told == '/')
		n = snprintf(buf, size, "%s", told);
	if (nth == 1)
		n = snprintf(buf, size, "/run/user/%u", (unsigned)geteuid());
	if (nth == 2 && !geteuid())
		n = snprintf(buf, size, "/run");
	/* Mostly the first two are the same. */
	return n > 0 && (size_t)n < size &&
	       !(nth == 1 && told && !strcmp(told, buf));
}

/* The folder that place @nth is in. One that is another user's, as su leaves
 * it in the environment, is none. */
static int open_base(int nth, char *path, size_t size, struct why *why)
{
	struct stat st;
	int fd;

	if (!find_base(nth, path, size))
		return why_set(why, ENOENT, "there is no XDG_RUNTIME_DIR");
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return why_set(why, ENOENT, "cannot open %s: %s", path,
			       strerror(errno));
	if (!fstat(fd, &st) && !(st.st_mode & 022) &&
	    st.st_uid == geteuid())
		return fd;
	close(fd);
	return st.st_uid == geteuid() ?
	       why_set(why, EPERM, "%s is not safe: others may write to it",
		       path) :
	       why_set(why, ENOENT, "%s is another user's", path);
}

static bool is_private(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && !(st.st_mode & 077) &&
	       st.st_uid == geteuid();
}

int rundir_open(int *ret, int nth, bool make, struct why *why)
{
	_cleanup_(close_fd) int base = -1;
	char path[PATH_MAX];
	int fd;

	base = open_base(nth, path, sizeof(path), why);
	if (base < 0)
		return base;
	if (make && mkdirat(base, NAME, 0700) && errno != EEXIST)
		return why_set(why, errno, "cannot make %s/%s: %s", path,
			       NAME, strerror(errno));
	fd = openat(base, NAME,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return why_set(why, errno, "cannot open %s/%s: %s", path,
			       NAME, strerror(errno));
	if (!is_private(fd)) {
		close(fd);
		return why_set(why, EPERM, "%s/%s is not private: it has to "
			       "be your own, with mode 0700", path, NAME);
	}
	*ret = fd;
	return 0;
}
