/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of the targets that were asked for. */
#ifndef REPORT_FUNCTIONS_H
#define REPORT_FUNCTIONS_H

#include <stdio.h>

#include "acct/snapshot.h"

/* Their table, if there is to be one; 0 or -ENOMEM. */
int functions_print(FILE *out, const struct snapshot *snap);

#endif
