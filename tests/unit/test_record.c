/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records come out as they went in, or with a sentence; and what is on the
 * disk is whole. */
#include "recorded.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "record/block.h"
#include "record/record.h"

static char *bytes;
static size_t size;

static void read_file(void)
{
	struct stat st;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	size = (size_t)st.st_size;
	bytes = malloc(size);
	assert_int_equal(fread(bytes, 1, size, f), size);
	fclose(f);
}

static void write_file(const char *data, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	fclose(f);
}

static struct record_reader *open_record(void)
{
	struct record_reader *reader = NULL;
	struct why why = { 0 };

	assert_int_equal(record_open(&reader, path, &why), 0);
	return reader;
}

static size_t read_all(struct record_reader *reader, struct book *book)
{
	struct why why = { 0 };
	size_t n = 0;
	int ret;

	while ((ret = record_next(reader, &book->sink, true, &why)) > 0)
		n++;
	assert_int_equal(ret, 0);
	return n;
}

static void comes_out_as_it_went_in(void **state)
{
	struct record_head head = head_of("bpf");
	struct book wrote, read;
	struct record_reader *reader;

	(void)state;
	book_open(&wrote);
	book_open(&read);
	write_record(&wrote, 40);
	assert_int_equal(files_in_dir(), 1);
	reader = open_record();
	assert_memory_equal(record_head(reader), &head, sizeof(head));
	assert_int_equal(record_count(reader), 40);
	assert_int_equal(record_end_ns(reader, 39), 40 * SEC);
	assert_int_equal(record_block(reader, 3)->own_cpu_ns, 3 * MS);
	assert_int_equal(record_block(reader, 3)->call_cost_ns, 120);
	assert_int_equal(read_all(reader, &read), 40);
	assert_null(record_fault(reader));
	assert_same(&wrote.ledger, &read.ledger);
	/* Once more, from the beginning. */
	ledger_done(&read.ledger);
	record_rewind(reader);
	assert_int_equal(read_all(reader, &read), 40);
	assert_same(&wrote.ledger, &read.ledger);
	record_close(reader);
	book_close(&wrote);
	book_close(&read);
}

/* At a sink that has labels of its own they get other numbers. */
static void labels_get_the_readers_numbers(void **state)
{
	struct key key = seen_in(1, 1, ABI_WCHAN, 1);
	struct record_head head = head_of("bpf");
	struct record_block block = second(0);
	struct items items = { .last = { .pid = 0 } };
	struct record_writer *writer = NULL;
	struct record_reader *reader;
	struct cell cell = { 0 };
	struct book read;

	(void)state;
	cell_add(&cell, MEASURE_CALLS, 1);
	assert_int_equal(record_create(&writer, path, NULL), 0);
	assert_int_equal(record_begin(writer, &head, NULL), 0);
	items_begin(&items);
	items_label(&items, "first");
	items_label(&items, "second");
	items_end(&items);
	assert_int_equal(record_append(writer, &block, &items, NULL), 0);
	items_begin(&items);
	items_label(&items, "third");
	items_cell(&items, &key, &cell);
	key = seen_in(1, 1, ABI_NATIVE, 0);
	key.stack = 3;
	items_cell(&items, &key, &cell);
	items_end(&items);
	assert_int_equal(record_append(writer, &block, &items, NULL), 0);
	record_finish(writer);
	items_done(&items);
	book_open(&read);
	read.sink.label(read.sink.ctx, "its own");
	read.sink.label(read.sink.ctx, "third");
	reader = open_record();
	assert_int_equal(read_all(reader, &read), 2);
	record_close(reader);
	key.stack = 2;
	assert_non_null(map_get(&read.ledger.records, &key));
	key = seen_in(1, 1, ABI_WCHAN, 3);
	assert_non_null(map_get(&read.ledger.records, &key));
	assert_string_equal(read.ledger.labels.texts[3], "second");
	book_close(&read);
}

