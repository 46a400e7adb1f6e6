/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probes in functions of the targets that were asked for. What is probed
 * is a file, by which all processes that run it pay for each call of the
 * function; where one process alone was asked for, and it has no children,
 * only that one does.
 */
#ifndef COLLECT_BPF_HOOKS_H
#define COLLECT_BPF_HOOKS_H

#include "base/why.h"
#include "collect/collector.h"

struct hooks;
struct split;

/* All of them, or none. -EINVAL or -ESRCH where what was asked for is not
 * there. */
int hooks_attach(struct hooks **ret, struct split *programs,
		 const struct collector_cfg *cfg, const struct sink *sink,
		 struct why *why);

/* All of them are gone when it returns; NULL is fine. */
void hooks_detach(struct hooks *hooks);

#endif
