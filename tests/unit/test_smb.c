/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMB2 requests: their names, whose they are, and the report on them. */
#include "book.h"

#include <stdlib.h>

#include "model/smb2.h"
#include "report/report.h"

/* Known by name on every machine, and without a library. */
#define OPEN 452	/* fchmodat2 */

#define CREATE (SMB2_CREATE + 1)
#define WRITE (SMB2_WRITE + 1)
#define DENIED 0xc0000022u

static void commands_and_statuses_have_names(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(smb2_command(0), "NEGOTIATE");
	assert_string_equal(smb2_command(SMB2_CREATE), "CREATE");
	assert_string_equal(smb2_command(SMB2_CANCEL), "CANCEL");
	assert_string_equal(smb2_command(18), "OPLOCK_BREAK");
	assert_string_equal(smb2_command(SMB2_UNKNOWN), "(unknown)");
	assert_string_equal(smb2_command(-1), "(unknown)");
	assert_string_equal(smb2_status(text, sizeof(text), 0), "OK");
	assert_string_equal(smb2_status(text, sizeof(text), DENIED),
			    "ACCESS_DENIED");
	assert_string_equal(smb2_status(text, sizeof(text), 0xc0ffee00),
			    "0xc0ffee00");
	assert_true(smb2_failed(DENIED));
	assert_false(smb2_failed(0));
	assert_false(smb2_failed(0x80000006));
	/* A step of a session's set-up. */
	assert_false(smb2_failed(0xc0000016));
}

static void calls_of_helpers_are_for_a_command(void **state)
{
	int io = -1;

	(void)state;
	assert_int_equal(smb2_helps("pread64", &io), SMB2_READ);
	assert_int_equal(io, PHASE_READ_IO);
	assert_int_equal(smb2_helps("pwrite64", &io), SMB2_WRITE);
	assert_int_equal(io, PHASE_WRITE_IO);
	assert_int_equal(smb2_helps("fsync", &io), SMB2_FLUSH);
	assert_int_equal(io, PHASE_FLUSH_IO);
	assert_int_equal(smb2_helps("futex", &io), -1);
}

static struct key of_request(int pid, uint64_t session, uint32_t tree,
			     int32_t request, uint32_t status)
{
	struct key key = process_of(pid);

	key.abi = ABI_REQUEST;
	key.session = session;
	key.tree = tree;
	key.request = request;
	key.status = status;
	return key;
}

static void post_request(struct book *book, struct key key, int64_t n,
			 int64_t wall, int64_t run)
{
	struct hist hist = { { 0 } };
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_REQUESTS, n);
	cell_add(&cell, MEASURE_ERRORS, key.status ? n : 0);
	cell_add(&cell, MEASURE_WALL, wall);
	cell_add(&cell, MEASURE_ENDED, wall);
	cell_add(&cell, MEASURE_ASYNC, wall - run);
	cell_add(&cell, MEASURE_CPU, run);
	cell_add(&cell, MEASURE_BLOCKED, 0);
	cell_add(&cell, MEASURE_RUNQ, 0);
	cell_add(&cell, MEASURE_MIN, wall / n);
	cell_add(&cell, MEASURE_MAX, wall / n);
	book->sink.cell(book->sink.ctx, &key, &cell);
	hist.count[bucket_of((uint64_t)(wall / n))] = (uint64_t)n;
	book->sink.hist(book->sink.ctx, &key, &hist);
}

static void post_call(struct book *book, int32_t request, int64_t n,
		      int64_t ns)
{
	struct key key = seen_in(7, 7, ABI_NATIVE, OPEN);
	struct cell cell = { 0 };

	key.request = request;
	cell_add(&cell, MEASURE_CALLS, n);
	cell_add(&cell, MEASURE_WALL, ns);
	cell_add(&cell, MEASURE_CPU, ns);
	cell_add(&cell, MEASURE_BLOCKED, 0);
	book->sink.cell(book->sink.ctx, &key, &cell);
}

