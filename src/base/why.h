/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something failed: an errno for the program, one sentence for the
 * user, and, where a privilege was missing, the line that would grant it,
 * to be copied into a shell. The caller owns the struct, every module fills it, and only main,
 * options and session print it. A sentence names the cause and, where there
 * is one, the way out; it has no newline and no full stop at its end.
 */
#ifndef BASE_WHY_H
#define BASE_WHY_H

struct why {
	int err;	/* positive errno, 0: nothing failed */
	char text[512];
	char grant[256];	/* empty: there is none */
};

/* Fill @why (may be NULL) and return -err, so that callers can return it. */
int why_set(struct why *why, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* After why_set(), which forgets it. */
void why_grant(struct why *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
