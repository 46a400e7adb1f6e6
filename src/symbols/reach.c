/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/procparse.h"
#include "symbols/lines.h"

/* Of mountinfo: a host of many containers has some thousand lines. */
#define MOUNTS_BYTES (4u << 20)

static bool is_type(const char *type, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(type, name, len) &&
	       (!type[len] || type[len] == ' ' || type[len] == '.');
}

static bool may_hang(const char *type)
{
	static const char *const servers[] = {
		"fuse", "fuseblk", "nfs", "nfs4", "cifs", "smb3", "smbfs",
		"9p", "ceph", "afs", "coda", "lustre", "orangefs", "gfs2",
		"ocfs2", "beegfs", "gpfs", "autofs",
	};

	for (size_t i = 0; i < sizeof(servers) / sizeof(*servers); i++)
		if (is_type(type, servers[i]))
			return true;
	return false;
}

static bool find_mount(const struct procfs *fs, const char *who, uint64_t id,
		       char *type, size_t size)
{
	_cleanup_(close_fd) int fd = procfs_open(fs, "%s/mountinfo", who);
	struct lines lines;
	const char *found;
	uint64_t at;
	char *line;

	if (fd < 0)
		return false;
	lines_init(&lines, fd, MOUNTS_BYTES);
	while ((line = lines_next(&lines)))
		if (!parse_mount(line, &at, &found) && at == id) {
			snprintf(type, size, "%s", found);
			return true;
		}
	return false;
}

/* The type of the file system an O_PATH descriptor is on, without asking
 * the file system; empty where it is not mounted where we can see it. */
static void fs_type(const struct procfs *fs, pid_t pid, int fd, char *type,
		    size_t size)
{
	char buf[1024], who[16], *at;
	uint64_t id;

	*type = '\0';
	if (procfs_read(fs, buf, sizeof(buf), "self/fdinfo/%d", fd) <= 0)
		return;
	at = strstr(buf, "mnt_id:");
	if (!at)
		return;
	id = strtoull(at + strlen("mnt_id:"), NULL, 10);
	snprintf(who, sizeof(who), "%d", pid);
	if (!find_mount(fs, who, id, type, size))
		find_mount(fs, "self", id, type, size);
}

/* Opens for reading what @path is a handle of. */
static int open_again(const struct procfs *fs, int path)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "self/fd/%d", path);
	fd = openat(fs->root, name,
		    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * Whether the dev and inode of the maps line are those of the file. These
 * two put another device into maps than they tell stat().
 */
static bool is_same(const struct map_line *map, const struct stat *st,
		    const char *type)
{
	return st->st_ino == map->inode &&
	       (st->st_dev == makedev(map->major, map->minor) ||
		is_type(type, "overlay") || is_type(type, "btrfs"));
}

static int vet(const struct procfs *fs, pid_t pid, int path,
	       const struct map_line *map, struct stat *st)
{
	char type[32];

	fs_type(fs, pid, path, type, sizeof(type));
	if (may_hang(type))
		return -ENOTSUP;
	/* Of another namespace. It takes privileges to mount a device. */
	if (!*type && map && !map->major)
		return -ENOTSUP;
	if (fstat(path, st))
		return -errno;
	if (!S_ISREG(st->st_mode))
		return -EINVAL;
	return map && !is_same(map, st, type) ? -ESTALE : 0;
}

/* A handle of a path below the process's root, which its symlinks do not
 * leave. Only what the kernel has at hand: nobody is asked for a part of the
 * path. */
static int find_in_root(const struct procfs *fs, pid_t pid, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_CACHED,
	};
	_cleanup_(close_fd) int root = -1;
	char name[32];
	long fd;

	snprintf(name, sizeof(name), "%d/root", pid);
	root = openat(fs->root, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	return fd < 0 ? -errno : (int)fd;
}

int reach_mapped(const struct procfs *fs, pid_t pid,
		 const struct map_line *map, struct stat *ret)
{
	_cleanup_(close_fd) int path = -1;
	char name[64];
	int err;

	snprintf(name, sizeof(name), "%d/map_files/%llx-%llx", pid,
		 (unsigned long long)map->start,
		 (unsigned long long)map->end);
	path = openat(fs->root, name, O_PATH | O_CLOEXEC);
	if (path < 0) {
		path = find_in_root(fs, pid, map->path);
		/* It has ended, and may have had the root that we have. */
		if (path == -ENOENT || path == -ESRCH) {
			pid = getpid();
			path = find_in_root(fs, pid, map->path);
		}
		if (path < 0)
			return path;
	}
	err = vet(fs, pid, path, map, ret);
	return err ? err : open_again(fs, path);
}

/* The process's id as it knows it itself, and its user. */
static int see_status(const struct procfs *fs, pid_t pid, pid_t *ret_pid,
		      uid_t *ret_uid)
{
	struct proc_status status;
	char buf[4096], *at, *next;
	ssize_t n = procfs_read(fs, buf, sizeof(buf), "%d/status", pid);

	if (n < 0)
		return (int)n;
	if (proc_parse_status(buf, &status))
		return -EINVAL;
	*ret_uid = status.uid;
	*ret_pid = pid;
	at = strstr(buf, "\nNSpid:");
	if (!at)
		return 0;
	/* The last of them is of the innermost namespace. */
	for (at += strlen("\nNSpid:"); *at == '\t'; at = next) {
		*ret_pid = (pid_t)strtol(at, &next, 10);
		if (next == at)
			break;
	}
	return 0;
}

int reach_perf_map(const struct procfs *fs, pid_t pid, struct stat *ret)
{
	_cleanup_(close_fd) int path = -1;
	char name[64];
	pid_t inner;
	uid_t uid;
	int err;

	err = see_status(fs, pid, &inner, &uid);
	if (err)
		return err;
	snprintf(name, sizeof(name), "/tmp/perf-%d.map", inner);
	path = find_in_root(fs, pid, name);
	if (path < 0)
		return path;
	err = vet(fs, pid, path, NULL, ret);
	if (err)
		return err;
	return ret->st_uid == uid ? open_again(fs, path) : -EPERM;
}
