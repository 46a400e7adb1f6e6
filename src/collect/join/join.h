/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join collector: shows what another session of the same user accounts,
 * from now on, of processes that it launched under seccomp, which nobody
 * else can account so. It measures nothing; the other goes on whatever
 * becomes of us.
 */
#ifndef COLLECT_JOIN_JOIN_H
#define COLLECT_JOIN_JOIN_H

#include "collect/collector.h"

extern const struct collector_ops collector_join;

#endif
