/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer in a line: of all processes, then of the largest ones and of
 * the busiest thread: "smbd 4711: 43% waiting
 * for events, 31% on the CPU (20% user, 11% system), 5% waiting for a CPU".
 */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

#include <stdio.h>

#include "acct/snapshot.h"

void verdict_print(FILE *out, const struct snapshot *snap);

#endif
