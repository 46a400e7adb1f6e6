/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The proc collector: attaches to any process of one's own on any kernel,
 * by reading /proc at a bounded rate. Clocks are exact; which call a thread
 * is blocked in is sampled. It never stops the target.
 */
#ifndef COLLECT_PROC_PROC_H
#define COLLECT_PROC_PROC_H

#include "collect/collector.h"

extern const struct collector_ops collector_proc;

#endif
