/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call with its arguments, as strace writes it, without following pointers:
 * how many there are, and how each is shown, is in data/arguments.csv.
 */
#ifndef MODEL_ARGUMENTS_H
#define MODEL_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

#define ARGUMENTS 6

/* "pread64(3, 0x7f12, 4096, 0)" to @buf, which it returns; @args as the
 * kernel got them, of a call of @abi. */
char *arguments_text(char *buf, size_t size, int abi, const char *name,
		     const uint64_t args[ARGUMENTS]);

/* What it returned, as strace writes it: "4096", "-1 ENOENT". */
char *arguments_result(char *buf, size_t size, const char *name,
		       int64_t ret);

#endif
