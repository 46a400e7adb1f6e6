/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a system call costs this process, which is none of the targets: the
 * difference once the programs are attached is what every other process on
 * the machine pays per call as well.
 */
#ifndef COLLECT_BPF_TAX_H
#define COLLECT_BPF_TAX_H

#include <stdint.h>

/* ns of one getppid(), the least of some rounds. Takes about 2 ms. */
double tax_of_a_call(void);

#endif
