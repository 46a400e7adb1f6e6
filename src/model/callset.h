/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of system calls, by ABI and number, and strace's way of writing one:
 * names, numbers, /REGEX and %class, with ! in front for all others, ? for
 * names that need not exist here, @64, @32 and @x32 for one ABI. Which calls
 * are in a class, and where that is from, is in data/classes.csv.
 */
#ifndef MODEL_CALLSET_H
#define MODEL_CALLSET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/why.h"
#include "model/abi.h"

#define CALLSET_ABIS (ABI_X32 - ABI_NATIVE + 1)
/* More than the highest number of any table (x32's end at 547). */
#define CALLSET_NUMBERS 640

struct callset {
	uint64_t bits[CALLSET_ABIS][CALLSET_NUMBERS / 64];
};

/* The names of all calls, as looking them up takes milliseconds. */
struct callnames {
	const char *of[CALLSET_ABIS][CALLSET_NUMBERS];	/* NULL: no such call */
	char *text;
};

int callnames_init(struct callnames *names, struct why *why);
void callnames_done(struct callnames *names);
/* NULL: no call that is known. */
const char *callnames_get(const struct callnames *names, int abi, int nr);

/* "openat,%network,/^epoll" or "!read"; -EINVAL where it makes no sense. */
int callset_parse(struct callset *ret, const char *text, struct why *why);

/* Adds a class by its name without the %, which has to exist. */
void callset_add_class(struct callset *set, const struct callnames *names,
		       const char *name);
/* Adds or takes out a call of this name, in all ABIs that have it. */
void callset_put(struct callset *set, const struct callnames *names,
		 const char *name, bool in);

bool callset_has(const struct callset *set, int abi, int nr);
void callset_fill(struct callset *set);
/* Keeps what is in @other, too. */
void callset_intersect(struct callset *set, const struct callset *other);
bool callset_equal(const struct callset *a, const struct callset *b);
bool callset_is_empty(const struct callset *set);

/* The classes, a line each, for --list. */
void callset_list_classes(FILE *out);
/* The names in a class, a line each. -EINVAL: there is no such class. */
int callset_list_class(FILE *out, const char *name);

#endif
