/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "symbols/reach.h"

#define KEY_SIZE 16

void files_init(struct files *files, const struct procfs *fs,
		struct strings *strings)
{
	files->fs = fs;
	files->strings = strings;
	map_init(&files->map, KEY_SIZE);
}

static void file_free(struct file *file)
{
	image_free(file->image);
	free(file);
}

void files_done(struct files *files)
{
	struct file *file;
	size_t pos = 0;

	while ((file = map_next(&files->map, &pos)))
		file_free(file);
	map_done(&files->map);
}

static const char *base_name(struct files *files, const char *path)
{
	static const char gone[] = " (deleted)";
	const char *slash = strrchr(path, '/');
	char name[256];
	size_t len;

	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : path);
	len = strlen(name);
	if (len >= sizeof(gone) &&
	    !strcmp(name + len - (sizeof(gone) - 1), gone))
		name[len - (sizeof(gone) - 1)] = '\0';
	return strings_keep(files->strings, name);
}

static bool is_libc(const char *name)
{
	return !strncmp(name, "libc.", 5) || !strncmp(name, "libc-", 5) ||
	       !strncmp(name, "libpthread", 10) ||
	       !strncmp(name, "ld-musl-", 8);
}

static bool is_unchanged(const struct file *file, const struct stat *st)
{
	return file->size == st->st_size &&
	       file->changed.tv_sec == st->st_ctim.tv_sec &&
	       file->changed.tv_nsec == st->st_ctim.tv_nsec;
}

/* What nobody maps makes room first. */
static void make_room(struct files *files)
{
	struct file *file;
	size_t pos = 0;

	while ((file = map_next(&files->map, &pos)))
		if (!file->refs) {
			map_del(&files->map, file);
			file_free(file);
		}
}

static struct file *load(struct files *files, const struct map_line *map,
			 uint64_t dev, int fd, const struct stat *st)
{
	struct file *file;

	if (files->map.used >= FILES_MAX)
		make_room(files);
	if (files->map.used >= FILES_MAX)
		return NULL;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->dev = dev;
	file->inode = map->inode;
	file->name = base_name(files, map->path);
	file->libc = is_libc(file->name);
	if (fd >= 0) {
		file->size = st->st_size;
		file->changed = st->st_ctim;
		image_new(&file->image, fd);
	}
	if (map_add(&files->map, file)) {
		file_free(file);
		return NULL;
	}
	return file;
}

struct file *files_get(struct files *files, pid_t pid,
		       const struct map_line *map)
{
	uint64_t dev = makedev(map->major, map->minor);
	uint64_t key[2] = { dev, map->inode };
	struct file *file = map_get(&files->map, key);
	_cleanup_(close_fd) int fd = -1;
	struct stat st;

	if (!file || !file->refs) {
		fd = reach_mapped(files->fs, pid, map, &st);
		if (file && (fd < 0 || !is_unchanged(file, &st))) {
			map_del(&files->map, file);
			file_free(file);
			file = NULL;
		}
	}
	if (!file)
		file = load(files, map, dev, fd, &st);
	if (file)
		file->refs++;
	return file;
}

void files_put(struct file *file)
{
	if (file)
		file->refs--;
}
