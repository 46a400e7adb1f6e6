/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of /proc/PID/maps, of mountinfo, of a perf map and of
 * /proc/kallsyms: pure functions, 0 or -EINVAL. What they return points into
 * the line; anything but a number may be any bytes.
 */
#ifndef SYMBOLS_PARSE_H
#define SYMBOLS_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* One mapping. */
struct map_line {
	uint64_t start, end;	/* start < end */
	uint64_t offset;
	uint64_t inode;		/* 0: of no file */
	uint32_t major, minor;
	bool exec;
	const char *path;	/* may be empty; "[vdso]" and the like */
};

int parse_map(const char *line, struct map_line *ret);

/* One mount: its id and the type of its file system, which ends at a blank
 * or with the line. */
int parse_mount(const char *line, uint64_t *ret_id, const char **ret_type);

/* "START SIZE NAME", the numbers without 0x; size may be 0. */
int parse_jit(const char *line, uint64_t *start, uint64_t *size,
	      const char **name);

#endif
