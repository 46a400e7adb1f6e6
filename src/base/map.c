/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/map.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

static char tombstone;	/* its address marks a deleted slot, never read */

/* By words, as keys are of many bytes: each is mixed into all of the hash by
 * a multiplication whose upper half comes back down. */
static size_t hash_bytes(const void *key, size_t size)
{
	const unsigned char *p = key;
	uint64_t h = 0xcbf29ce484222325u, word;

	for (; size; p += sizeof(word)) {
		size_t n = size < sizeof(word) ? size : sizeof(word);

		word = 0;
		memcpy(&word, p, n);
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
		size -= n;
	}
	return (size_t)h;
}

void map_init(struct map *map, size_t key_size)
{
	*map = (struct map){ .key_size = key_size };
}

void map_done(struct map *map)
{
	free(map->slots);
	map_init(map, map->key_size);
}

void map_free_all(struct map *map)
{
	size_t pos = 0;
	void *entry;

	while ((entry = map_next(map, &pos)))
		free(entry);
	map_done(map);
}

/* The slot that holds @key, or NULL. */
static void **find(const struct map *map, const void *key)
{
	size_t mask = map->capacity - 1, i;

	if (!map->capacity)
		return NULL;
	i = hash_bytes(key, map->key_size) & mask;
	for (; map->slots[i]; i = (i + 1) & mask)
		if (map->slots[i] != &tombstone &&
		    !memcmp(map->slots[i], key, map->key_size))
			return &map->slots[i];
	return NULL;
}

static void insert(struct map *map, void *entry)
{
	size_t mask = map->capacity - 1;
	size_t i = hash_bytes(entry, map->key_size) & mask;

	while (map->slots[i])
		i = (i + 1) & mask;
	map->slots[i] = entry;
	map->filled++;
	map->used++;
}

static int grow(struct map *map)
{
	struct map next = { .key_size = map->key_size };
	size_t pos = 0;
	void *entry;

	/* Half full of live entries at most, so that probes stay short. */
	next.capacity = FIRST_CAPACITY;
	while (next.capacity < (map->used + 1) * 3)
		next.capacity *= 2;
	next.slots = calloc(next.capacity, sizeof(*next.slots));
	if (!next.slots)
		return -ENOMEM;
	while ((entry = map_next(map, &pos)))
		insert(&next, entry);
	free(map->slots);
	*map = next;
	return 0;
}

void *map_get(const struct map *map, const void *key)
{
	void **slot = find(map, key);

	return slot ? *slot : NULL;
}

int map_add(struct map *map, void *entry)
{
	if ((map->filled + 1) * 3 > map->capacity * 2) {
		int err = grow(map);

		if (err)
			return err;
	}
	insert(map, entry);
	return 0;
}

void *map_del(struct map *map, const void *key)
{
	void **slot = find(map, key);
	void *entry;

	if (!slot)
		return NULL;
	entry = *slot;
	*slot = &tombstone;
	map->used--;
	return entry;
}

void *map_next(const struct map *map, size_t *pos)
{
	while (*pos < map->capacity) {
		void *entry = map->slots[(*pos)++];

		if (entry && entry != &tombstone)
			return entry;
	}
	return NULL;
}
