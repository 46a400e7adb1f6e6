/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of a thread as such: its clocks, and what it did in no call. */
#ifndef COLLECT_BPF_LIVES_H
#define COLLECT_BPF_LIVES_H

#include "collect/bpf/gather.h"

/* What is new of @slot's thread, whose calls have been told; @since: off the
 * CPU since its last stamp. */
void lives_tell(struct gather *g, struct known *known,
		const struct slot *slot, const struct times *since,
		int64_t now_ns);

#endif
