/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard without a terminal: snapshots and keys in, a canvas out. */
#include "scene.h"

/* Known by name on every machine, and without a library. */
#define WAIT 449	/* futex_waitv */
#define OPEN 452	/* fchmodat2 */

#define EVIL "ev\033[31mil\xe2\x80\xae"

static void post_call(struct book *book, struct key key, int64_t calls,
		      int64_t blocked, int64_t age)
{
	struct hist hist = { { 0 } };
	struct cell cell = { 0 };

	cell_add(&cell, MEASURE_CALLS, calls);
	cell_add(&cell, MEASURE_ERRORS, key.error ? calls : 0);
	cell_add(&cell, MEASURE_WALL, blocked);
	cell_add(&cell, MEASURE_CPU, 0);
	cell_add(&cell, MEASURE_BLOCKED, blocked);
	cell_add(&cell, MEASURE_RUNQ, 0);
	if (age) {
		cell_add(&cell, MEASURE_IN_FLIGHT, 1);
		cell_add(&cell, MEASURE_AGE, age);
	}
	book->sink.cell(book->sink.ctx, &key, &cell);
	hist.count[bucket_of((uint64_t)(blocked / (calls ? calls : 1)))] =
		(uint64_t)calls;
	book->sink.hist(book->sink.ctx, &key, &hist);
}

static void fill(struct book *book)
{
	struct key failed = seen_in(2, 2, ABI_NATIVE, OPEN);

	failed.error = 2;
	tell(book, EVENT_NAME, process_of(1), "smbd");
	tell(book, EVENT_NAME, thread_of(1, 1), "smbd");
	tell(book, EVENT_NAME, process_of(2), EVIL);
	tell(book, EVENT_NAME, thread_of(2, 2), EVIL);
	post_clocks(book, 1, 1, 12 * SEC, 4 * SEC, 0);
	post_usage(book, 1, 3 * SEC, 1 * SEC);
	post_clocks(book, 2, 2, 10 * SEC, 0, 0);
	post_call(book, seen_in(1, 1, ABI_NATIVE, WAIT), 10, 8 * SEC, SEC);
	post_call(book, seen_in(2, 2, ABI_NATIVE, OPEN), 5, 7 * SEC, 0);
	post_call(book, failed, 20, 3 * SEC, 0);
}

static void show(struct scene *s, bool fresh)
{
	struct dash_frame frame = { .fresh = fresh,
				    .trace = TRACE_KNOWN, .trace_ns = 30000 };

	snapshot_free(s->snap);
	s->snap = take(&s->book, dash_by(s->dash));
	s->snap->cfg.call_cost_ns = 150;
	frame.head = frame.rows = s->snap;
	dash_show(s->dash, &frame);
}

static void show_record(struct scene *s, bool fresh)
{
	struct dash_frame frame = { .fresh = fresh, .replay_ns = 62 * SEC,
				    .replay_total_ns = 600 * SEC,
				    .replay_wall_ns = 1700000000 * SEC };

	snapshot_free(s->snap);
	s->snap = take(&s->book, dash_by(s->dash));
	frame.head = frame.rows = s->snap;
	dash_show(s->dash, &frame);
}

static int open_record(void **state)
{
	const struct dash_cfg cfg = { .collector = "bpf", .target = "those",
				      .args = "", .replay = true,
				      .by = 1u << DIM_SYSCALL };

	*state = scene_new(&cfg, fill, show_record, 120);
	return 0;
}

static int open_scene(void **state)
{
	const struct dash_cfg cfg = {
		.collector = "bpf", .target = "two of them",
		.args = "two --of them",
		.exact = true,
		.all_calls = true, .histograms = true, .errors = true,
		.by = 1u << DIM_SYSCALL,
	};

	*state = scene_new(&cfg, fill, show, 100);
	return 0;
}

static void the_header_says_where_time_went(void **state)
{
	struct scene *s = *state;

	assert_sees(s, "two of them: 0 processes, 0 threads  two --of them");
	assert_sees(s, "U user 13.6%");
	assert_sees(s, "S system 4.5%");
	assert_sees(s, "l locks 36.4%");
	assert_sees(s, "f files 45.5%");
	assert_sees(s, "[UUUUUUUU");
	assert_sees(s, "calls 4/s");
	assert_sees(s, "errors 2/s");
	assert_sees(s, "bpf, exact");
	assert_sees(s, "residual 0.00%");
}

