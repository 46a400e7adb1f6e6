/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's functions by address, from /proc/kallsyms: read once, so what
 * modules bring later has no name. Some 10 MB of memory, and 100 ms.
 */
#ifndef SYMBOLS_KERNEL_H
#define SYMBOLS_KERNEL_H

#include <stdint.h>

#include "base/procfs.h"
#include "base/why.h"

struct kernel_names;

/* -EPERM: the addresses are hidden from us. */
int kernel_names_new(struct kernel_names **ret, const struct procfs *fs,
		     struct why *why);
void kernel_names_free(struct kernel_names *names);

/* The function at @pc, printable and owned by @names, and where it starts
 * (may be NULL); NULL: not known. */
const char *kernel_name(const struct kernel_names *names, uint64_t pc,
			uint64_t *start);

/* Where a function starts, and where the next one does (may be NULL); 0: no
 * such function. Slow: looks through all of them. */
uint64_t kernel_range(const struct kernel_names *names, const char *name,
		      uint64_t *end);

#endif
