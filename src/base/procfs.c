/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"

int procfs_init(struct procfs *fs, const char *path, struct why *why)
{
	fs->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fs->root < 0)
		return why_set(why, errno, "cannot open %s: %s; mount it with "
			       "'mount -t proc proc %s'", path,
			       strerror(errno), path);
	return 0;
}

void procfs_done(struct procfs *fs)
{
	if (fs->root >= 0)
		close(fs->root);
	fs->root = -1;
}

static int open_below(const struct procfs *fs, const char *fmt, va_list ap)
{
	char path[128];
	int n, fd;

	n = vsnprintf(path, sizeof(path), fmt, ap);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	fd = openat(fs->root, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int procfs_open(const struct procfs *fs, const char *fmt, ...)
{
	va_list ap;
	int fd;

	va_start(ap, fmt);
	fd = open_below(fs, fmt, ap);
	va_end(ap);
	return fd;
}

ssize_t procfs_reread(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return n;
}

ssize_t procfs_reread_on(int fd, char *buf, size_t size, ssize_t done)
{
	while ((size_t)done < size - 1) {
		ssize_t n = pread(fd, buf + done, size - 1 - (size_t)done,
				  done);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += n;
		buf[done] = '\0';
	}
	return done;
}

ssize_t procfs_read(const struct procfs *fs, char *buf, size_t size,
		    const char *fmt, ...)
{
	va_list ap;
	ssize_t n;
	int fd;

	va_start(ap, fmt);
	fd = open_below(fs, fmt, ap);
	va_end(ap);
	if (fd < 0)
		return fd;
	n = procfs_reread(fd, buf, size);
	close(fd);
	return n;
}

int procfs_each_id(const struct procfs *fs, const char *path,
		   int (*each)(pid_t id, void *arg), void *arg)
{
	struct dirent *entry;
	int fd, ret = 0;
	uint64_t id;
	DIR *dir;

	fd = openat(fs->root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir) {
		ret = -errno;
		close(fd);
		return ret;
	}
	while (!ret && (entry = readdir(dir)))
		if (!num_parse(entry->d_name, INT_MAX, &id) && id)
			ret = each((pid_t)id, arg);
	closedir(dir);
	return ret;
}

uint64_t procfs_pid_ns(const struct procfs *fs)
{
	struct stat st;

	return fstatat(fs->root, "self/ns/pid", &st, 0) ? 0 : st.st_ino;
}
