/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "symbols/strings.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FIRST_CAPACITY 1024

struct strings_block {
	struct strings_block *next;
	size_t used;
	char text[65536 - 2 * sizeof(size_t)];
};

void strings_init(struct strings *strings)
{
	*strings = (struct strings){ 0 };
}

void strings_done(struct strings *strings)
{
	struct strings_block *block;

	while ((block = strings->blocks)) {
		strings->blocks = block->next;
		free(block);
	}
	free(strings->slots);
	strings_init(strings);
}

static size_t hash_text(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

/* Where the text is, or would be. */
static const char **find(const struct strings *strings, const char *text)
{
	size_t mask = strings->capacity - 1, i = hash_text(text) & mask;

	while (strings->slots[i] && strcmp(strings->slots[i], text))
		i = (i + 1) & mask;
	return &strings->slots[i];
}

static bool grow(struct strings *strings)
{
	struct strings next = *strings;

	next.capacity = next.capacity ? next.capacity * 2 : FIRST_CAPACITY;
	next.slots = calloc(next.capacity, sizeof(*next.slots));
	if (!next.slots)
		return false;
	for (size_t i = 0; i < strings->capacity; i++)
		if (strings->slots[i])
			*find(&next, strings->slots[i]) = strings->slots[i];
	free(strings->slots);
	*strings = next;
	return true;
}

static const char *copy(struct strings *strings, const char *text)
{
	struct strings_block *block = strings->blocks;
	size_t size = strlen(text) + 1;

	if (!block || sizeof(block->text) - block->used < size) {
		if (strings->bytes + sizeof(*block) > STRINGS_BYTES)
			return NULL;
		block = malloc(sizeof(*block));
		if (!block)
			return NULL;
		block->next = strings->blocks;
		block->used = 0;
		strings->blocks = block;
		strings->bytes += sizeof(*block);
	}
	block->used += size;
	return memcpy(block->text + block->used - size, text, size);
}

const char *strings_keep(struct strings *strings, const char *text)
{
	char safe[STRINGS_LONGEST];
	const char **slot;

	text_untrusted(safe, sizeof(safe), text);
	if ((strings->used + 1) * 2 > strings->capacity && !grow(strings))
		return STRINGS_FULL;
	slot = find(strings, safe);
	if (!*slot) {
		*slot = copy(strings, safe);
		if (!*slot)
			return STRINGS_FULL;
		strings->used++;
	}
	return *slot;
}
