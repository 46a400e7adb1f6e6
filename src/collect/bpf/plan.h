/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the BPF programs are loaded for, and how much room they have. */
#ifndef COLLECT_BPF_PLAN_H
#define COLLECT_BPF_PLAN_H

#include "collect/bpf/layout.h"
#include "collect/collector.h"

/* For this machine as it is now. */
struct plan plan_make(const struct collector_cfg *cfg);

#endif
