/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of errors that system calls return. */
#ifndef MODEL_ERRNAME_H
#define MODEL_ERRNAME_H

#include <stddef.h>

/*
 * "ENOENT" for 2, as libc has it, or as include/linux/errno.h has those that
 * only the kernel and tracers see; "errno 600" for what neither has. Returns
 * @buf.
 */
char *errname(char *buf, size_t size, int error);

#endif
