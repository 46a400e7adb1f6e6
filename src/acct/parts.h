/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is shared out by a sample, to the stacks of calls, is exact again where
 * the parts are put together.
 */
#ifndef ACCT_PARTS_H
#define ACCT_PARTS_H

#include "acct/ledger.h"

/* What is known of @record where rows are by the dimensions @by. */
struct cell parts_cell(const struct record *record, unsigned by);

#endif
