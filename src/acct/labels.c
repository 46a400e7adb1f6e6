/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "acct/labels.h"

#include <stdlib.h>
#include <string.h>

/* A target makes them: names of its functions, its files and its peers. */
#define MAX_LABELS (1u << 18)
#define MAX_BYTES (64u << 20)

struct entry {
	uint64_t hash;		/* the map's key: stays first */
	int32_t number;
};

void labels_init(struct labels *labels)
{
	*labels = (struct labels){ .n = 0 };
	map_init(&labels->numbers, sizeof(uint64_t));
}

void labels_done(struct labels *labels)
{
	map_free_all(&labels->numbers);
	while (labels->n)
		free(labels->texts[--labels->n]);
	free(labels->texts);
	labels_init(labels);
}

/* FNV-1a, 64 bits. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * 0x100000001b3ULL;
	return hash;
}

static int grow(struct labels *labels)
{
	size_t room = labels->allocated ? 2 * labels->allocated : 64;
	char **grown;

	if (labels->n < labels->allocated)
		return 0;
	grown = realloc(labels->texts, room * sizeof(*grown));
	if (!grown)
		return -1;
	labels->texts = grown;
	labels->allocated = room;
	return 0;
}

static int32_t add(struct labels *labels, uint64_t hash, const char *text)
{
	struct entry *entry;
	char *copy;

	if (labels->n == MAX_LABELS ||
	    labels->bytes + strlen(text) > MAX_BYTES || grow(labels))
		return -1;
	entry = malloc(sizeof(*entry));
	copy = strdup(text);
	if (entry)
		*entry = (struct entry){ hash, (int32_t)labels->n };
	if (!entry || !copy || map_add(&labels->numbers, entry)) {
		free(entry);
		free(copy);
		return -1;
	}
	labels->texts[labels->n] = copy;
	labels->bytes += strlen(copy);
	return (int32_t)labels->n++;
}

int32_t labels_number(struct labels *labels, const char *text)
{
	uint64_t hash = hash_of(text);
	const struct entry *entry;

	/* Another text of the same hash has the place: the next one. */
	while ((entry = map_get(&labels->numbers, &hash))) {
		if (!strcmp(labels->texts[entry->number], text))
			return entry->number;
		hash++;
	}
	return add(labels, hash, text);
}
