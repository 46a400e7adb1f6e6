/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard's views of SMB2: snapshots and keys in, a canvas out. */
#include "scene.h"

#include "model/phase.h"

/* Known by name on every machine, and without a library. */
#define WAIT 449	/* futex_waitv */
#define OPEN 452	/* fchmodat2 */
#define READ 462	/* mseal */

#define CREATE (SMB2_CREATE + 1)
#define WRITE (SMB2_WRITE + 1)

static void post_call(struct book *book, int pid, int nr, int32_t request,
		      int64_t calls, int64_t blocked)
{
	struct key key = seen_in(pid, pid, ABI_NATIVE, nr);
	struct hist hist = { { 0 } };
	struct cell cell = { 0 };

	key.request = request;
	cell_add(&cell, MEASURE_CALLS, calls);
	cell_add(&cell, MEASURE_ERRORS, 0);
	cell_add(&cell, MEASURE_WALL, blocked + calls * MS);
	cell_add(&cell, MEASURE_CPU, calls * MS);
	cell_add(&cell, MEASURE_BLOCKED, blocked);
	book->sink.cell(book->sink.ctx, &key, &cell);
	hist.count[bucket_of((uint64_t)(blocked / calls))] = (uint64_t)calls;
	book->sink.hist(book->sink.ctx, &key, &hist);
}

static struct key of_client(int pid, uint64_t session, uint32_t tree)
{
	struct key key = process_of(pid);

	key.abi = ABI_REQUEST;
	key.session = session;
	key.tree = tree;
	return key;
}

static void post_requests(struct book *book, int pid, int32_t request,
			  int64_t n, int64_t wall)
{
	struct key key = of_client(pid, 1, 1);
	struct hist hist = { { 0 } };
	struct cell cell = { 0 };

	key.request = request;
	cell_add(&cell, MEASURE_REQUESTS, n);
	cell_add(&cell, MEASURE_ERRORS, 1);
	cell_add(&cell, MEASURE_WALL, wall);
	cell_add(&cell, MEASURE_ENDED, wall);
	cell_add(&cell, MEASURE_CPU, wall / 4);
	cell_add(&cell, MEASURE_BLOCKED, wall / 2);
	cell_add(&cell, MEASURE_RUNQ, 0);
	cell_add(&cell, MEASURE_ASYNC, wall / 4);
	book->sink.cell(book->sink.ctx, &key, &cell);
	hist.count[bucket_of((uint64_t)(wall / n))] = (uint64_t)n;
	book->sink.hist(book->sink.ctx, &key, &hist);
}

static void post_phase(struct book *book, int pid, int phase, int64_t wall,
		       int64_t times)
{
	struct key key = seen_in(pid, 0, ABI_PHASE, phase);
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_WALL, wall);
	cell_add(&cell, MEASURE_CPU, wall);
	cell_add(&cell, MEASURE_BLOCKED, 0);
	cell_add(&cell, MEASURE_RUNQ, 0);
	cell_add(&cell, MEASURE_TIMES, times);
	cell_add(&cell, MEASURE_CALLS, 7 * times);
	cell_add(&cell, MEASURE_ENDED, wall / 2);
	book->sink.cell(book->sink.ctx, &key, &cell);
}

static void fill(struct book *book)
{
	for (int pid = 1; pid <= 2; pid++) {
		tell(book, EVENT_NAME, process_of(pid), "smbd");
		tell(book, EVENT_NAME, thread_of(pid, pid), "smbd");
		post_clocks(book, pid, pid, 10 * SEC, 2 * SEC, 0);
		post_call(book, pid, WAIT, REQUEST_NONE, 100, 5 * SEC);
		tell(book, EVENT_NAME, of_client(pid, 1, 0),
		     pid == 1 ? "alice" : "bob");
		tell(book, EVENT_NAME, of_client(pid, 1, 1), "projects");
		post_phase(book, pid, PHASE_WAITING, 5 * SEC, 100);
		post_phase(book, pid, PHASE_RUNNING, 3 * SEC, 55);
		post_phase(book, pid, PHASE_SENDING, 1 * SEC, 0);
	}
	tell(book, EVENT_NAME, of_client(1, 0, 0), "192.0.2.7");
	tell(book, EVENT_NAME, of_client(2, 0, 0), "2001:db8::1");
	post_requests(book, 1, CREATE, 50, 2 * SEC);
	post_requests(book, 1, WRITE, 5, 1 * SEC);
	post_requests(book, 2, CREATE, 30, 1 * SEC);
	post_call(book, 1, OPEN, CREATE, 150, 1 * SEC);
	post_call(book, 2, OPEN, CREATE, 90, SEC / 2);
	post_call(book, 1, READ, WRITE, 10, SEC / 4);
}

