/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that runs at each tick of a clock on each CPU that is busy then:
 * one perf event a CPU, of the software clock, which also virtual machines
 * have.
 */
#ifndef COLLECT_BPF_TICKS_H
#define COLLECT_BPF_TICKS_H

#include "base/why.h"

struct bpf_program;
struct ticks;

int ticks_new(struct ticks **ret, struct bpf_program *program, unsigned hz,
	      struct why *why);
void ticks_free(struct ticks *ticks);

#endif
