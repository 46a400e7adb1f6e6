/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What numbers mean in a record is said by names. */
#include "unit.h"

#include <errno.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"
#include "record/fields.h"
#include "record/head.h"
#include "record/items.h"

static struct record_head sample(void)
{
	return (struct record_head){
		.version = "9.8.7", .host = "h", .kernel = "k",
		.target = "a\nb", .command_line = "c", .collector = "bpf",
		.measures = ~0u >> (32 - MEASURE_COUNT), .began_ns = 5,
	};
}

/* The text of a head in which @from is @to. */
static char *changed(const char *from, const char *to)
{
	struct record_head head = sample();
	struct pack pack = { .size = 0 };
	char *text, *at, *ret;

	head_write(&pack, &head);
	text = strndup((const char *)pack.data, pack.size);
	pack_done(&pack);
	at = strstr(text, from);
	assert_non_null(at);
	assert_true(asprintf(&ret, "%.*s%s%s", (int)(at - text), text, to,
			     at + strlen(from)) > 0);
	free(text);
	return ret;
}

static int reads(char *text, struct record_head *head,
		 struct head_dialect *dialect, struct why *why)
{
	int err = head_read(text, strlen(text), head, dialect, why);

	free(text);
	return err;
}

static void is_refused(const char *from, const char *to, const char *words)
{
	struct head_dialect dialect;
	struct record_head head;
	struct why why = { 0 };

	assert_true(reads(changed(from, to), &head, &dialect, &why) < 0);
	assert_non_null(strstr(why.text, words));
}

static void numbers_come_out_as_they_went_in(void **state)
{
	static const int64_t values[] = { 0, 1, -1, 63, 64, -64, -65, 1 << 20,
					  INT64_MAX, INT64_MIN };
	struct pack pack = { .size = 0 };
	struct unpack from = { .bad = false };
	char text[PACK_TEXT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < N_OF(values); i++) {
		pack_signed(&pack, values[i]);
		pack_number(&pack, (uint64_t)values[i]);
	}
	pack_double(&pack, -DBL_MIN);
	pack_text(&pack, "text");
	from.at = pack.data;
	from.end = pack.data + pack.size;
	for (size_t i = 0; i < N_OF(values); i++) {
		assert_int_equal(unpack_signed(&from), values[i]);
		assert_int_equal(unpack_number(&from), values[i]);
	}
	assert_true(unpack_double(&from) == -DBL_MIN);
	unpack_text(&from, text);
	assert_string_equal(text, "text");
	assert_false(from.bad);
	assert_ptr_equal(from.at, from.end);
	assert_int_equal(unpack_byte(&from), 0);
	assert_true(from.bad);
	pack_done(&pack);
	/* The check value of this CRC. */
	assert_int_equal(pack_crc(0, "123456789", 9), 0xcbf43926u);
}

static void numbers_that_are_too_long_are_bad(void **state)
{
	static const uint8_t long_ones[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					     0xff, 0xff, 0xff, 0x02, 0 };
	struct unpack from = { .at = long_ones,
			       .end = long_ones + sizeof(long_ones) };

	(void)state;
	assert_int_equal(unpack_number(&from), 0);
	assert_true(from.bad);
}

static void each_part_of_a_key_is_there(void **state)
{
	struct key all, none = { .pid = 0 };

	(void)state;
	memset(&all, 0xff, sizeof(all));
	for (int i = 0; i < FIELD_COUNT; i++) {
		assert_int_equal(field_get(&all, i), -1);
		assert_int_equal(field_get(&none, i), 0);
		assert_true(field_set(&none, i, -1));
	}
	assert_memory_equal(&all, &none, sizeof(all));
	assert_false(field_set(&none, 2, 1ll << 40));
}

static void what_is_not_known_is_refused(void **state)
{
	(void)state;
	is_refused("all-measures wall", "all-measures wall,tea", "'tea'");
	is_refused("all-measures wall", "all-measures wall,tea", "9.8.7");
	is_refused("all-losses ", "all-losses odd\033,", "'odd\\033'");
	is_refused("key process-start", "key owner,process-start", "'owner'");
	is_refused("machine ", "machine vax", "vax");
	is_refused("buckets ", "buckets 1", "buckets");
	is_refused("collector bpf\n", "", "head makes no sense");
	is_refused("key ", "lock ", "head makes no sense");
	is_refused("began-ns 5", "began-ns -5", "head makes no sense");
	is_refused("slowest 0", "slowest 123456", "head makes no sense");
}

