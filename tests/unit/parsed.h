/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options as a command line has them, for what reads them. */
#ifndef PARSED_H
#define PARSED_H

#include "unit.h"

#include <getopt.h>
#include <string.h>

#include "collect/registry.h"
#include "options.h"

static struct options options;
static struct why why;

static inline void parse(char **words)
{
	/* Kept, as the options point into it. */
	static char *argv[16];
	int argc = 0;

	for (; words[argc]; argc++) {
		assert_true(argc < (int)N_OF(argv) - 1);
		argv[argc] = words[argc];
	}
	argv[argc] = NULL;
	/* 0, not 1: glibc forgets where it was inside of a word. */
	optind = 0;
	why = (struct why){ 0 };
	assert_int_equal(options_parse(&options, argc, argv, &why), 0);
}

/* Who parses them ends with options_done(). */
#define PARSE(...) parse((char *[]){ "smbsysacct", __VA_ARGS__, NULL })

/* Whether a collector is built in. */
static inline bool has(const char *name)
{
	return !registry_find(name)->missing;
}

#endif
