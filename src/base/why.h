/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something failed: an errno for the program, one sentence for the
 * user. The caller owns the struct, every module fills it, and only main,
 * options and session print it. A sentence names the cause and, where there
 * is one, the way out; it has no newline and no full stop at its end.
 */
#ifndef BASE_WHY_H
#define BASE_WHY_H

struct why {
	int err;	/* positive errno, 0: nothing failed */
	char text[512];
};

/* Fill @why (may be NULL) and return -err, so that callers can return it. */
int why_set(struct why *why, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
