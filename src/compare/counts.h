/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often each system call was made, as the tables of several programs say
 * it. Their text is not trusted: what is no row of a table is passed over,
 * names are printable ASCII, numbers have a limit, and so has the number of
 * names.
 */
#ifndef COMPARE_COUNTS_H
#define COMPARE_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNTS_NAME 48		/* longer ones are no names of calls */
#define COUNTS_MAX 2048		/* different names */

enum counts_format {
	COUNTS_NONE,		/* nothing is counted */
	COUNTS_STRACE,		/* strace -c, and our own -c */
	COUNTS_PERF,		/* perf trace -s */
	COUNTS_BPFTRACE,	/* a map @calls by number, of the native ABI */
	COUNTS_FORMATS
};

struct count {
	char name[COUNTS_NAME];
	uint64_t calls;
};

struct counts {
	struct count *list;	/* in the order of their first rows */
	size_t n, capacity;
	uint64_t total;
	bool cut;		/* there were more names than have room */
};

/*
 * Adds what @text, one or several tables, has: names that come twice, as
 * those of two ABIs or two threads, add up. 0 or -ENOMEM.
 */
int counts_parse(struct counts *counts, enum counts_format format,
		 const char *text);

/* Adds the names that it does not have yet, and no calls. 0 or -ENOMEM. */
int counts_merge_names(struct counts *counts, const struct counts *from);

/* NULL: no row has it. */
const struct count *counts_find(const struct counts *counts,
				const char *name);

void counts_done(struct counts *counts);

#endif
