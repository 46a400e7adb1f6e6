/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collect/bpf/tax.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

#define ROUNDS 5
#define CALLS 1000

double tax_of_a_call(void)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t began = clock_mono_ns(), took;

		for (int j = 0; j < CALLS; j++)
			syscall(SYS_getppid);
		took = clock_mono_ns() - began;
		least = took < least ? took : least;
	}
	return (double)least / CALLS;
}
