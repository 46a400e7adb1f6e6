/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/procparse.h"

bool watch_matches(const struct procfs *fs, const regex_t *name, pid_t pid,
		   const char *comm)
{
	static const char gone[] = " (deleted)";
	char link[32], path[PATH_MAX];
	const char *base = comm;
	ssize_t n;

	snprintf(link, sizeof(link), "%d/exe", pid);
	n = pid ? readlinkat(fs->root, link, path, sizeof(path) - 1) : -1;
	if (n > 0) {
		path[n] = '\0';
		if ((size_t)n > sizeof(gone) &&
		    !strcmp(path + n - (sizeof(gone) - 1), gone))
			path[n - (ssize_t)(sizeof(gone) - 1)] = '\0';
		base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	}
	return !regexec(name, base, 0, NULL, 0);
}

struct search {
	const struct procfs *fs;
	const regex_t *name;
	int (*each)(pid_t pid, void *arg);
	void *arg;
};

static int look_at(pid_t pid, void *arg)
{
	const struct search *search = arg;
	struct proc_stat stat;
	char buf[1024];

	if (pid == getpid() ||
	    procfs_read(search->fs, buf, sizeof(buf), "%d/stat", pid) <= 0 ||
	    proc_parse_stat(buf, &stat) || stat.state == 'Z' ||
	    !watch_matches(search->fs, search->name, pid, stat.comm))
		return 0;
	return search->each(pid, search->arg);
}

int watch_names(const struct procfs *fs, const regex_t *name,
		int (*each)(pid_t pid, void *arg), void *arg)
{
	struct search search = { fs, name, each, arg };

	return procfs_each_id(fs, ".", look_at, &search);
}

/* The processes of one directory; its file may be gone with it. */
static int list_processes(int dir, int (*each)(pid_t pid, void *arg),
			  void *arg)
{
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	int pid, err = 0;

	if (!file) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && fscanf(file, "%d", &pid) == 1)
		if (pid > 0 && pid != getpid())
			err = each(pid, arg);
	fclose(file);
	return err;
}

/* Deeper than cgroup.max.depth is ever set to. */
#define MAX_DEPTH 64

static int descend(int dir, int depth, int (*each)(pid_t pid, void *arg),
		   void *arg)
{
	int err = list_processes(dir, each, arg), copy = dup(dir), below;
	DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;

	if (!stream && copy >= 0)
		close(copy);
	while (!err && stream && depth < MAX_DEPTH &&
	       (entry = readdir(stream))) {
		if (entry->d_type != DT_DIR || *entry->d_name == '.')
			continue;
		below = openat(dir, entry->d_name,
			       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (below < 0)
			continue;
		err = descend(below, depth + 1, each, arg);
		close(below);
		/* It may have been removed as we came. */
		if (err == -ENOENT || err == -ENODEV)
			err = 0;
	}
	if (stream)
		closedir(stream);
	return err;
}

int watch_cgroup(const char *path, int (*each)(pid_t pid, void *arg),
		 void *arg, struct why *why)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = dir < 0 ? -errno : descend(dir, 0, each, arg);

	if (dir >= 0)
		close(dir);
	if (err == -ENOENT || err == -ENOTDIR)
		return why_set(why, -err, "%s is no cgroup: give a directory "
			       "below /sys/fs/cgroup", path);
	return err ? why_set(why, -err, "%s: %s", path, strerror(-err)) : 0;
}