static void show(struct scene *s, bool fresh)
{
	struct dash_frame frame = { .fresh = fresh };

	snapshot_free(s->snap);
	snapshot_free(s->head);
	s->snap = take(&s->book, dash_by(s->dash));
	/* As of the bpf collector: its calls have no requests. */
	s->snap->cfg.by_call = ~MEASURES_OF_SMB;
	s->head = take(&s->book, BY_SYSCALL);
	frame.head = s->head;
	frame.rows = s->snap;
	dash_show(s->dash, &frame);
}

static int open_scene(void **state)
{
	const struct dash_cfg cfg = {
		.collector = "bpf", .target = "smbd", .args = "",
		.exact = true, .all_calls = true, .histograms = true,
		.errors = true, .smb = true, .by = 1u << DIM_REQUEST,
	};

	*state = scene_new(&cfg, fill, show, 140);
	return 0;
}

/* The line that ends in @end has these words at its beginning. */
static void assert_line(struct scene *s, const char *end, const char *words)
{
	const char *line = draw(s, 24, s->cols), *next;

	for (; (next = strchr(line, '\n')); line = next + 1) {
		size_t len = (size_t)(next - line), at = 0, from = 0;
		char text[512];

		if (len < strlen(end) || len >= sizeof(text) ||
		    memcmp(next - strlen(end), end, strlen(end)))
			continue;
		/* One blank between words. */
		for (; from < len; from++)
			if (line[from] != ' ' || (at && text[at - 1] != ' '))
				text[at++] = line[from];
		text[at] = '\0';
		if (!strncmp(text, words, strlen(words)))
			return;
		fail_msg("'%s' does not begin with '%s'", text, words);
	}
	fail_msg("no line ends in '%s' on:\n%s", end, s->screen);
}

static void it_begins_with_the_requests(void **state)
{
	struct scene *s = *state;

	assert_line(s, " request", "requests wall s us/call p50 us p99 us "
		    "errors cpu s blocked s runq s async s");
	/* In the order of wall; averages are of requests. */
	assert_line(s, " CREATE", "80 3.000 37500.00 ~");
	assert_line(s, " WRITE", "5 1.000 200000.00 ~");
	assert_above(s, " CREATE\n", " WRITE\n");
	/* The header is about calls, whatever rows there are. */
	assert_sees(s, "calls 45/s");
}

static void enter_opens_the_bill_of_a_request(void **state)
{
	struct scene *s = *state;

	press(s, INPUT_ENTER);
	assert_sees(s, "of CREATE");
	assert_line(s, " syscall", "wall s calls/req us/req cpu us/req "
		    "blk us/req calls errors requests");
	assert_line(s, " fchmodat2", "1.740 3.00 21750.00 3000.00 18750.00 "
		    "240 0 80");
	assert_misses(s, "mseal");
	assert_misses(s, "(event loop)");
	press(s, INPUT_ENTER);
	assert_sees(s, "of CREATE: fchmodat2");
	assert_sees(s, "CREATE: fchmodat2: 240 calls  p50 ~");
	press(s, INPUT_BACKSPACE);
	assert_sees(s, "calls/req");
	press(s, INPUT_BACKSPACE);
	assert_sees(s, " WRITE\n");
	assert_misses(s, "of CREATE");
}

static void the_bill_of_all_names_the_requests(void **state)
{
	struct scene *s = *state;

	press(s, '7');
	assert_sees(s, "CREATE          fchmodat2");
	assert_sees(s, "WRITE           mseal");
	assert_misses(s, "(event loop)");
	assert_misses(s, "futex_waitv");
	/* Of the whole bill into the requests, and not one's alone. */
	press(s, INPUT_ENTER);
	assert_sees(s, "CREATE: fchmodat2: 240 calls");
	press(s, '6');
	assert_sees(s, " WRITE\n");
}

