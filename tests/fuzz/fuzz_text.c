/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Untrusted text: what comes out is short enough, printable, and UTF-8. */
#include "fuzz.h"

#include "base/text.h"

/* Length of a character that may be printed as it is. */
static size_t good_char(const unsigned char *s)
{
	if (*s < 0x80)
		return *s >= 0x20 && *s != 0x7f;
	if (*s >= 0xc2 && *s <= 0xdf && (s[1] & 0xc0) == 0x80)
		return *s == 0xc2 && s[1] < 0xa0 ? 0 : 2;
	if ((*s & 0xf0) == 0xe0 && (s[1] & 0xc0) == 0x80 &&
	    (s[2] & 0xc0) == 0x80)
		return 3;
	if (*s >= 0xf0 && *s <= 0xf4 && (s[1] & 0xc0) == 0x80 &&
	    (s[2] & 0xc0) == 0x80 && (s[3] & 0xc0) == 0x80)
		return 4;
	return 0;
}

static void check(const char *src, size_t size)
{
	char *dst = malloc(size);
	const unsigned char *p = (const unsigned char *)dst;

	must(dst);
	must(text_untrusted(dst, size, src) == dst);
	must(strlen(dst) < size);
	while (*p) {
		size_t n = good_char(p);

		must(n);
		p += n;
	}
	must(!strstr(dst, "\xe2\x80\xae") && !strstr(dst, "\xe2\x81\xa6"));
	free(dst);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check(text, 4 * size + 1);
	check(text, 1 + size / 2);
	check(text, 1 + size % 17);
	check(text, 1);
	free(text);
	return 0;
}

FUZZ_CORPUS("names", "stat")
