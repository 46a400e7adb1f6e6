/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a JIT compiler says about the code it made: /tmp/perf-PID.map, a line
 * per function. It is read again when its size has changed, at most once a
 * second, and only as long as it is within JIT_BYTES.
 */
#ifndef SYMBOLS_JIT_H
#define SYMBOLS_JIT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/procfs.h"

#define JIT_BYTES	(64u << 20)	/* of one process */
#define JIT_ALL_BYTES	(256u << 20)

struct jit_code;

struct jit {
	char *text;
	struct jit_code *list;
	size_t n;
	size_t bytes;		/* of both */
	uint64_t size;		/* of the file when it was read */
	int64_t looked_ns;	/* 0: never */
};

/* Takes over @text, of @size bytes and a NUL: no file is needed. 0 or
 * -ENOMEM, then there is none. */
int jit_parse(struct jit *jit, char *text, size_t size);

/* The file is looked at, if it is time; *all, the bytes of all processes, is
 * kept up to date. */
void jit_look(struct jit *jit, const struct procfs *fs, pid_t pid,
	      size_t *all);

/* As the file has it, any bytes; valid until the next look. Or NULL. */
const char *jit_find(const struct jit *jit, uint64_t pc);

void jit_done(struct jit *jit, size_t *all);

#endif
