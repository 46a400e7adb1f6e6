/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of system calls. Sources in this order: data/syscalls.csv for what
 * the libraries are too old for, or have by another name than the kernel;
 * libaudit's tables; libseccomp's; a number that none knows is
 * syscall_0xNNN, as strace prints it.
 */
#ifndef MODEL_SYSCALL_H
#define MODEL_SYSCALL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The name of (abi, nr) for an ABI that has numbers, written to @buf.
 * Returns @buf. Cost: a table search of a microsecond or so; not for hot
 * paths.
 */
char *syscall_name(char *buf, size_t size, int abi, int nr);

/* The same, where a source has the name; false: none has. */
bool syscall_find(char *buf, size_t size, int abi, int nr);

/* Which sources this build has, for --version. */
const char *syscall_sources(void);

#endif