static void post_phase(struct book *book, int phase, int64_t ns,
		       int64_t times, int64_t calls)
{
	struct key key = process_of(7);
	struct cell cell = { 0 };

	key.abi = ABI_PHASE;
	key.nr = phase;
	cell_add(&cell, MEASURE_WALL, ns);
	cell_add(&cell, MEASURE_CPU, ns);
	cell_add(&cell, MEASURE_BLOCKED, 0);
	cell_add(&cell, MEASURE_RUNQ, 0);
	cell_add(&cell, MEASURE_TIMES, times);
	cell_add(&cell, MEASURE_CALLS, calls);
	cell_add(&cell, MEASURE_ENDED, ns / 2);
	book->sink.cell(book->sink.ctx, &key, &cell);
}

static void fill(struct book *book)
{
	book_open(book);
	tell(book, EVENT_NAME, process_of(7), "smbd");
	tell(book, EVENT_NAME, thread_of(7, 7), "smbd");
	post_clocks(book, 7, 7, 10 * SEC, 4 * SEC, 0);
	tell(book, EVENT_NAME, of_request(7, 0, 0, 0, 0), "192.0.2.7");
	tell(book, EVENT_NAME, of_request(7, 5, 0, 0, 0), "al\x1b[2Jice");
	tell(book, EVENT_NAME, of_request(7, 5, 9, 0, 0), "projects");
	post_request(book, of_request(7, 5, 9, CREATE, 0), 90, 2 * SEC,
		     2 * SEC);
	post_request(book, of_request(7, 5, 9, CREATE, DENIED), 10, SEC / 2,
		     SEC / 2);
	post_request(book, of_request(7, 5, 9, WRITE, 0), 50, SEC, SEC / 4);
	post_request(book, of_request(7, 6, 9, WRITE, 0), 1, MS, MS);
	post_call(book, CREATE, 700, SEC);
	post_call(book, WRITE, 50, SEC / 10);
	post_call(book, REQUEST_NONE, 151, 6 * SEC);
	post_call(book, REQUEST_HELPERS, 50, SEC);
	post_call(book, REQUEST_OTHERS, 3, SEC);
	post_phase(book, PHASE_WAITING, 6 * SEC, 151, 151);
	post_phase(book, PHASE_RUNNING, 3 * SEC, 151, 750);
	post_phase(book, PHASE_OTHER, SEC, 0, 3);
	post_phase(book, PHASE_WRITE_IO, SEC / 2, 50, 50);
}

static struct snapshot *take_smb(const struct book *book, unsigned by)
{
	const struct snapshot_cfg cfg = {
		.collector = "bpf", .measures = ~0u >> 4, .by = by,
		.interval_ns = 10 * SEC, .smb = by == BY_SYSCALL,
	};
	struct snapshot *snap = NULL;

	assert_int_equal(snapshot_take(&snap, &book->ledger, &cfg, NULL), 0);
	return snap;
}

static const struct row *row_for(const struct snapshot *part, int32_t request)
{
	for (size_t i = 0; i < part->n_rows; i++)
		if (part->rows[i].key.request == request)
			return &part->rows[i];
	return NULL;
}

static int64_t value_for(const struct row *row, enum measure m)
{
	assert_non_null(row);
	return row->cell.value[m];
}

static void parts_are_beside_the_account(void **state)
{
	struct snapshot *snap;
	struct book book;

	(void)state;
	fill(&book);
	snap = take_smb(&book, BY_SYSCALL);
	/* Neither requests nor phases are in it. */
	assert_int_equal(snap->all.cell.value[MEASURE_WALL], 10 * SEC);
	assert_int_equal(snap->total.cell.value[MEASURE_CALLS], 954);
	assert_int_equal(snap->total.cell.value[MEASURE_REQUESTS], 0);
	assert_int_equal(snap->parts[PART_REQUESTS]->n_rows, 2);
	assert_int_equal(value_for(row_for(snap->parts[PART_REQUESTS], CREATE),
				  MEASURE_REQUESTS), 100);
	assert_int_equal(value_for(row_for(snap->parts[PART_REQUESTS], CREATE),
				  MEASURE_ERRORS), 10);
	assert_int_equal(snap->parts[PART_STATUSES]->n_rows, 3);
	assert_int_equal(snap->parts[PART_PHASES]->n_rows, 4);
	assert_int_equal(snap->parts[PART_BILL]->n_rows, 5);
	assert_int_equal(row_for(snap->parts[PART_BILL], CREATE)->requests,
			 100);
	assert_int_equal(row_for(snap->parts[PART_BILL],
				REQUEST_NONE)->requests, 0);
	/* One session is known by name, the other is not. */
	assert_int_equal(snap->parts[PART_WHO]->n_rows, 2);
	snapshot_free(snap);
	book_close(&book);
}

