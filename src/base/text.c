/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

size_t text_decode(const char *text, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t len = *s < 0x80 ? 1 : (*s & 0xe0) == 0xc0 ? 2 :
		     (*s & 0xf0) == 0xe0 ? 3 : (*s & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t c;

	if (len == 0)
		return 0;
	c = len == 1 ? *s : *s & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return len;
}

static bool is_safe(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
		return false;
	/* Marks, embeddings, overrides and isolates of the bidi algorithm,
	 * and the line and paragraph separators. */
	if (c == 0x61c || c == 0x200e || c == 0x200f)
		return false;
	if ((c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return false;
	return true;
}

char *text_untrusted(char *dst, size_t size, const char *src)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t used = 0;

	while (*s) {
		uint32_t c = 0;
		size_t len = text_decode((const char *)s, &c);
		bool safe = len && is_safe(c) && c != '\\';

		if (used + (safe ? len : 4) >= size)
			break;
		if (safe) {
			memcpy(dst + used, s, len);
			used += len;
			s += len;
		} else {
			snprintf(dst + used, size - used, "\\%03o", *s++);
			used += 4;
		}
	}
	dst[used] = '\0';
	return dst;
}
