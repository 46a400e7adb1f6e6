/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where reports go: whole reports or nothing. A regular file appears (or is
 * replaced) by a rename once its first report is complete, later reports
 * are appended whole, and one that could not be written whole is cut off
 * again. Devices, pipes and descriptors (/dev/stdout, /dev/fd/N,
 * /proc/self/fd/N) are written in place.
 */
#ifndef BASE_OUTFILE_H
#define BASE_OUTFILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/why.h"

struct outfile;

/*
 * Nothing is created yet, but what can be known to fail fails now, before
 * an hour of accounting. A NULL path means standard output.
 */
int outfile_open(struct outfile **ret, const char *path, struct why *why);
/* What is written in place may never be read: writing gives up when
 * @fd becomes readable (the user wants the end). -1: never. */
void outfile_give_up_on(struct outfile *out, int fd);
int outfile_write(struct outfile *out, const char *data, size_t len,
		  struct why *why);
typedef int (*outfile_print_fn)(FILE *to, const void *ctx, struct why *why);
/* What @print prints, as a text that is the caller's. */
int outfile_text(char **ret, size_t *len, outfile_print_fn print,
		 const void *ctx, struct why *why);
/* The same, written as a whole or not at all. */
int outfile_print(struct outfile *out, outfile_print_fn print,
		  const void *ctx, struct why *why);
void outfile_close(struct outfile *out);

#endif
