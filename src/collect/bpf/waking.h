/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which program tells who wakes threads: one reads the CPU's preemption
 * count, and looks at the stack of a waker in interrupts only. The kernel
 * gives that count to no program where it has no symbols of its data
 * (CONFIG_KALLSYMS_ALL), and then the other one looks at each waker's stack.
 */
#ifndef COLLECT_BPF_WAKING_H
#define COLLECT_BPF_WAKING_H

#include <stdbool.h>

struct split;

/* Of what is opened and not loaded yet. -errno. */
int waking_choose(struct split *programs, bool wanted);

#endif
