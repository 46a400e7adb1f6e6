/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

struct entry {
	int32_t key;
	int value;
};

struct pair_entry {
	uint64_t high, low;
	int value;
};

static void empty_map_knows_nothing(void **state)
{
	struct map map;
	int32_t key = 1;
	size_t pos = 0;

	(void)state;
	map_init(&map, sizeof(key));
	assert_null(map_get(&map, &key));
	assert_null(map_del(&map, &key));
	assert_null(map_next(&map, &pos));
	assert_int_equal(map.used, 0);
	map_done(&map);
}

static void finds_what_was_added(void **state)
{
	struct entry a = { 1, 10 }, b = { -2, 20 }, c = { 0, 30 };
	struct map map;
	int32_t key = 3;

	(void)state;
	map_init(&map, sizeof(key));
	assert_int_equal(map_add(&map, &a), 0);
	assert_int_equal(map_add(&map, &b), 0);
	assert_int_equal(map_add(&map, &c), 0);
	assert_ptr_equal(map_get(&map, &a.key), &a);
	assert_ptr_equal(map_get(&map, &b.key), &b);
	assert_ptr_equal(map_get(&map, &c.key), &c);
	assert_null(map_get(&map, &key));
	assert_int_equal(map.used, 3);
	assert_ptr_equal(map_del(&map, &b.key), &b);
	assert_null(map_get(&map, &b.key));
	assert_null(map_del(&map, &b.key));
	assert_int_equal(map.used, 2);
	assert_int_equal(map_add(&map, &b), 0);
	assert_ptr_equal(map_get(&map, &b.key), &b);
	map_done(&map);
	assert_null(map_get(&map, &a.key));
	/* A map that was emptied can be used again. */
	assert_int_equal(map_add(&map, &a), 0);
	assert_ptr_equal(map_get(&map, &a.key), &a);
	map_done(&map);
}

/* Only the first key_size bytes are the key, and all of them. */
static void compares_the_whole_key(void **state)
{
	struct pair_entry a = { 1, 1, 5 }, b = { 1, 2, 5 }, c = { 2, 1, 5 };
	struct pair_entry like_b = { 1, 2, 99 };
	struct map map;

	(void)state;
	map_init(&map, offsetof(struct pair_entry, value));
	map_add(&map, &a);
	map_add(&map, &b);
	map_add(&map, &c);
	assert_ptr_equal(map_get(&map, &like_b), &b);
	assert_ptr_equal(map_get(&map, &a), &a);
	assert_ptr_equal(map_get(&map, &c), &c);
	map_done(&map);
}

static void grows_and_keeps_all(void **state)
{
	enum { N = 20000 };
	struct entry *entries = calloc(N, sizeof(*entries));
	struct entry *entry;
	struct map map;
	size_t pos = 0, seen = 0;

	(void)state;
	map_init(&map, sizeof(int32_t));
	for (int i = 0; i < N; i++) {
		/* Multiples of a power of two: a weak hash would collide. */
		entries[i].key = i * 1024;
		assert_int_equal(map_add(&map, &entries[i]), 0);
	}
	assert_int_equal(map.used, N);
	for (int i = 0; i < N; i++)
		assert_ptr_equal(map_get(&map, &entries[i].key),
				 &entries[i]);
	while ((entry = map_next(&map, &pos))) {
		entry->value++;
		seen++;
	}
	assert_int_equal(seen, N);
	for (int i = 0; i < N; i++)
		assert_int_equal(entries[i].value, 1);
	map_done(&map);
	free(entries);
}

/* Ids come and go for days: the slots must not grow with all that ever
 * were, only with those that are. */
static void tombstones_do_not_pile_up(void **state)
{
	enum { LIVE = 10, ROUNDS = 300000 };
	struct entry ring[LIVE];
	struct map map;

	(void)state;
	map_init(&map, sizeof(int32_t));
	for (int i = 0; i < ROUNDS; i++) {
		struct entry *entry = &ring[i % LIVE];

		if (i >= LIVE)
			assert_ptr_equal(map_del(&map, &entry->key), entry);
		entry->key = i;
		assert_int_equal(map_add(&map, entry), 0);
	}
	assert_int_equal(map.used, LIVE);
	assert_true(map.capacity <= 256);
	for (int i = 0; i < LIVE; i++)
		assert_ptr_equal(map_get(&map, &ring[i].key), &ring[i]);
	map_done(&map);
}

static void deletes_while_walking(void **state)
{
	enum { N = 1000 };
	struct entry entries[N];
	struct entry *entry;
	struct map map;
	size_t pos = 0, seen = 0;

	(void)state;
	map_init(&map, sizeof(int32_t));
	for (int i = 0; i < N; i++) {
		entries[i] = (struct entry){ i, 0 };
		map_add(&map, &entries[i]);
	}
	while ((entry = map_next(&map, &pos))) {
		seen++;
		entry->value++;
		if (entry->key % 3 == 0)
			assert_ptr_equal(map_del(&map, &entry->key), entry);
	}
	assert_int_equal(seen, N);
	for (int i = 0; i < N; i++) {
		assert_int_equal(entries[i].value, 1);
		assert_ptr_equal(map_get(&map, &entries[i].key),
				 i % 3 ? &entries[i] : NULL);
	}
	pos = 0;
	while ((entry = map_next(&map, &pos)))
		map_del(&map, &entry->key);
	assert_int_equal(map.used, 0);
	pos = 0;
	assert_null(map_next(&map, &pos));
	map_done(&map);
}

/* What a map has to be: an array with a mark per possible key. */
enum { KEYS = 300 };

static void check_against(const struct map *map, struct entry *entries,
			  const bool *there)
{
	struct entry *entry;
	size_t pos = 0, n = 0, seen = 0;

	for (int i = 0; i < KEYS; i++) {
		n += there[i];
		assert_ptr_equal(map_get(map, &entries[i].key),
				 there[i] ? &entries[i] : NULL);
	}
	assert_int_equal(map->used, n);
	while ((entry = map_next(map, &pos))) {
		assert_true(there[entry - entries]);
		seen++;
	}
	assert_int_equal(seen, n);
}

static void agrees_with_a_naive_model(void **state)
{
	struct entry entries[KEYS];
	bool there[KEYS] = { false };
	struct rng rng = { 42 };
	struct map map;

	(void)state;
	map_init(&map, sizeof(int32_t));
	for (int i = 0; i < KEYS; i++)
		entries[i] = (struct entry){ (i - 100) * 65536, i };
	for (int step = 0; step < 200000; step++) {
		int i = (int)rng_below(&rng, KEYS);
		/* Times of growth and times of decline. */
		bool add = rng_below(&rng, 100) <
			   (step / 20000 % 2 ? 30u : 70u);

		if (add && !there[i]) {
			assert_int_equal(map_add(&map, &entries[i]), 0);
			there[i] = true;
		} else if (!add) {
			assert_ptr_equal(map_del(&map, &entries[i].key),
					 there[i] ? &entries[i] : NULL);
			there[i] = false;
		}
		if (step % 500 == 0)
			check_against(&map, entries, there);
	}
	check_against(&map, entries, there);
	map_done(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_map_knows_nothing),
		cmocka_unit_test(finds_what_was_added),
		cmocka_unit_test(compares_the_whole_key),
		cmocka_unit_test(grows_and_keeps_all),
		cmocka_unit_test(tombstones_do_not_pile_up),
		cmocka_unit_test(deletes_while_walking),
		cmocka_unit_test(agrees_with_a_naive_model),
	};

	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
