/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways to run a command that --contrast compares: bare, under each
 * collector of ours that launches, and under what else is used for it. A way
 * is a row: the words before the command, and what it counts. Audit's are
 * not among them, as audit slows the machine until its next boot.
 */
#ifndef COMPARE_WAYS_H
#define COMPARE_WAYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/why.h"
#include "compare/counts.h"

#define WAYS_MAX_WORDS 8

/* Which calls a way counts, to judge what it does not have. */
enum ways_scope {
	SCOPE_NONE,		/* it counts nothing */
	SCOPE_ALL,		/* each call that ends */
	SCOPE_MOST,		/* some kinds never, of the others each one */
	SCOPE_SOME,		/* of some kinds, and these as they may wait */
};

struct way {
	const char *name;
	const char *program;	/* looked for in PATH; NULL: see the next */
	const char *collector;	/* of ours; both NULL: the command alone */
	/* Between the program and the command; WAYS_FILE stands for the file
	 * that it writes its counts to. */
	const char *words[WAYS_MAX_WORDS];
	enum counts_format format;
	enum ways_scope scope;
	bool one_word;		/* takes the command in one, cut at blanks */
	bool own_status;	/* does not end as the command does */
};

#define WAYS_FILE "FILE"

/* The first is the bare command. */
extern const struct way way_table[];
extern const size_t way_count;

/* Whether it is there at all: the program's path in *ret, for the caller to
 * free, NULL where it needs none. 0, or -errno and why not. */
int ways_find(char **ret, const struct way *way, char *const *command,
	      struct why *why);

/* The whole command line, to be given back to ways_free(); NULL: out of
 * memory. Each word of it is a copy. @path: where the command is, for who
 * would not look for it as a shell does. */
char **ways_argv(const struct way *way, const char *file, const char *path,
		 char *const *command);
void ways_free(char **argv);

#endif