static void moments_are_those_of_the_end(void **state)
{
	struct key key = seen_in(1, 1, ABI_NATIVE, 0);
	struct record_head head = head_of("bpf");
	struct items items = { .last = { .pid = 0 } };
	struct record_writer *writer = NULL;
	struct record_reader *reader;
	const struct record *record;
	struct cell cell = { 0 };
	struct book read;

	(void)state;
	cell_add(&cell, MEASURE_IN_FLIGHT, 1);
	assert_int_equal(record_create(&writer, path, NULL), 0);
	assert_int_equal(record_begin(writer, &head, NULL), 0);
	for (int n = 0; n < 3; n++) {
		struct record_block block = second(n);

		items_begin(&items);
		items_cell(&items, &key, &cell);
		items_end(&items);
		assert_int_equal(record_append(writer, &block, &items, NULL),
				 0);
	}
	record_finish(writer);
	items_done(&items);
	book_open(&read);
	reader = open_record();
	for (int n = 0; n < 3; n++) {
		record = map_get(&read.ledger.records, &key);
		assert_null(record);
		assert_int_equal(record_next(reader, &read.sink, n == 2, NULL),
				 1);
	}
	record = map_get(&read.ledger.records, &key);
	assert_non_null(record);
	assert_int_equal(record->cell.value[MEASURE_IN_FLIGHT], 1);
	record_close(reader);
	book_close(&read);
}

/* Each whole block is read, whatever is behind it; nothing else is. */
static void is_read_up_to_where_it_is_cut(void **state)
{
	size_t at[4], n = 0, begins = 0;
	struct book wrote;

	(void)state;
	book_open(&wrote);
	write_record(&wrote, 3);
	book_close(&wrote);
	read_file();
	for (size_t i = 0; i + 4 <= size; i++)
		if (!memcmp(bytes + i, "SBLK", 4) && n < N_OF(at))
			at[n++] = i;
	assert_int_equal(n, 4);
	for (size_t len = 0; len <= size; len++) {
		struct record_reader *reader = NULL;
		struct why why = { 0 };
		struct book read;

		write_file(bytes, len);
		if (record_open(&reader, path, &why)) {
			assert_true(len < at[1]);
			assert_non_null(strstr(why.text, path));
			continue;
		}
		begins += len == at[1];
		book_open(&read);
		assert_int_equal(read_all(reader, &read),
				 len == size ? 3 : len >= at[3] ? 2 :
				 len >= at[2] ? 1 : 0);
		assert_int_equal(!record_fault(reader), len == size ||
				 len == at[1] || len == at[2] ||
				 len == at[3]);
		record_close(reader);
		book_close(&read);
	}
	assert_int_equal(begins, 1);
	free(bytes);
}

/* A bit that turned is seen, and what precedes it is as it was. */
static void damage_is_seen(void **state)
{
	struct book wrote, blocks[4];
	struct rng rng = { 3 };
	struct items items = { .last = { .pid = 0 } };

	(void)state;
	for (int i = 0; i < 4; i++) {
		book_open(&blocks[i]);
		for (int n = 0; n < i; n++)
			tell_block(&blocks[i], &items, n);
	}
	items_done(&items);
	book_open(&wrote);
	write_record(&wrote, 3);
	book_close(&wrote);
	read_file();
	for (int i = 0; i < 2000; i++) {
		size_t at = rng_below(&rng, size);
		char bit = (char)(1 << rng_below(&rng, 8));
		struct record_reader *reader = NULL;
		struct why why = { 0 };
		struct book read;
		size_t n;

		bytes[at] ^= bit;
		write_file(bytes, size);
		bytes[at] ^= bit;
		if (record_open(&reader, path, &why)) {
			assert_non_null(strstr(why.text, path));
			continue;
		}
		book_open(&read);
		n = read_all(reader, &read);
		assert_true(n < 3);
		assert_non_null(record_fault(reader));
		assert_same(&blocks[n].ledger, &read.ledger);
		record_close(reader);
		book_close(&read);
	}
	free(bytes);
	for (int i = 0; i < 4; i++)
		book_close(&blocks[i]);
}

