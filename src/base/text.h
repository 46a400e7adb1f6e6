/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that a target chose (its name, a path) on its way to a terminal or
 * a file: fifteen bytes of prctl(PR_SET_NAME) can hold an escape sequence.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Copy @src into @dst so that it is safe to print: valid UTF-8 that is
 * neither a control character (C0, DEL, C1) nor one that reorders text
 * stays, any other byte becomes \ooo as strace prints it. Always
 * NUL-terminated, cut at a whole character or escape. Returns @dst.
 */
char *text_untrusted(char *dst, size_t size, const char *src);

/* The well-formed UTF-8 character at @text: its length in bytes, 0 where
 * there is none. */
size_t text_decode(const char *text, uint32_t *ret);

#endif
