/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine's CPUs did for no task, from /proc/stat. */
#ifndef COLLECT_MACHINE_H
#define COLLECT_MACHINE_H

#include "base/procfs.h"
#include "base/procparse.h"
#include "model/event.h"

/* Since *last, which is brought up to date; to 10 ms. */
struct machine machine_since(const struct procfs *fs,
			     struct proc_machine *last);

#endif
