/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts that are kept once each, for as long as the store lives. So that no
 * target can fill the memory by the names it makes up, there is room for
 * STRINGS_BYTES; what comes then is called STRINGS_FULL.
 */
#ifndef SYMBOLS_STRINGS_H
#define SYMBOLS_STRINGS_H

#include <stddef.h>
#include <stdint.h>

#define STRINGS_BYTES	(64u << 20)
#define STRINGS_LONGEST	384	/* with its NUL; longer ones are cut */
#define STRINGS_FULL	"[too many names]"

struct strings_block;

struct strings {
	struct strings_block *blocks;
	const char **slots;
	size_t used, capacity;	/* slots: a power of two, or 0 */
	size_t bytes;
};

void strings_init(struct strings *strings);
void strings_done(struct strings *strings);

/* @text made printable (base/text.h), never NULL. */
const char *strings_keep(struct strings *strings, const char *text);

#endif
