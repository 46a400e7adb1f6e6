/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash map of pointers to entries that begin with their own key: the
 * first key_size bytes, compared as bytes, so a key has no padding. The map
 * owns its slots, never the entries. Not thread-safe. Look-ups are O(1);
 * entries may be deleted while walking with map_next().
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>

struct map {
	size_t key_size;
	size_t used;		/* live entries */
	size_t filled;		/* live entries and tombstones */
	size_t capacity;	/* a power of two, or 0 */
	void **slots;
};

void map_init(struct map *map, size_t key_size);
void map_done(struct map *map);
/* And its entries, which have nothing else of their own. It can be used on. */
void map_free_all(struct map *map);

void *map_get(const struct map *map, const void *key);
/* Add an entry whose key is not in the map yet. 0 or -ENOMEM. */
int map_add(struct map *map, void *entry);
/* Take an entry out; returns it, or NULL where the key is unknown. */
void *map_del(struct map *map, const void *key);
/* The next entry from position *pos on (start at 0), NULL at the end. */
void *map_next(const struct map *map, size_t *pos);

#endif
