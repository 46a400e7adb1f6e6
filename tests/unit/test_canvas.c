/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grid that views draw on: nothing gets out of it, or through it. */
#include "unit.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tui/bar.h"
#include "tui/canvas.h"

#define WIDE "\xe6\xbc\xa2"	/* U+6F22, two columns */
#define ACUTE "\xcc\x81"	/* U+0301, combines */

static char *printed(const struct canvas *canvas)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	canvas_print(canvas, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_canvas(struct canvas *canvas, const char *wanted)
{
	char *text = printed(canvas);

	assert_string_equal(text, wanted);
	free(text);
	canvas_done(canvas);
}

static void what_is_outside_is_cut_off(void **state)
{
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 2, 5, true);
	assert_int_equal(canvas_put(&canvas, 0, 3, 100, LOOK_PLAIN, "abc"), 2);
	assert_int_equal(canvas_put(&canvas, 1, 0, 2, LOOK_PLAIN, "abc"), 2);
	canvas_put(&canvas, 2, 0, 5, LOOK_PLAIN, "never");
	canvas_put(&canvas, -1, 0, 5, LOOK_PLAIN, "never");
	canvas_put(&canvas, 0, -2, 2, LOOK_PLAIN, "ne");
	canvas_fill(&canvas, -3, -3, 2, 20, LOOK_TITLE);
	assert_canvas(&canvas, "   ab\nab\n");
}

static void a_canvas_has_a_place_at_least(void **state)
{
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 0, -3, true);
	canvas_put(&canvas, 0, 0, 9, LOOK_PLAIN, "xy");
	assert_canvas(&canvas, "x\n");
}

static void control_characters_are_marked(void **state)
{
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 1, 20, true);
	canvas_put(&canvas, 0, 0, 20, LOOK_PLAIN,
		   "a\033[2J\n\x7f\xff\xc2\x9bz");
	assert_canvas(&canvas, "a?[2J????z\n");
}

static void without_utf8_all_is_ascii(void **state)
{
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 1, 20, false);
	canvas_put(&canvas, 0, 0, 20, LOOK_PLAIN, "a" WIDE "b");
	bar_plain(&canvas, 0, 4, 4, 0.5, LOOK_PLAIN);
	assert_canvas(&canvas, "a?b ##\n");
}

static void wide_characters_take_two_columns(void **state)
{
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 3, 6, true);
	assert_int_equal(canvas_width(&canvas, "a" WIDE), 3);
	assert_int_equal(canvas_put(&canvas, 0, 0, 4, LOOK_PLAIN,
				    "a" WIDE WIDE), 3);
	/* Half of it is not left, whichever half is overwritten. */
	canvas_put(&canvas, 1, 0, 6, LOOK_PLAIN, WIDE WIDE WIDE);
	canvas_put(&canvas, 1, 1, 2, LOOK_PLAIN, "xy");
	canvas_put(&canvas, 2, 0, 6, LOOK_PLAIN, WIDE);
	canvas_put(&canvas, 2, 0, 1, LOOK_PLAIN, "z");
	canvas_put(&canvas, 2, 2, 1, LOOK_PLAIN, "z");
	assert_canvas(&canvas, "a" WIDE "\n xy " WIDE "\nz z\n");
}

static void marks_stay_with_their_character(void **state)
{
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 1, 6, true);
	canvas_put(&canvas, 0, 0, 6, LOOK_PLAIN, ACUTE "e" ACUTE ACUTE ACUTE
		   ACUTE ACUTE "f");
	assert_canvas(&canvas, "e" ACUTE ACUTE ACUTE "f\n");
}

static void numbers_end_at_the_right(void **state)
{
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 2, 8, true);
	canvas_put_right(&canvas, 0, 1, 6, LOOK_PLAIN, "42");
	canvas_put_right(&canvas, 1, 1, 3, LOOK_PLAIN, "12345");
	canvas_put_right(&canvas, 1, 6, 0, LOOK_PLAIN, "12345");
	canvas_put_right(&canvas, 1, 6, -20, LOOK_PLAIN, "12345");
	assert_canvas(&canvas, "     42\n 345\n");
}

static void a_bar_is_as_long_as_its_parts(void **state)
{
	static const struct bar_part parts[] = {
		{ 0.25, LOOK_USER, 'U' }, { -1, LOOK_SYSTEM, 'S' },
		{ 0.5, LOOK_RUNQ, 'Q' }, { 0.9, LOOK_OTHER, 'o' },
	};
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 3, 10, true);
	canvas.letters = true;
	bar_stacked(&canvas, 0, 0, 8, parts, 3);
	bar_stacked(&canvas, 1, 0, 8, parts, 4);
	/* What there is at all is seen. */
	bar_plain(&canvas, 2, 0, 8, 0.0001, LOOK_PLAIN);
	assert_canvas(&canvas, "UUQQQQ\nUUQQQQoo\n\xe2\x96\x8f\n");
}

static void levels_go_from_nothing_to_all(void **state)
{
	struct canvas canvas;

	(void)state;
	canvas_init(&canvas, 1, 1, false);
	assert_string_equal(bar_level(&canvas, -1), "");
	assert_string_equal(bar_level(&canvas, 0), " ");
	assert_string_equal(bar_level(&canvas, 0.001), ".");
	assert_string_equal(bar_level(&canvas, 1), "@");
	assert_string_equal(bar_level(&canvas, 7), "@");
	canvas_done(&canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_outside_is_cut_off),
		cmocka_unit_test(a_canvas_has_a_place_at_least),
		cmocka_unit_test(control_characters_are_marked),
		cmocka_unit_test(without_utf8_all_is_ascii),
		cmocka_unit_test(wide_characters_take_two_columns),
		cmocka_unit_test(marks_stay_with_their_character),
		cmocka_unit_test(numbers_end_at_the_right),
		cmocka_unit_test(a_bar_is_as_long_as_its_parts),
		cmocka_unit_test(levels_go_from_nothing_to_all),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests_name("canvas", tests, NULL, NULL);
}
