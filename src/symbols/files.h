/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that are mapped into processes, each read once however many
 * processes map it. One that nobody maps any more stays for the next, and is
 * compared with what is on disk then, as an inode's number is used again.
 */
#ifndef SYMBOLS_FILES_H
#define SYMBOLS_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/map.h"
#include "base/procfs.h"
#include "symbols/image.h"
#include "symbols/parse.h"

#define FILES_MAX	4096

struct file {
	uint64_t dev, inode;	/* the map's key: stay first */
	size_t refs;
	const char *name;	/* the last part of its path, printable */
	struct image *image;	/* NULL: not readable, or no ELF file */
	bool libc;		/* whose code starts programs and threads */
	int64_t size;
	struct timespec changed;
};

struct files {
	const struct procfs *fs;
	struct strings *strings;
	struct map map;		/* struct file */
};

void files_init(struct files *files, const struct procfs *fs,
		struct strings *strings);
void files_done(struct files *files);

/* What a process has mapped, to be put back; NULL: no memory, or too many. */
struct file *files_get(struct files *files, pid_t pid,
		       const struct map_line *map);
void files_put(struct file *file);

#endif
