/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "option_args.h"

#include <stddef.h>
#include <string.h>

const char *option_arg_kind(const char *arg)
{
	static const struct {
		const char *arg, *kind;
	} kinds[] = {
		{ "PID[,PID...]", "pids" },
		{ "REGEX", "programs" },
		{ "PATH", "cgroup" },
		{ "NAME", "collectors" },
		{ "trace=SET", "calls" },
		{ "HOW", "choice:auto,fp,dwarf" },
		{ "COLUMN", "column" },
		{ "LIST", "columns" },
		{ "DIM[,DIM...]", "dims" },
		{ "FORMAT", "formats" },
		{ "WHAT", "lists" },
		{ "FILE", "file" },
		{ "A B", "files" },
		{ "HZ", "number" },
		{ "N", "number" },
		{ "S", "number" },
		{ "SECS", "number" },
		{ "TIME", "number" },
	};

	if (!arg)
		return "none";
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].arg, arg))
			return kinds[i].kind;
	return "text";
}
