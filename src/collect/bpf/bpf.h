/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bpf collector: every call of what runs already, exactly, without
 * touching it. Needs CAP_BPF and CAP_PERFMON and a kernel with BTF. What it
 * costs is in docs/INTERNALS.md.
 */
#ifndef COLLECT_BPF_BPF_H
#define COLLECT_BPF_BPF_H

#include "collect/collector.h"

extern const struct collector_ops collector_bpf;

#endif
