/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp collector: launches a command and counts the calls of it and
 * all that it starts, without ptrace and without privileges, by seccomp user
 * notification. Counts are exact; blocked time is the off-CPU time of the
 * gap after a call. The proc collector works beside it, for the ledger and
 * for what is not notified.
 */
#ifndef COLLECT_SECCOMP_SECCOMP_H
#define COLLECT_SECCOMP_SECCOMP_H

#include "collect/collector.h"

extern const struct collector_ops collector_seccomp;

#endif