static void latencies_are_of_the_chosen_request(void **state)
{
	struct scene *s = *state;

	press(s, '3');
	assert_sees(s, "CREATE: 80 requests  p50 ~");
	press(s, '6');
	press(s, INPUT_DOWN);
	press(s, '3');
	assert_sees(s, "WRITE: 5 requests  p50 ~");
	/* Or of the chosen call. */
	press(s, '1');
	press(s, '3');
	assert_sees(s, "futex_waitv: 200 calls");
	press(s, '6');
	press(s, '3');
	assert_sees(s, "WRITE: 5 requests");
}

static void phases_are_in_the_order_of_a_life(void **state)
{
	struct scene *s = *state;

	press(s, '8');
	assert_line(s, " phase", "% wall wall s cpu s blocked s runq s "
		    "in calls s calls times");
	assert_line(s, " running requests", "30.00 6.000 6.000 0.000 0.000 "
		    "3.000 770 110");
	assert_above(s, "waiting for events", "running requests");
	assert_above(s, "running requests", "sending");
	press(s, 'I');
	assert_above(s, "sending", "running requests");
	press(s, 'I');
	press(s, 'T');
	press(s, 'I');
	assert_above(s, "sending", "running requests");
	assert_above(s, "running requests", "waiting for events");
	press(s, INPUT_ENTER);
	/* There is nothing in them. */
	assert_sees(s, "9 Clients\n");
}

static void clients_have_requests_of_their_own(void **state)
{
	struct scene *s = *state;

	press(s, '9');
	assert_line(s, " share", "requests wall s errors us/call cpu s "
		    "blocked s runq s async s pid client user");
	assert_line(s, " projects", "55 3.000 2 54545.45 0.750 1.500 0.000 "
		    "0.750 1 192.0.2.7 alice projects");
	assert_above(s, "alice", "bob");
	press(s, INPUT_DOWN);
	press(s, INPUT_ENTER);
	assert_sees(s, "of smbd 2");
	assert_line(s, " CREATE", "30 1.000 ");
	assert_misses(s, "WRITE");
	press(s, INPUT_ENTER);
	assert_sees(s, "of smbd 2: CREATE");
	assert_line(s, " fchmodat2", "0.590 3.00 ");
	press(s, INPUT_ENTER);
	assert_sees(s, "CREATE: fchmodat2 of smbd 2: 90 calls");
	press(s, INPUT_BACKSPACE);
	/* Out of the command, not out of the process. */
	press(s, '8');
	assert_sees(s, "of smbd 2");
	assert_misses(s, "CREATE");
	assert_line(s, " running requests", "15.00 3.000 ");
	press(s, '2');
	assert_sees(s, "tid thread");
	press(s, '9');
	assert_sees(s, "bob");
	assert_misses(s, "alice");
	press(s, INPUT_BACKSPACE);
	assert_sees(s, "alice");
}

static void filters_and_searches_know_the_names(void **state)
{
	static const struct {
		char view;
		const char *text, *has, *lacks;
	} cases[] = {
		{ '6', "write", " WRITE\n", " CREATE\n" },
		{ '7', "write", "mseal", "fchmodat2" },
		{ '8', "sending", "sending", "running requests" },
		{ '9', "192.0", "alice", "bob" }, { '9', "bob", "bob",
		  "alice" },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < N_OF(cases); i++) {
		press(s, cases[i].view);
		press(s, '\\');
		type(s, cases[i].text);
		press(s, INPUT_ENTER);
		assert_sees(s, cases[i].has);
		assert_misses(s, cases[i].lacks);
		press(s, INPUT_ESCAPE);
		assert_sees(s, cases[i].lacks);
	}
	press(s, '/');
	type(s, "projects");
	press(s, INPUT_ENTER);
	press(s, 'n');
	press(s, INPUT_ENTER);
	assert_sees(s, "of smbd 2");
}

static void what_is_by_request_is_no_rate(void **state)
{
	struct scene *s = *state;

	press(s, 'u');
	assert_line(s, " CREATE", "8/s 30.0% 37500.00 ");
	press(s, '7');
	assert_line(s, " fchmodat2", "17.4% 3.00 21750.00 3000.00 18750.00 "
		    "24/s 0/s 8/s");
	press(s, '8');
	assert_line(s, " running requests", "30.00 60.0% 60.0% 0.0% 0.0% "
		    "30.0% 77/s 11/s");
}

