/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder of one's own for files that other programs write: nobody else can
 * enter it, and it goes with its files.
 */
#ifndef BASE_SCRATCH_H
#define BASE_SCRATCH_H

#include <stddef.h>

#include "base/why.h"

#define SCRATCH_MAX 4	/* files */

struct scratch {
	char *dir;		/* NULL: there is none */
	char *file[SCRATCH_MAX];	/* paths; the files need not exist */
	size_t n;
};

/* Below TMPDIR or /tmp, with these names for files in it. 0 or -errno; either
 * way scratch_close() is due. */
int scratch_open(struct scratch *scratch, const char *const *names, size_t n,
		 struct why *why);
void scratch_close(struct scratch *scratch);

/* What a file holds, as far as it is text and no more than @max; "" where it
 * is not there. The caller frees it; NULL: out of memory. */
char *scratch_read(const char *path, size_t max);

#endif
