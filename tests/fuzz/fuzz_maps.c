/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines that say what is where: no crash, no backward mapping, and no
 * name from outside of the line. */
#include "fuzz.h"

#include "symbols/jit.h"
#include "symbols/parse.h"

static void check_inside(const char *part, const char *text, size_t size)
{
	must(part >= text && part <= text + size);
}

static void check_perf_map(const char *text, size_t size)
{
	struct jit jit = { 0 };
	size_t all;

	if (jit_parse(&jit, fuzz_text((const uint8_t *)text, size), size))
		exit(99);
	all = jit.bytes;
	for (uint64_t pc = 1; pc; pc <<= 1) {
		const char *name = jit_find(&jit, pc);

		must(!name || *name);
	}
	jit_done(&jit, &all);
	must(all == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct map_line map;
	uint64_t a, b;
	const char *part;

	if (!parse_map(text, &map)) {
		must(map.start < map.end);
		check_inside(map.path, text, size);
	}
	if (!parse_mount(text, &a, &part))
		check_inside(part, text, size);
	if (!parse_jit(text, &a, &b, &part)) {
		check_inside(part, text, size);
		must(a + b >= a);
	}
	check_perf_map(text, size);
	free(text);
	return 0;
}

FUZZ_CORPUS("maps", "mountinfo", "perfmap")
