/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"

struct outfile {
	int fd;		/* -1: a regular file that does not exist yet */
	char *path;	/* its final name, links resolved; NULL: in place */
	int stop_fd;	/* see outfile_give_up_on() */
	char *shown;	/* as the user wrote it, for messages */
	mode_t mode;
	off_t size;	/* of the whole reports in a regular file */
};

/* The descriptor that a name like /dev/fd/3 stands for, or -1. */
static int named_descriptor(const char *path)
{
	static const char *const dirs[] = { "/dev/fd/", "/proc/self/fd/" };
	uint64_t fd;

	if (!strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		size_t len = strlen(dirs[i]);

		if (!strncmp(path, dirs[i], len) &&
		    !num_parse(path + len, INT_MAX, &fd))
			return (int)fd;
	}
	return -1;
}

static int fail(const struct outfile *out, int err, struct why *why)
{
	return why_set(why, err, "cannot write %s: %s; choose another file "
		       "with -o", out->shown, strerror(err));
}

/* A new file takes the umask's mode; reading it means setting it. */
static mode_t new_file_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* Name and mode of a regular file to be, and whether it can be made. */
static int plan_regular(struct outfile *out, bool exists, mode_t mode,
			struct why *why)
{
	_cleanup_(free_ptr) char *dir = NULL;
	char *slash;

	out->mode = exists ? mode & 07777 : new_file_mode();
	out->path = exists ? realpath(out->shown, NULL) : strdup(out->shown);
	if (!out->path)
		return fail(out, errno, why);
	if (exists && access(out->path, W_OK))
		return fail(out, errno, why);
	dir = strdup(out->path);
	if (!dir)
		return fail(out, ENOMEM, why);
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	if (access(slash ? dir : ".", W_OK | X_OK))
		return why_set(why, errno, "cannot write %s: no file can be "
			       "made in its directory: %s; choose another "
			       "file with -o", out->shown, strerror(errno));
	return 0;
}

/*
 * Whether the file has the name that its links resolve to: one that was
 * deleted and is reached through a descriptor in /proc has none.
 */
static bool has_name(const struct outfile *out, const struct stat *st)
{
	_cleanup_(free_ptr) char *path = realpath(out->shown, NULL);
	struct stat named;

	return path && !stat(path, &named) && named.st_dev == st->st_dev &&
	       named.st_ino == st->st_ino;
}

static int plan(struct outfile *out, struct why *why)
{
	int fd = named_descriptor(out->shown);
	struct stat st;

	if (fd >= 0) {
		out->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		return out->fd < 0 ? fail(out, errno, why) : 0;
	}
	if (stat(out->shown, &st)) {
		if (errno != ENOENT || !lstat(out->shown, &st))
			return fail(out, errno ? errno : ENOENT, why);
		return plan_regular(out, false, 0, why);
	}
	if (S_ISREG(st.st_mode) && has_name(out, &st))
		return plan_regular(out, true, st.st_mode, why);
	out->fd = open(out->shown, O_WRONLY | O_APPEND | O_CLOEXEC |
				   O_NOCTTY);
	return out->fd < 0 ? fail(out, errno, why) : 0;
}

int outfile_open(struct outfile **ret, const char *path, struct why *why)
{
	struct outfile *out = calloc(1, sizeof(*out));
	int err;

	if (!out)
		return why_set(why, ENOMEM, "out of memory");
	out->fd = out->stop_fd = -1;
	out->shown = strdup(path ? path : "/dev/stdout");
	err = out->shown ? plan(out, why) :
	      why_set(why, ENOMEM, "out of memory");
	if (err) {
		outfile_close(out);
		return err;
	}
	*ret = out;
	return 0;
}

void outfile_give_up_on(struct outfile *out, int fd)
{
	out->stop_fd = fd;
}

/* A pipe or terminal that is ready takes so much without blocking. */
#define READY_CHUNK 4096

/* Until @fd takes some; -EINTR where @stop_fd becomes readable instead. */
static int wait_for(int fd, int stop_fd)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLOUT },
		{ .fd = stop_fd, .events = POLLIN },
	};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return fds[0].revents ? 0 : -EINTR;
}

static int write_all(int fd, const char *data, size_t len, int stop_fd)
{
	while (len) {
		int err = stop_fd < 0 ? 0 : wait_for(fd, stop_fd);
		ssize_t n;

		if (err)
			return err;
		n = write(fd, data, stop_fd < 0 || len < READY_CHUNK ? len :
				    READY_CHUNK);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Write beside the final name, then rename: all of it or none. */
static int write_first(struct outfile *out, const char *data, size_t len)
{
	_cleanup_(free_ptr) char *temp = NULL;
	int fd, err;

	if (asprintf(&temp, "%s.XXXXXX", out->path) < 0)
		return -ENOMEM;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, len, -1);
	if (!err && (fchmod(fd, out->mode) || rename(temp, out->path)))
		err = -errno;
	if (err) {
		unlink(temp);
		close(fd);
		return err;
	}
	out->fd = fd;
	out->size = (off_t)len;
	return 0;
}

int outfile_write(struct outfile *out, const char *data, size_t len,
		  struct why *why)
{
	int err;

	if (out->fd < 0) {
		err = write_first(out, data, len);
		return err ? fail(out, -err, why) : 0;
	}
	err = write_all(out->fd, data, len, out->path ? -1 : out->stop_fd);
	if (out->path) {
		if (!err)
			out->size += (off_t)len;
		else if (ftruncate(out->fd, out->size) ||
			 lseek(out->fd, out->size, SEEK_SET) < 0)
			return why_set(why, -err, "%s ends in half a report: "
				       "%s", out->shown, strerror(-err));
	}
	return err ? fail(out, -err, why) : 0;
}

int outfile_text(char **ret, size_t *len, outfile_print_fn print,
		 const void *ctx, struct why *why)
{
	char *text = NULL;
	FILE *memory = open_memstream(&text, len);
	int err;

	if (!memory)
		return why_set(why, errno, "out of memory for the report");
	err = print(memory, ctx, why);
	if (fclose(memory) && !err)
		err = why_set(why, ENOMEM, "out of memory for the report");
	if (err)
		free(text);
	else
		*ret = text;
	return err;
}

int outfile_print(struct outfile *out, outfile_print_fn print,
		  const void *ctx, struct why *why)
{
	size_t len = 0;
	char *text;
	int err = outfile_text(&text, &len, print, ctx, why);

	if (err)
		return err;
	err = outfile_write(out, text, len, why);
	free(text);
	return err;
}

void outfile_close(struct outfile *out)
{
	if (!out)
		return;
	if (out->fd >= 0)
		close(out->fd);
	free(out->path);
	free(out->shown);
	free(out);
}
