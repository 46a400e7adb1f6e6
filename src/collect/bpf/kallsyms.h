/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where functions of the running kernel are, by /proc/kallsyms: only those
 * that somebody has a number for. Addresses are shown to those who may use
 * CAP_SYSLOG, unless kernel.kptr_restrict hides them from everybody.
 *
 * Cost: about 0.1 s to read, and 24 bytes for each that is kept.
 */
#ifndef COLLECT_BPF_KALLSYMS_H
#define COLLECT_BPF_KALLSYMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/procfs.h"

struct function {
	uint64_t start, end;
	int number;
};

struct kallsyms {
	struct function *functions;	/* by address */
	size_t n, max;
};

/* Those for which @number_of() is not negative. -errno; -EACCES: they are
 * hidden. */
int kallsyms_init(struct kallsyms *k, const struct procfs *fs,
		  int (*number_of)(const char *name));
void kallsyms_done(struct kallsyms *k);

/* The number of the function at that address; -1: of none that is kept. */
int kallsyms_at(const struct kallsyms *k, uint64_t address);

#endif
