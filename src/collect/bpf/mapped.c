/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/mapped.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* By the mapping if we may, else from the process's own root. */
static bool find_path(pid_t pid, const char *range, const char *name,
		      char *ret, size_t size, struct stat *st)
{
	snprintf(ret, size, "/proc/%d/map_files/%s", pid, range);
	if (!stat(ret, st))
		return true;
	snprintf(ret, size, "/proc/%d/root%s", pid, name);
	return !stat(ret, st);
}

/* Lines are as "55d0-55e0 r-xp 0000 08:01 123   /path". */
int mapped_find(const struct procfs *fs, pid_t pid,
		bool (*matches)(const char *path, const void *arg),
		const void *arg, char *ret, size_t size, struct stat *st)
{
	int fd = procfs_open(fs, "%d/maps", pid);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *line = NULL, range[64];
	size_t room = 0;
	int found = 0;

	if (!file) {
		found = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
	}
	while (file && !found && getline(&line, &room, file) > 0) {
		int at = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%63s %*s %*s %*s %*s %n", range, &at) < 1 ||
		    !at || line[at] != '/' || !matches(line + at, arg))
			continue;
		found = find_path(pid, range, line + at, ret, size, st);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}