static void names_are_looked_up_as_rows_are_made(void **state)
{
	unsigned by = 1u << DIM_CLIENT | 1u << DIM_USER | 1u << DIM_SHARE;
	struct snapshot *snap;
	struct book book;
	int named = 0;

	(void)state;
	fill(&book);
	for (int i = 0; i < 2; i++) {
		snap = take_smb(&book, by);
		named = 0;
		for (size_t r = 0; r < snap->n_rows; r++) {
			assert_string_equal(snap->rows[r].client,
					    "192.0.2.7");
			named += snap->rows[r].user != NULL;
		}
		assert_int_equal(snap->n_rows, 2);
		assert_int_equal(named, 1 + i);
		snapshot_free(snap);
		/* It comes late, and is of what was told before, too. */
		tell(&book, EVENT_NAME, of_request(7, 6, 0, 0, 0), "bob");
	}
	/* They go with their process. */
	tell(&book, EVENT_EXIT, process_of(7), NULL);
	ledger_next(&book.ledger);
	assert_int_equal(book.ledger.names.used, 1);
	book_close(&book);
}

static char *print(const struct reporter *reporter,
		   const struct snapshot *snap)
{
	struct report_cfg cfg = { .command = "--smb", .histograms = true };
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);

	assert_non_null(memory);
	column_defaults(snap->cfg.by, snap->cfg.measures, &cfg.columns);
	cfg.sort = column_find("wall", 4);
	assert_int_equal(reporter->print(memory, snap, &cfg, NULL), 0);
	fclose(memory);
	return text;
}

static void the_report_has_all_parts(void **state)
{
	static const char *const wanted[] = {
		"smbd: 151 requests; 60% waiting for events, 30% running "
		"requests",
		"dearest request CREATE (83% of running, 25000 us each), its "
		"dearest call fchmodat2 (7.0 times, 10000 us a request)",
		"share projects (smbd 7): 150 requests took 3.500 s: 79% on a "
		"CPU",
		"151 events time waiting for events",
		"151 requests time running requests",
		"time waiting for ctdb", "ran for",
		"write disk I/O by helper threads: 50 calls, 500.0 ms",
		"250.0 ms queued",
		"750 calls for requests, 151 in the event loop, 50 by helper "
		"threads between jobs, 3 by smbds that serve nobody",
		"CREATE: 100 requests, p50 ",
		"192.0.2.7",
	};
	struct snapshot *snap;
	struct book book;
	char *text;

	(void)state;
	fill(&book);
	snap = take_smb(&book, BY_SYSCALL);
	text = print(&report_text, snap);
	for (size_t i = 0; i < N_OF(wanted); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("'%s' is not in:\n%s", wanted[i], text);
	/* What a client chose as its name does nothing to a terminal. */
	assert_null(strchr(text, '\x1b'));
	free(text);
	if (!report_json.missing) {
		text = print(&report_json, snap);
		assert_non_null(strstr(text, "\"smb\":{\"phases\":[{"));
		assert_non_null(strstr(text, "\"request\":\"CREATE\""));
		assert_non_null(strstr(text, "\"status\":\"ACCESS_DENIED\""));
		assert_non_null(strstr(text, "\"share\":\"projects\""));
		assert_null(strchr(text, '\x1b'));
		free(text);
	}
	snapshot_free(snap);
	book_close(&book);
}

static void a_report_of_nobody_can_be_printed(void **state)
{
	struct snapshot *snap;
	struct book book;
	char *text;

	(void)state;
	book_open(&book);
	snap = take_smb(&book, BY_SYSCALL);
	text = print(&report_text, snap);
	assert_non_null(strstr(text, "smbd served nobody"));
	assert_null(strstr(text, "nan"));
	free(text);
	snapshot_free(snap);
	book_close(&book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_and_statuses_have_names),
		cmocka_unit_test(calls_of_helpers_are_for_a_command),
		cmocka_unit_test(parts_are_beside_the_account),
		cmocka_unit_test(names_are_looked_up_as_rows_are_made),
		cmocka_unit_test(the_report_has_all_parts),
		cmocka_unit_test(a_report_of_nobody_can_be_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
