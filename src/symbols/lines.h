/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of a file that may be long and that others write: a /proc file, a
 * perf map. Read once from the start, in pieces, in bounded memory.
 */
#ifndef SYMBOLS_LINES_H
#define SYMBOLS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
	int fd;			/* the caller's */
	uint64_t left;		/* bytes that may still be read */
	size_t at, len;		/* of buf: not handed out yet */
	bool cut;		/* within a line that was too long */
	bool ended;
	char buf[16384];
};

/* At most @limit bytes of the file are looked at. */
void lines_init(struct lines *lines, int fd, uint64_t limit);

/*
 * The next line, without its newline, until the next call; NULL at the end.
 * What is longer than the buffer is left out, and so is a last line without
 * a newline, which may be half written.
 */
char *lines_next(struct lines *lines);

/* Hexadecimal digits at *@at, which is moved behind them. False where there
 * are none, or more than fit into 64 bits. */
bool lines_hex(const char **at, uint64_t *ret);

#endif
