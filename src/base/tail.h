/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that a command writes to, of which the end is looked at. A file, as
 * it takes all that comes and whoever reads it may end: a pipe would do the
 * command harm then. Of one without a name, no more than TAIL_STORED bytes
 * stay on disk.
 */
#ifndef BASE_TAIL_H
#define BASE_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/why.h"

#define TAIL_STORED	(16 << 20)
#define TAIL_KEPT	(256 << 10)	/* in memory */

struct tail {
	int fd;			/* -1: not open; appends */
	bool nameless;
	char *text;		/* the last part, NULL: it cannot be read */
	size_t len;
	uint64_t before;	/* bytes before that */
	uint64_t dropped;	/* of them, no more on disk */
};

/* @path is made or emptied; NULL: a file without a name, in $TMPDIR. */
int tail_open(struct tail *tail, const char *path, struct why *why);
void tail_close(struct tail *tail);
/* Whether there is more than at the last time. */
bool tail_read(struct tail *tail);

#endif
