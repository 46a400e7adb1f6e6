/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers as users type them. Strict: no sign, no blanks, nothing behind
 * the number; out of range is an error, never a wrap. 0 or -errno.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

/* A decimal number in 0..max. */
int num_parse(const char *text, uint64_t max, uint64_t *ret);

/* "2", "0.5", "1.25": seconds to nanoseconds, at most a year. */
int num_parse_seconds(const char *text, int64_t *ret_ns);

#endif