static void is_refused(const char *content, size_t n, const char *words)
{
	struct record_reader *reader = NULL;
	struct why why = { 0 };

	write_file(content, n);
	assert_true(record_open(&reader, path, &why) < 0);
	assert_non_null(strstr(why.text, words));
}

static void what_is_no_record_is_told(void **state)
{
	static const char later[] = "smbsysacct record 2\nwhatever it is";
	struct record_reader *reader = NULL;
	struct why why = { 0 };

	(void)state;
	is_refused("", 0, "no record");
	is_refused("{\"version\": 1}\n", 15, "no record");
	is_refused("smbsysacct record \n", 19, "no record");
	is_refused("smbsysacct record 1\n", 20, "head");
	is_refused(later, sizeof(later) - 1, "format 2");
	assert_int_equal(record_open(&reader, dir, &why), -EINVAL);
	assert_int_equal(record_open(&reader, other, &why), -ENOENT);
	assert_non_null(strstr(why.text, strerror(ENOENT)));
}

/* --- writing --- */

static void only_records_are_replaced(void **state)
{
	struct record_head head = head_of("bpf");
	struct record_writer *writer = NULL;
	struct why why = { 0 };
	struct book book;

	(void)state;
	make(path, "somebody's work", 0600);
	assert_int_equal(record_create(&writer, path, &why), -EEXIST);
	assert_non_null(strstr(why.text, path));
	check_content(path, "somebody's work");
	assert_int_equal(symlink(path, other), 0);
	assert_true(record_create(&writer, other, &why) < 0);
	assert_int_equal(files_in_dir(), 2);
	unlink(path);
	unlink(other);
	book_open(&book);
	write_record(&book, 2);
	book_close(&book);
	/* What has not begun leaves what was there. */
	assert_int_equal(record_create(&writer, path, &why), 0);
	record_finish(writer);
	assert_int_equal(files_in_dir(), 1);
	read_file();
	assert_int_equal(record_create(&writer, path, &why), 0);
	assert_int_equal(record_begin(writer, &head, &why), 0);
	record_finish(writer);
	assert_int_equal(files_in_dir(), 1);
	free(bytes);
	read_file();
	free(bytes);
	book_open(&book);
	{
		struct record_reader *reader = open_record();

		assert_int_equal(read_all(reader, &book), 0);
		record_close(reader);
	}
	book_close(&book);
}

static void a_full_disk_ends_it_with_a_whole_block(void **state)
{
	struct record_head head = head_of("bpf");
	struct items items = { .last = { .pid = 0 } };
	struct record_writer *writer = NULL;
	struct record_reader *reader;
	struct rlimit limit;
	struct why why = { 0 };
	struct book wrote, read;
	int n = 0, err = 0;

	(void)state;
	book_open(&wrote);
	book_open(&read);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(record_create(&writer, path, &why), 0);
	assert_int_equal(record_begin(writer, &head, &why), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = 10000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (; !err && n < 1000; n++) {
		struct record_block block = second(n);
		struct book *book = &wrote;

		tell_block(book, &items, n);
		err = record_append(writer, &block, &items, &why);
	}
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_true(err < 0);
	assert_non_null(strstr(why.text, "can be read"));
	record_finish(writer);
	reader = open_record();
	assert_int_equal(read_all(reader, &read), n - 1);
	assert_null(record_fault(reader));
	record_close(reader);
	items_done(&items);
	book_close(&wrote);
	book_close(&read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(comes_out_as_it_went_in),
		IN_DIR(labels_get_the_readers_numbers),
		IN_DIR(moments_are_those_of_the_end),
		IN_DIR(is_read_up_to_where_it_is_cut),
		IN_DIR(damage_is_seen),
		IN_DIR(what_is_no_record_is_told),
		IN_DIR(only_records_are_replaced),
		IN_DIR(a_full_disk_ends_it_with_a_whole_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
