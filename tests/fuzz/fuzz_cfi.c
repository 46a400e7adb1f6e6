/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call frame information, in hexadecimal: no crash, no endless loop, and no
 * rule without a meaning. Even inputs are .eh_frame, odd ones .debug_frame. */
#include "fuzz.h"

#include "symbols/cfi.h"

#define VADDR 0x1000

static size_t decode(const uint8_t *text, size_t size, uint8_t *data)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < size; i += 2) {
		char pair[3] = { (char)text[i], (char)text[i + 1] };

		data[n++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return n;
}

static void check_place(const struct rule_place *place)
{
	must(place->base <= RULE_NONE);
}

static void check_function(const struct cfi *cfi, uint64_t vaddr)
{
	const struct cfi_function *function = cfi_find(cfi, vaddr);
	struct rule rule = { .signal = false };
	struct cfi_entry entry;

	if (!function)
		return;
	must(vaddr - function->start < function->size);
	must(function->at < cfi->size);
	if (!cfi_read(cfi, function, &entry))
		return;
	cfi_run(&entry, vaddr, &rule);
	check_place(&rule.cfa);
	check_place(&rule.ra);
	check_place(&rule.fp);
	must(rule.cfa.base != RULE_CFA);
}

static void check(const uint8_t *data, size_t size, bool eh)
{
	struct cfi cfi;

	cfi_index(&cfi, data, size, VADDR, eh);
	for (size_t i = 0; i < cfi.n && i < 64; i++) {
		check_function(&cfi, cfi.list[i].start);
		check_function(&cfi, cfi.list[i].start +
				     cfi.list[i].size - 1);
	}
	cfi_done(&cfi);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size / 2 + 1), *just;
	size_t n;

	if (!bytes)
		exit(99);
	n = decode(data, size, bytes);
	/* Of just its size, so that a byte beyond is seen. */
	just = malloc(n + !n);
	if (!just)
		exit(99);
	memcpy(just, bytes, n);
	free(bytes);
	check(just, n, size % 2 == 0);
	free(just);
	return 0;
}

FUZZ_CORPUS("cfi")
