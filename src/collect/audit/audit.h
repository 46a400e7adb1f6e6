/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The audit collector: calls and errors by the kernel's audit records, the
 * clocks by the proc collector. By name only, as audit makes the whole
 * machine slower; and as a help for the seccomp collector, which it gives
 * the errors that notifications do not tell.
 */
#ifndef COLLECT_AUDIT_AUDIT_H
#define COLLECT_AUDIT_AUDIT_H

#include "collect/collector.h"

extern const struct collector_ops collector_audit;
extern const struct collector_ops collector_seccomp_audit;

#endif
