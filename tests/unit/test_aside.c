/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single calls and functions, from what is told to what reports show. */
#include "book.h"

#include <stdlib.h>

#include "model/smb2.h"
#include "report/functions.h"
#include "report/slowest.h"

/* Its name, and with it its arguments, are the libraries'. */
#if defined(HAVE_LIBAUDIT) || defined(HAVE_LIBSECCOMP)
#define READ_NAME "read"
#define READ_CALL "read(3, 0x1000, 4096) = -1 "
#else
#define READ_NAME "syscall_0x0"
#define READ_CALL "syscall_0x0(0x3, 0x1000, 0x1000"
#endif
#define READ 0

static void tell_slow(struct book *book, struct key key, int64_t began,
		      int64_t wall)
{
	struct slow slow = {
		.key = key, .began_ns = began, .wall_ns = wall,
		.blocked_ns = wall / 2, .runq_ns = wall / 4,
		.cpu_ns = wall / 8, .ret = -2, .has_args = true,
		.args = { 3, 0x1000, 4096 },
	};
	struct event event = { .kind = EVENT_SLOW, .key = key,
			       .slow = &slow };

	book->sink.event(book->sink.ctx, &event);
}

static struct snapshot *take_aside(struct book *book, size_t slowest,
				   bool smb, unsigned by)
{
	struct snapshot_cfg cfg = {
		.collector = "test", .by = by, .measures = ~0u,
		.end_ns = 1700000000 * SEC, .interval_ns = 10 * SEC,
		.end_mono_ns = 1000 * SEC, .slowest = slowest, .smb = smb,
		.functions = true,
	};
	struct snapshot *snap = NULL;
	struct why why = { 0 };

	assert_int_equal(snapshot_take(&snap, &book->ledger, &cfg, &why), 0);
	return snap;
}

static char *printed(int (*print)(FILE *out, const struct snapshot *snap),
		     const struct snapshot *snap)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(print(out, snap), 0);
	fclose(out);
	return text;
}

static void the_slowest_come_in_order(void **state)
{
	struct book *book = *state;
	struct key key = seen_in(1, 2, ABI_NATIVE, READ);
	const struct row *rows;
	struct snapshot *snap;

	tell(book, EVENT_NAME, thread_of(1, 2), "worker");
	tell_slow(book, key, 995 * SEC, 20 * MS);
	tell_slow(book, key, 991 * SEC, 40 * MS);
	tell_slow(book, key, 994 * SEC, 20 * MS);
	tell_slow(book, key, 989 * SEC, 30 * MS);
	snap = take_aside(book, 3, false, BY_SYSCALL);
	assert_null(snap->slow_requests);
	assert_int_equal(snap->slow_calls->n_rows, 3);
	rows = snap->slow_calls->rows;
	assert_int_equal(rows[0].cell.value[MEASURE_WALL], 40 * MS);
	assert_int_equal(rows[1].cell.value[MEASURE_WALL], 30 * MS);
	/* Of one length, the first one. */
	assert_int_equal(rows[2].slow->began_ns, 994 * SEC);
	assert_int_equal(slowest_since_ns(snap, rows[0].slow), 1 * SEC);
	assert_int_equal(slowest_since_ns(snap, rows[1].slow), -1 * SEC);
	assert_string_equal(rows[0].thread, "worker");
	assert_string_equal(rows[0].syscall, READ_NAME);
	/* Nothing was told of these. */
	assert_null(rows[0].reason);
	assert_null(rows[0].file);
	assert_null(rows[0].request);
	/* They are no part of the table. */
	assert_int_equal(snap->n_rows, 0);
	snapshot_free(snap);
	ledger_next(&book->ledger);
	snap = take_aside(book, 3, false, BY_SYSCALL);
	assert_int_equal(snap->slow_calls->n_rows, 0);
	snapshot_free(snap);
}

static void what_is_known_is_beside_the_call(void **state)
{
	struct book *book = *state;
	struct key key = seen_in(1, 2, ABI_NATIVE, READ);
	struct snapshot *snap;
	char *text;

	key.file = 1 + book->sink.label(book->sink.ctx, "/a\033b");
	key.reason = 1 + book->sink.label(book->sink.ctx, "disk");
	tell_slow(book, key, 995 * SEC, 20 * MS);
	snap = take_aside(book, 3, false, BY_SYSCALL);
	text = printed(slowest_print, snap);
	assert_non_null(strstr(text, "20.000"));
	assert_non_null(strstr(text, READ_CALL));
	assert_non_null(strstr(text, "(/a\\033b, waited for disk)"));
	free(text);
	snapshot_free(snap);
}