static void rows_are_sorted_by_what_they_have(void **state)
{
	struct scene *s = *state;

	press(s, 'A');
	assert_above(s, " WRITE\n", " CREATE\n");
	press(s, 'O');
	assert_above(s, " CREATE\n", " WRITE\n");
	press(s, 'I');
	press(s, 'N');
	assert_above(s, " WRITE\n", " CREATE\n");
	press(s, '7');
	press(s, INPUT_F(6));
	assert_sees(s, "calls for a request, on average");
	press(s, INPUT_DOWN);
	press(s, INPUT_ENTER);
	assert_above(s, "fchmodat2", "mseal");
	press(s, 'I');
	assert_above(s, "mseal", "fchmodat2");
}

static void each_can_be_written(void **state)
{
	static const char *const texts[] = { "CREATE", "fchmodat2",
					     "running requests", "alice" };
	struct scene *s = *state;

	for (size_t i = 0; i < N_OF(texts); i++) {
		char *text = NULL;
		size_t len = 0;

		press(s, '6' + (int)i);
		assert_int_equal(dash_write(s->dash, &text, &len), 0);
		assert_non_null(strstr(text, texts[i]));
		free(text);
	}
}

static void tabs_fit_and_can_be_clicked_on(void **state)
{
	struct scene *s = *state;
	struct input click = { .code = INPUT_CLICK };
	const char *tab;

	press(s, INPUT_ENTER);
	assert_sees(s, " 5 In flight  6 Requests  7 Bill  8 Phases  "
		       "9 Clients  of CREATE");
	press(s, INPUT_BACKSPACE);
	draw(s, 24, 80);
	tab = strstr(s->screen, "9 Who");
	assert_non_null(tab);
	for (const char *c = s->screen; c < tab; c++)
		click.row += *c == '\n';
	while (tab > s->screen && tab[-1] != '\n') {
		tab--;
		click.col++;
	}
	if (dash_input(s->dash, &click) & REACT_ROWS)
		show(s, false);
	assert_sees(s, "alice");
	/* After the last one is the first one: there is no output. */
	press(s, INPUT_TAB);
	assert_sees(s, "futex_waitv");
	press(s, INPUT_BACKTAB);
	assert_sees(s, "alice");
}

static void they_are_there_for_smb_alone(void **state)
{
	struct scene *s = *state;

	s->cfg.smb = false;
	s->cfg.by = BY_SYSCALL;
	dash_free(s->dash);
	assert_int_equal(dash_new(&s->dash, &s->cfg, NULL), 0);
	show(s, true);
	assert_misses(s, "Requests");
	for (int key = '6'; key <= '9'; key++) {
		press(s, key);
		assert_sees(s, "futex_waitv");
	}
	/* What a row is by, opens the view that has it. */
	s->cfg.smb = true;
	s->cfg.by = 1u << DIM_PHASE;
	dash_free(s->dash);
	assert_int_equal(dash_new(&s->dash, &s->cfg, NULL), 0);
	show(s, true);
	assert_sees(s, "waiting for events");
}

static void they_fit_from_40x8_up(void **state)
{
	static const int sizes[][2] = { { 8, 40 }, { 12, 60 }, { 24, 80 },
					{ 50, 160 }, { 200, 500 } };
	struct scene *s = *state;

	for (char view = '1'; view <= '9'; view++) {
		press(s, view);
		for (size_t i = 0; i < N_OF(sizes); i++) {
			const char *line = draw(s, sizes[i][0], sizes[i][1]);
			int lines = 0;

			for (; *line; line = strchr(line, '\n') + 1)
				lines++;
			assert_int_equal(lines, sizes[i][0]);
		}
	}
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_begins_with_the_requests),
		TEST(enter_opens_the_bill_of_a_request),
		TEST(the_bill_of_all_names_the_requests),
		TEST(latencies_are_of_the_chosen_request),
		TEST(phases_are_in_the_order_of_a_life),
		TEST(clients_have_requests_of_their_own),
		TEST(filters_and_searches_know_the_names),
		TEST(what_is_by_request_is_no_rate),
		TEST(rows_are_sorted_by_what_they_have),
		TEST(each_can_be_written),
		TEST(tabs_fit_and_can_be_clicked_on),
		TEST(they_are_there_for_smb_alone),
		TEST(they_fit_from_40x8_up),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("dash_smb", tests, NULL, NULL);
}
