/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every collector there is, in the order of preference. */
#ifndef COLLECT_REGISTRY_H
#define COLLECT_REGISTRY_H

#include "collect/collector.h"

/* NULL-terminated. A collector that was not built in says why in ->missing. */
extern const struct collector_ops *const collector_registry[];

/* By name; NULL where there is no such collector. */
const struct collector_ops *registry_find(const char *name);

#endif