static void what_need_not_be_known_is_passed_over(void **state)
{
	struct head_dialect dialect;
	struct record_head head;
	struct why why = { 0 };

	(void)state;
	assert_int_equal(reads(changed("has \n", "has smb,lemon\nodd one\n"
				       "alone\n"), &head, &dialect, &why), 0);
	assert_true(head.smb);
	assert_false(head.errors);
	assert_string_equal(head.target, "a?b");
	assert_int_equal(head.measures, sample().measures);
}

/* A record of a version that had fewer, in another order. */
static void numbers_are_the_writers(void **state)
{
	struct items items = { .last = { .pid = 0 } };
	struct items_memory memory = { .n_labels = 0 };
	struct head_dialect dialect;
	struct record_head head;
	struct cell cell = { .have = 3, .value = { 8, 9 } };
	struct key key = seen_in(0, 0, ABI_NATIVE, 0);
	const struct record *record;
	struct why why = { 0 };
	struct book book;
	char *text;

	(void)state;
	assert_true(asprintf(&text, "version 0\nmachine %s\nbuckets 6,41,4\n"
			     "collector x\nall-measures calls,cpu\n"
			     "all-losses %s\nkey abi,pid\n",
			     abi_name(ABI_NATIVE), loss_table[3].name) > 0);
	assert_int_equal(reads(text, &head, &dialect, &why), 0);
	book_open(&book);
	items_begin(&items);
	pack_byte(&items.pack, 'C');
	pack_number(&items.pack, 3);
	pack_signed(&items.pack, ABI_NATIVE);
	pack_signed(&items.pack, 33);
	pack_number(&items.pack, 3);
	pack_number(&items.pack, 0);
	pack_signed(&items.pack, cell.value[0]);
	pack_signed(&items.pack, cell.value[1]);
	pack_signed(&items.pack, 0);
	pack_number(&items.pack, 0);
	items_end(&items);
	assert_int_equal(items_read(items.pack.data, items.pack.size, &dialect,
				    &memory, &book.sink, true), 0);
	key = (struct key){ .pid = 33, .abi = ABI_NATIVE };
	record = map_get(&book.ledger.records, &key);
	assert_non_null(record);
	assert_int_equal(record->cell.have, 1u << MEASURE_CALLS |
					    1u << MEASURE_CPU);
	assert_int_equal(record->cell.value[MEASURE_CALLS], 8);
	assert_int_equal(record->cell.value[MEASURE_CPU], 9);
	items_forget(&memory);
	items_done(&items);
	book_close(&book);
}

/* Sums would overflow. */
static void too_much_makes_no_sense(void **state)
{
	struct key key = seen_in(1, 1, ABI_NATIVE, 0);
	struct items items = { .last = { .pid = 0 } };
	struct items_memory memory = { .n_labels = 0 };
	struct record_head head = sample();
	struct head_dialect dialect;
	struct pack pack = { .size = 0 };
	struct cell cell = { 0 };
	struct why why = { 0 };
	struct book book;
	int n = 0, err;

	(void)state;
	head_write(&pack, &head);
	assert_int_equal(head_read((const char *)pack.data, pack.size, &head,
				   &dialect, &why), 0);
	pack_done(&pack);
	book_open(&book);
	cell_add(&cell, MEASURE_WALL, 1ll << 56);
	items_begin(&items);
	items_cell(&items, &key, &cell);
	items_end(&items);
	do {
		err = items_read(items.pack.data, items.pack.size, &dialect,
				 &memory, &book.sink, true);
	} while (!err && ++n < 1000);
	assert_int_equal(err, -EPROTO);
	assert_int_equal(n, 16);
	cell.value[MEASURE_WALL]++;
	items_begin(&items);
	items_cell(&items, &key, &cell);
	items_end(&items);
	items_forget(&memory);
	assert_int_equal(items_read(items.pack.data, items.pack.size, &dialect,
				    &memory, &book.sink, true), -EPROTO);
	items_forget(&memory);
	items_done(&items);
	book_close(&book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_come_out_as_they_went_in),
		cmocka_unit_test(numbers_that_are_too_long_are_bad),
		cmocka_unit_test(each_part_of_a_key_is_there),
		cmocka_unit_test(what_is_not_known_is_refused),
		cmocka_unit_test(what_need_not_be_known_is_passed_over),
		cmocka_unit_test(numbers_are_the_writers),
		cmocka_unit_test(too_much_makes_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