static void what_it_costs_is_beside_what_strace_would(void **state)
{
	struct scene *s = *state;

	assert_sees(s, "our cost, by a trial  >=0.15 us/call");
	assert_sees(s, "strace -cf, projected ~30.00 us/call");
	assert_sees(s, "at most ~200 times ours");
	/* Not all of its calls are counted. */
	s->cfg.all_calls = false;
	dash_free(s->dash);
	assert_int_equal(dash_new(&s->dash, &s->cfg, NULL), 0);
	show(s, true);
	assert_sees(s, "~30.00 us/call, >=~0.0");
}

static void each_view_has_its_rows(void **state)
{
	struct scene *s = *state;

	assert_above(s, "fchmodat2", "futex_waitv");
	press(s, '2');
	assert_above(s, "smbd", "\\033[31mil");
	press(s, '3');
	assert_sees(s, "fchmodat2: 25 calls  p50 ~");
	press(s, '4');
	assert_sees(s, "ENOENT");
	assert_misses(s, "futex_waitv");
	press(s, '5');
	assert_sees(s, "futex_waitv");
	assert_misses(s, "fchmodat2");
	/* There is none without a command. */
	press(s, '6');
	assert_sees(s, "oldest s");
	assert_misses(s, "Output");
	press(s, INPUT_TAB);
	assert_sees(s, "fchmodat2");
	press(s, INPUT_BACKTAB);
	assert_sees(s, "oldest s");
}

static void enter_goes_into_a_row_and_backspace_up(void **state)
{
	struct scene *s = *state;

	press(s, '2');
	press(s, INPUT_ENTER);
	assert_sees(s, "of smbd 1");
	assert_sees(s, "futex_waitv");
	assert_misses(s, "fchmodat2");
	press(s, INPUT_ENTER);
	assert_sees(s, "futex_waitv of smbd 1: 10 calls");
	press(s, INPUT_BACKSPACE);
	assert_sees(s, "% wall");
	/* Its threads, and not the other's. */
	press(s, '2');
	assert_sees(s, "tid thread");
	assert_misses(s, "mil");
	press(s, INPUT_BACKSPACE);
	assert_sees(s, "\\033[31mil");
	press(s, INPUT_BACKSPACE);
	assert_sees(s, "\\033[31mil");
}

static void rows_are_sorted_by_letters_and_titles(void **state)
{
	struct scene *s = *state;
	struct input click = { .code = INPUT_CLICK };
	const char *title;

	assert_above(s, "fchmodat2", "futex_waitv");
	press(s, 'I');
	assert_above(s, "futex_waitv", "fchmodat2");
	press(s, 'I');
	press(s, 'N');
	assert_above(s, "fchmodat2", "futex_waitv");
	press(s, 'I');
	assert_above(s, "futex_waitv", "fchmodat2");
	press(s, 'I');
	press(s, 'O');
	assert_above(s, "fchmodat2", "futex_waitv");
	draw(s, 24, 100);
	title = strstr(s->screen, "blocked s");
	for (const char *c = s->screen; c < title; c++)
		if (*c == '\n')
			click.row++;
	while (title > s->screen && title[-1] != '\n') {
		title--;
		click.col++;
	}
	/* Once for this column, twice for its other end. */
	dash_input(s->dash, &click);
	assert_above(s, "fchmodat2", "futex_waitv");
	dash_input(s->dash, &click);
	assert_above(s, "futex_waitv", "fchmodat2");
	press(s, INPUT_F(6));
	assert_sees(s, "Sort by");
	press(s, INPUT_END);
	press(s, INPUT_ENTER);
	assert_misses(s, "Sort by");
	assert_above(s, "fchmodat2", "futex_waitv");
}

static void a_filter_leaves_what_has_the_text(void **state)
{
	struct scene *s = *state;

	press(s, '\\');
	type(s, "FUTEX");
	assert_sees(s, "Filter: FUTEX");
	assert_misses(s, "fchmodat2");
	press(s, INPUT_ENTER);
	assert_sees(s, "filter: FUTEX");
	press(s, INPUT_ESCAPE);
	assert_sees(s, "fchmodat2");
	press(s, INPUT_F(4));
	type(s, "nosuch");
	press(s, INPUT_ENTER);
	assert_sees(s, "no row has what the filter asks for");
}

static void a_search_finds_rows_as_it_is_typed(void **state)
{
	struct scene *s = *state;

	press(s, '/');
	type(s, "fut");
	press(s, INPUT_BACKSPACE);
	press(s, INPUT_ENTER);
	press(s, INPUT_ENTER);
	/* Into the row that was found. */
	assert_sees(s, "futex_waitv: 10 calls");
	press(s, INPUT_BACKSPACE);
	press(s, 'n');
	assert_sees(s, "futex_waitv");
	press(s, INPUT_ESCAPE);
	press(s, 'n');
	assert_sees(s, "nothing to search for");
}

