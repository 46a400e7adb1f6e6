/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of counts, in each of their formats: what is taken is sane. */
#define FUZZ_ROUNDS 5000
#include "fuzz.h"

#include "compare/counts.h"

static void check_name(const struct counts *counts, size_t i)
{
	const char *name = counts->list[i].name;

	must(memchr(name, '\0', COUNTS_NAME));
	must(*name);
	for (; *name; name++)
		must(*name >= 0x20 && *name <= 0x7e);
	/* The first that has it is the only one. */
	must(counts_find(counts, counts->list[i].name) == &counts->list[i]);
}

static void check(const char *text, enum counts_format format)
{
	struct counts counts = { .list = NULL }, names = { .list = NULL };
	uint64_t total = 0;

	must(!counts_parse(&counts, format, text));
	must(counts.n <= COUNTS_MAX);
	for (size_t i = 0; i < counts.n; i++) {
		check_name(&counts, i);
		must(counts.list[i].calls <= 1ull << 48);
		total += counts.list[i].calls;
	}
	must(counts.total == total);
	must(format != COUNTS_NONE || !counts.n);
	must(!counts_merge_names(&names, &counts));
	must(names.n == counts.n && !names.total);
	/* Once more: the same names. */
	must(!counts_parse(&counts, format, text));
	must(names.n == counts.n && counts.total >= total);
	counts_done(&names);
	counts_done(&counts);
	must(!counts.list && !counts.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	for (int format = 0; format < COUNTS_FORMATS; format++)
		check(text, (enum counts_format)format);
	free(text);
	return 0;
}

FUZZ_CORPUS("strace", "summary", "perf", "bpftrace")
