/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this process is allowed beyond its user, see capabilities(7). */
#ifndef BASE_CAPS_H
#define BASE_CAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/procfs.h"
#include "base/why.h"

/* Numbers of linux/capability.h that are newer than some of its copies. */
enum { CAPS_PERFMON = 38, CAPS_BPF = 39 };

static inline uint64_t caps_bit(int cap)
{
	return 1ull << cap;
}

/* Whether @cap is in effect. */
bool caps_have(int cap);

/* Whether they are good for the machine, not just for a user namespace. */
bool caps_are_real(const struct procfs *fs);

/* Whether every user's processes are this one's to look into. */
bool caps_see_all(const struct procfs *fs);

/*
 * The line that would give this program @caps, whose names are @names
 * ("bpf"): for who runs it, and where. None where nothing would help.
 */
void caps_grant(const struct procfs *fs, int n, const int *caps,
		const char *const *names, struct why *why);

/* Puts @cap in effect, as far as it is kept, or out of it for the time being;
 * whether it was in effect before. */
bool caps_use(int cap, bool on);

/* Gives up, for good, all that are not in @keep; children are not affected
 * that run already. */
int caps_keep(uint64_t keep, struct why *why);

#endif
