/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What users type: numbers, lists, and whole command lines. */
#include "fuzz.h"

#include <getopt.h>

#include "base/clock.h"
#include "base/num.h"
#include "options.h"

#define MAX_ARGS 32

static void check_numbers(const char *text)
{
	static const uint64_t limits[] = { 0, 5, 4096, INT32_MAX, UINT64_MAX };
	uint64_t value;
	int64_t ns;

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		if (!num_parse(text, limits[i], &value)) {
			must(value <= limits[i]);
			must(value == strtoull(text, NULL, 10));
		}
	if (!num_parse_seconds(text, &ns))
		must(ns >= 0 && ns <= 367LL * 24 * 3600 * NS_PER_SEC);
}

static void check_lists(const char *text)
{
	struct column_list list;
	struct why why = { 0 };
	unsigned by;

	if (!dim_parse(text, &by, &why))
		must(by && by < 1u << DIM_COUNT);
	else
		must(why.err && *why.text);
	if (!column_parse(text, &list, &why)) {
		must(list.n > 0 && list.n <= MAX_COLUMNS);
		for (int i = 0; i < list.n; i++)
			must(strstr(text, list.columns[i]->id));
	}
	column_find(text, strlen(text));
}

/* Words are separated by single blanks. */
static void check_line(char *text)
{
	char name[] = "smbsysacct", *argv[MAX_ARGS + 2] = { name };
	struct options options;
	struct why why = { 0 };
	int argc = 1;

	while (text && argc <= MAX_ARGS)
		argv[argc++] = strsep(&text, " ");
	/* glibc begins anew, also inside of a word. */
	optind = 0;
	if (options_parse(&options, argc, argv, &why)) {
		must(why.err > 0 && *why.text);
	} else {
		must(options.by && options.reporter);
		must(!options.sort || *options.sort);
		must(options.mode != MODE_ATTACH || options_attach(&options));
		must(options.overhead_ns >= 0);
		must(!options.cgroup || *options.cgroup);
		for (size_t i = 0; i < options.n_pids; i++)
			must(options.pids[i] > 0);
	}
	options_done(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_numbers(text);
	check_lists(text);
	check_line(text);
	free(text);
	return 0;
}

FUZZ_CORPUS("options", "lists", "numbers")