static void the_ledger_keeps_the_slowest(void **state)
{
	struct book *book = *state;
	struct key key = seen_in(1, 2, ABI_NATIVE, READ);
	struct snapshot *snap;

	for (int i = 0; i < LEDGER_MAX_SLOW + 500; i++)
		tell_slow(book, key, i, 1 + i * 7 % (LEDGER_MAX_SLOW + 500));
	assert_int_equal(book->ledger.n_slow, LEDGER_MAX_SLOW);
	snap = take_aside(book, SLOW_MAX, false, BY_SYSCALL);
	assert_int_equal(snap->slow_calls->n_rows, SLOW_MAX);
	for (int i = 0; i < SLOW_MAX; i++)
		assert_int_equal(snap->slow_calls->rows[i].slow->wall_ns,
				 LEDGER_MAX_SLOW + 500 - i);
	snapshot_free(snap);
}

static void requests_have_a_table_of_their_own(void **state)
{
	struct book *book = *state;
	struct key key = process_of(1);
	const struct row *row;
	struct snapshot *snap;
	char *text;

	key.abi = ABI_REQUEST;
	key.request = SMB2_CREATE + 1;
	tell_slow(book, key, 995 * SEC, 80 * MS);
	tell_slow(book, seen_in(1, 2, ABI_NATIVE, READ), 995 * SEC, 90 * MS);
	snap = take_aside(book, 5, true, BY_SYSCALL);
	assert_int_equal(snap->slow_calls->n_rows, 1);
	assert_int_equal(snap->slow_requests->n_rows, 1);
	row = snap->slow_requests->rows;
	assert_string_equal(row->request, "CREATE");
	assert_null(row->client);
	assert_int_equal(row->cell.value[MEASURE_ASYNC], 10 * MS);
	text = printed(slowest_print, snap);
	assert_non_null(strstr(text, "\nslowest SMB2 requests:\n"));
	free(text);
	snapshot_free(snap);
}

static void post_function(struct book *book, int pid, int tid,
			  const char *name, int64_t calls, int64_t wall)
{
	struct key key = seen_in(pid, tid, ABI_FUNCTION,
				 book->sink.label(book->sink.ctx, name));
	struct hist hist = { 0 };

	post(book, key, MEASURE_CALLS, calls);
	if (!wall)
		return;
	post(book, key, MEASURE_WALL, wall);
	post(book, key, MEASURE_NESTED, 3);
	hist.count[bucket_of((uint64_t)(wall / calls))] = (uint64_t)calls;
	book->sink.hist(book->sink.ctx, &key, &hist);
}

static void functions_are_beside_the_account(void **state)
{
	struct book *book = *state;
	const struct row *row;
	struct snapshot *snap;
	char *text;

	post_function(book, 1, 1, "f", 10, 10 * MS);
	post_function(book, 1, 2, "f", 5, 20 * MS);
	post_function(book, 2, 3, "passed", 7, 0);
	snap = take_aside(book, 0, false, BY_SYSCALL);
	assert_int_equal(snap->n_rows, 0);
	assert_int_equal(snap->n_processes, 0);
	assert_int_equal(snap->functions->n_rows, 2);
	row = snap->functions->rows;
	row += strcmp(row->function, "f") != 0;
	assert_string_equal(row->function, "f");
	assert_int_equal(row->cell.value[MEASURE_CALLS], 15);
	assert_int_equal(row->cell.value[MEASURE_WALL], 30 * MS);
	assert_int_equal(row->cell.value[MEASURE_NESTED], 6);
	assert_true(row_percentile(row, 0.5) > 0);
	text = printed(functions_print, snap);
	/* What has no time shows none. */
	assert_non_null(strstr(text, "     -     -         -      -     7  "));
	free(text);
	snapshot_free(snap);
	snap = take_aside(book, 0, false, dim_bit(DIM_PROCESS) |
					  dim_bit(DIM_THREAD));
	assert_int_equal(snap->functions->n_rows, 3);
	snapshot_free(snap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOOK(the_slowest_come_in_order),
		WITH_BOOK(what_is_known_is_beside_the_call),
		WITH_BOOK(the_ledger_keeps_the_slowest),
		WITH_BOOK(requests_have_a_table_of_their_own),
		WITH_BOOK(functions_are_beside_the_account),
	};

	return cmocka_run_group_tests_name("aside", tests, NULL, NULL);
}
