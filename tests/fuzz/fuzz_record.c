/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Record files: as they are, and with a right head and right checksums around
 * what is in a block, as noise would not come further than these. The input is
 * the block, and changes, by threes (place, place, byte), of one that is right.
 */
#define FUZZ_ROUNDS 10000
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "acct/ledger.h"
#include "acct/snapshot.h"
#include "model/abi.h"
#include "record/block.h"
#include "record/items.h"
#include "record/record.h"

static struct record_head head = { .version = "1", .collector = "fuzz",
				   .began_ns = 1 };

static void put_sample(struct items *items)
{
	struct key key = { .pid = 7, .tid = 8, .process_start = 5,
			   .thread_start = 6, .abi = ABI_TASK };
	struct slow slow = { .key = key, .wall_ns = 5, .has_args = true };
	struct gauges gauges = { 1, 2, 3 };
	struct machine machine = { 4, 5 };
	struct hist hist = { .count = { 1, 2, [BUCKETS - 1] = 3 } };
	struct cell cell = { 0 };

	items_begin(items);
	items_label(items, "ep_poll");
	items_note(items, "a note");
	items_name(items, &key, "worker");
	items_exit(items, &key);
	cell_add(&cell, MEASURE_CALLS, 3);
	cell_add_estimate(&cell, MEASURE_BLOCKED, 40);
	tally_look(&cell.tally, 2.5);
	items_cell(items, &key, &cell);
	key.abi = ABI_WCHAN;
	items_cell(items, &key, &cell);
	key.abi = ABI_NATIVE;
	key.stack = key.file = 1;
	items_cell(items, &key, &cell);
	items_hist(items, &key, &hist);
	key.abi = ABI_PHASE;
	items_cell(items, &key, &cell);
	items_slow(items, &slow);
	items_lost(items, LOSS_CALLS, 4);
	items_gauges(items, &gauges);
	items_machine(items, &machine);
	items_programs(items, 6);
	items_end(items);
	must(!items->pack.err);
}

static bool knows_each_label(const struct ledger *ledger)
{
	const struct record *record;
	size_t pos = 0;

	while ((record = map_next(&ledger->records, &pos))) {
		const struct key *key = &record->key;
		int64_t n = (int64_t)ledger->labels.n;

		if ((key->abi == ABI_WCHAN || key->abi == ABI_FUNCTION) &&
		    key->nr >= n)
			return false;
		if (key->stack > n || key->file > n || key->waker > n)
			return false;
	}
	return true;
}

/* What was read can be shown. */
static void show(const struct ledger *ledger)
{
	static const unsigned groupings[] = {
		1u << DIM_SYSCALL, 1u << DIM_PROCESS | 1u << DIM_THREAD,
		1u << DIM_REQUEST | 1u << DIM_STATUS | 1u << DIM_SYSCALL,
		1u << DIM_PHASE, 1u << DIM_STACK | 1u << DIM_FILE,
	};

	for (size_t i = 0; i < sizeof(groupings) / sizeof(*groupings); i++) {
		struct snapshot_cfg cfg = { .collector = "fuzz",
					    .by = groupings[i],
					    .interval_ns = 1, .smb = !i,
					    .slowest = 5, .functions = true };
		struct snapshot *snap = NULL;

		must(!snapshot_take(&snap, ledger, &cfg, NULL));
		snapshot_free(snap);
	}
}

/* The whole of a file; how many blocks of it made sense, -1: none of it. */
static int read_file(const void *data, size_t size)
{
	struct record_reader *reader = NULL;
	struct why why = { 0 };
	struct ledger ledger;
	struct sink sink;
	char path[40];
	int fd = memfd_create("record", 0), n = 0, ret;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = record_open(&reader, path, &why);
	close(fd);
	if (ret) {
		must(*why.text);
		return -1;
	}
	ledger_init(&ledger, 1000);
	sink = ledger_sink(&ledger);
	while ((ret = record_next(reader, &sink, true, &why)) > 0)
		n++;
	must(!ret);
	must(n == (int)record_count(reader));
	must(knows_each_label(&ledger));
	show(&ledger);
	record_close(reader);
	ledger_done(&ledger);
	return n;
}

static void put_block(struct pack *file, enum block_kind kind,
		      const void *data, size_t size)
{
	struct block block = { .kind = kind, .stored = (uint32_t)size,
			       .raw = (uint32_t)size,
			       .interval = { .interval_ns = 1 } };
	uint8_t before[BLOCK_SIZE];

	block_write(before, &block, data);
	pack_bytes(file, before, sizeof(before));
	pack_bytes(file, data, size);
}

/* A file with these blocks, twice the second one. */
static int read_blocks(const void *head_data, size_t head_size,
		       const void *data, size_t size)
{
	struct pack file = { .size = 0 };
	int n;

	pack_bytes(&file, RECORD_MAGIC "1\n", strlen(RECORD_MAGIC "1\n"));
	put_block(&file, BLOCK_HEAD, head_data, head_size);
	put_block(&file, BLOCK_INTERVAL, data, size);
	put_block(&file, BLOCK_INTERVAL, data, size);
	n = read_file(file.data, file.size);
	pack_done(&file);
	return n;
}

static void change(uint8_t *data, size_t size, const uint8_t *by, size_t n)
{
	for (; n >= 3; n -= 3, by += 3)
		data[(by[0] << 8 | by[1]) % size] = by[2];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct items items = { .last = { .pid = 0 } };
	struct pack text = { .size = 0 };

	read_file(data, size);
	head_write(&text, &head);
	read_blocks(text.data, text.size, data, size);
	read_blocks(data, size, data, size);
	put_sample(&items);
	must(read_blocks(text.data, text.size, items.pack.data,
			 items.pack.size) == 2);
	change(items.pack.data, items.pack.size, data, size);
	read_blocks(text.data, text.size, items.pack.data, items.pack.size);
	put_sample(&items);
	change(text.data, text.size, data, size);
	read_blocks(text.data, text.size, items.pack.data, items.pack.size);
	items_done(&items);
	pack_done(&text);
	return 0;
}

FUZZ_CORPUS("changes", "record", "small")