static void units_are_sums_or_rates(void **state)
{
	struct scene *s = *state;

	assert_sees(s, "10.000");
	press(s, 'u');
	assert_sees(s, "100.0%");
	assert_sees(s, "2/s");
	assert_sees(s, "blocked %");
	press(s, 'u');
	assert_sees(s, "10.000");
}

static void keys_ask_for_what_they_cannot_do(void **state)
{
	static const struct {
		int code;
		unsigned wanted;
	} cases[] = {
		{ 'q', REACT_QUIT }, { INPUT_F(10), REACT_QUIT },
		{ INPUT_CTRL('c'), REACT_QUIT },
		{ INPUT_CTRL('z'), REACT_SUSPEND }, { 'r', REACT_NOW },
		{ 'x', REACT_RESET }, { 'Z', REACT_DRAW },
		{ 'C', REACT_ROWS }, { '+', REACT_DRAW },
		{ INPUT_CTRL('l'), REACT_REPAINT },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < N_OF(cases); i++) {
		press(s, cases[i].code);
		assert_true(s->reactions & cases[i].wanted);
	}
	assert_true(dash_paused(s->dash));
	assert_true(dash_cumulative(s->dash));
	assert_int_equal(dash_delay_ns(s->dash), 2 * SEC);
	press(s, '-');
	press(s, '-');
	assert_int_equal(dash_delay_ns(s->dash), SEC / 2);
	assert_sees(s, "PAUSED");
}

static void a_signal_is_for_the_row_and_takes_enter(void **state)
{
	struct scene *s = *state;

	press(s, INPUT_F(9));
	assert_sees(s, "whom?");
	press(s, '2');
	/* Who is at the top now is chosen by nobody. */
	press(s, INPUT_F(9));
	assert_sees(s, "whom?");
	press(s, INPUT_DOWN);
	press(s, INPUT_F(9));
	assert_sees(s, "Send a signal to ev\\033[31mil");
	press(s, INPUT_ESCAPE);
	assert_false(s->reactions & REACT_KILL);
	press(s, INPUT_F(9));
	press(s, INPUT_DOWN);
	press(s, INPUT_ENTER);
	assert_true(s->reactions & REACT_KILL);
	assert_int_equal(dash_request(s->dash)->process.pid, 2);
	assert_int_equal(dash_request(s->dash)->signal, 2);
}

static void a_command_is_not_left_without_a_question(void **state)
{
	struct scene *s = *state;

	dash_free(s->dash);
	s->cfg.command = true;
	assert_int_equal(dash_new(&s->dash, &s->cfg, NULL), 0);
	show(s, true);
	assert_sees(s, "6 Output");
	press(s, 'q');
	assert_false(s->reactions & REACT_QUIT);
	assert_sees(s, "What runs goes on");
	press(s, 'n');
	assert_false(s->reactions & REACT_QUIT);
	press(s, 'q');
	press(s, 'y');
	assert_true(s->reactions & REACT_QUIT);
}

static void what_was_lost_is_told(void **state)
{
	struct scene *s = *state;

	lose(&s->book, LOSS_CALLS, 7);
	show(s, true);
	assert_sees(s, ", LOSS");
	press(s, 'i');
	assert_sees(s, "About the last interval");
	assert_sees(s, "lost: 7 calls");
	press(s, INPUT_DOWN);
	assert_sees(s, "About the last interval");
	press(s, INPUT_ESCAPE);
	assert_misses(s, "About the last interval");
}

static void it_fits_from_40x8_up(void **state)
{
	static const int sizes[][2] = { { 8, 40 }, { 9, 41 }, { 12, 60 },
					{ 16, 80 }, { 24, 80 }, { 50, 160 },
					{ 200, 500 } };
	struct scene *s = *state;

	for (char view = '1'; view <= '5'; view++) {
		press(s, view);
		for (size_t i = 0; i < N_OF(sizes); i++) {
			const char *line = draw(s, sizes[i][0], sizes[i][1]);
			int lines = 0;

			for (; *line; line = strchr(line, '\n') + 1)
				lines++;
			assert_int_equal(lines, sizes[i][0]);
		}
	}
	assert_non_null(strstr(draw(s, 7, 39), "needs 40x8"));
	draw(s, 1, 1);
}

static void all_of_a_view_can_be_written(void **state)
{
	struct scene *s = *state;
	char *text = NULL;
	size_t len = 0;

	for (int i = 0; i < 300; i++)
		post_call(&s->book, seen_in(1, 1, ABI_NATIVE, 1000 + i), 1,
			  1, 0);
	show(s, true);
	draw(s, 24, 80);
	assert_int_equal(dash_write(s->dash, &text, &len), 0);
	assert_non_null(strstr(text, "syscall_0x513"));
	assert_non_null(strstr(text, "futex_waitv"));
	assert_null(strstr(text, "F10"));
	free(text);
}

static void settings_come_back(void **state)
{
	struct scene *s = *state;
	char *text = NULL;
	size_t len = 0;

	press(s, '+');
	press(s, 'u');
	press(s, 'E');
	press(s, 'I');
	assert_int_equal(dash_save(s->dash, &text, &len), 0);
	dash_free(s->dash);
	assert_int_equal(dash_new(&s->dash, &s->cfg, NULL), 0);
	dash_load(s->dash, text);
	show(s, true);
	assert_int_equal(dash_delay_ns(s->dash), 2 * SEC);
	assert_above(s, "futex_waitv", "fchmodat2");
	assert_sees(s, "/s");
	free(text);
}

static void settings_that_make_no_sense_are_left_alone(void **state)
{
	static const char *const texts[] = {
		"delay = 0.0001\ncumulative = maybe\n", "delay = 1e9",
		"delay", "= 1", "\n\n\n", "sort = no-such -also not . - -- x y",
		"unknown = 5", "delay = \033[2J",
	};
	struct scene *s = *state;

	for (size_t i = 0; i < N_OF(texts); i++)
		dash_load(s->dash, texts[i]);
	show(s, true);
	assert_int_equal(dash_delay_ns(s->dash), SEC);
	assert_false(dash_cumulative(s->dash));
	assert_above(s, "fchmodat2", "futex_waitv");
}

static void names_never_reach_the_terminal_raw(void **state)
{
	struct scene *s = *state;

	s->cfg.target = s->cfg.args = EVIL;
	dash_free(s->dash);
	assert_int_equal(dash_new(&s->dash, &s->cfg, NULL), 0);
	show(s, true);
	for (char view = '1'; view <= '5'; view++) {
		press(s, view);
		draw(s, 50, 200);
		assert_null(strchr(s->screen, '\033'));
		assert_null(strstr(s->screen, "\xe2\x80\xae"));
	}
	assert_sees(s, "ev\\033[31mil");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

static void time_is_moved_in_records(void **state)
{
	static const struct {
		int key, seconds;
	} moves[] = { { '[', -10 }, { ']', 10 }, { '(', -60 }, { ')', 60 } };
	struct scene *s = *state;

	assert_sees(s, "2023-11-14 22:13:20 UTC  those");
	assert_sees(s, "REPLAY 01:02 of 10:00 1x");
	for (size_t i = 0; i < N_OF(moves); i++) {
		press(s, moves[i].key);
		assert_true(s->reactions & REACT_SEEK);
		assert_int_equal(dash_request(s->dash)->seek_ns,
				 moves[i].seconds * SEC);
	}
	press(s, '}');
	assert_sees(s, " 2x ");
	for (int i = 0; i < 9; i++)
		press(s, '}');
	assert_sees(s, " 256x ");
	for (int i = 0; i < 20; i++)
		press(s, '{');
	assert_sees(s, " 0.125x ");
	assert_true(dash_speed(s->dash) == 0.125);
	press(s, 'k');
	assert_sees(s, "nobody is there to be signalled");
}

static void time_is_not_moved_otherwise(void **state)
{
	struct scene *s = *state;

	press(s, '[');
	assert_false(s->reactions & REACT_SEEK);
	assert_sees(s, "only a record has a time to move in");
	press(s, '}');
	assert_true(dash_speed(s->dash) == 1);
	assert_misses(s, "REPLAY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_header_says_where_time_went),
		TEST(what_it_costs_is_beside_what_strace_would),
		TEST(each_view_has_its_rows),
		TEST(enter_goes_into_a_row_and_backspace_up),
		TEST(rows_are_sorted_by_letters_and_titles),
		TEST(a_filter_leaves_what_has_the_text),
		TEST(a_search_finds_rows_as_it_is_typed),
		TEST(units_are_sums_or_rates),
		TEST(keys_ask_for_what_they_cannot_do),
		TEST(a_signal_is_for_the_row_and_takes_enter),
		TEST(a_command_is_not_left_without_a_question),
		cmocka_unit_test_setup_teardown(time_is_moved_in_records,
						open_record, close_scene),
		TEST(time_is_not_moved_otherwise),
		TEST(what_was_lost_is_told),
		TEST(it_fits_from_40x8_up),
		TEST(all_of_a_view_can_be_written),
		TEST(settings_come_back),
		TEST(settings_that_make_no_sense_are_left_alone),
		TEST(names_never_reach_the_terminal_raw),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("dash", tests, NULL, NULL);
}
