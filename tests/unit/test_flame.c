/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "markup.h"
#include "report/flame.h"

static const struct flame_cfg plain;

/* "a;b;c" and so on, without a semicolon in a name. */
static int add(struct flame *flame, const char *path, enum flame_state state,
	       const char *reason, int64_t ns)
{
	char text[4096], *rest = text;
	const char *frames[512];
	size_t n = 0;

	snprintf(text, sizeof(text), "%s", path);
	while (rest && *rest && n < N_OF(frames))
		frames[n++] = strsep(&rest, ";");
	return flame_add(flame, frames, n, state, reason, ns);
}

static struct flame *new_flame(void)
{
	struct flame *flame = flame_new();

	assert_non_null(flame);
	return flame;
}

/* The caller frees it. */
static char *folded(const struct flame *flame)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(flame_folded(flame, out), 0);
	fclose(out);
	return text;
}

static char *drawn(const struct flame *flame, const struct flame_cfg *cfg,
		   bool html)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct markup m;

	assert_non_null(out);
	assert_int_equal(html ? flame_html(flame, out, cfg) :
				flame_svg(flame, out, cfg), 0);
	fclose(out);
	assert_int_equal(strlen(text), len);
	if (markup_judge(&m, text, html))
		fail_msg("%s: %.200s", m.wrong, m.at);
	assert_int_equal(m.scripts, 2);
	return text;
}

static void assert_folded(struct flame *flame, const char *wanted)
{
	char *text = folded(flame);

	assert_string_equal(text, wanted);
	free(text);
	flame_free(flame);
}

static void stacks_are_folded(void **state)
{
	struct flame *flame = new_flame();

	(void)state;
	add(flame, "main;read", FLAME_BLOCKED, "network", 300);
	add(flame, "main;read", FLAME_BLOCKED, "disk", 20);
	add(flame, "main;read", FLAME_RUNQ, "not of it", 4);
	add(flame, "main", FLAME_CPU, NULL, 5);
	add(flame, "main;read", FLAME_BLOCKED, "disk", 1);
	add(flame, "main;close", FLAME_BLOCKED, NULL, 7);
	add(flame, "another", FLAME_BLOCKED, "", 8);
	add(flame, "", FLAME_CPU, NULL, 9);
	assert_int_equal(flame_total_ns(flame), 354);
	assert_folded(flame, "another;[blocked] 8\n"
			     "main;close;[blocked] 7\n"
			     "main;read;[run queue] 4\n"
			     "main;read;[blocked: disk] 21\n"
			     "main;read;[blocked: network] 300\n"
			     "main;[on CPU] 5\n"
			     "[on CPU] 9\n");
}

static void what_took_no_time_is_not_there(void **state)
{
	struct flame *flame = new_flame();

	(void)state;
	assert_int_equal(add(flame, "a;b", FLAME_CPU, NULL, 0), 0);
	assert_int_equal(add(flame, "a;b", FLAME_CPU, NULL, -5), 0);
	assert_int_equal(flame_total_ns(flame), 0);
	assert_folded(flame, "");
	flame_free(NULL);
}

static void names_cannot_break_a_folded_line(void **state)
{
	const char *frames[] = { "[T; 3]", "a\nb 12", "", "\xff\x1b[2J" };
	struct flame *flame = new_flame();

	(void)state;
	flame_add(flame, frames, N_OF(frames), FLAME_BLOCKED, "x;y\n", 1);
	assert_folded(flame, "[T: 3];a\\012b 12;[unknown];\\377\\033[2J;"
			     "[blocked: x:y\\012] 1\n");
}

static void the_sum_cannot_overflow(void **state)
{
	struct flame *flame = new_flame();

	(void)state;
	assert_int_equal(add(flame, "a", FLAME_CPU, NULL, INT64_MAX - 1), 0);
	assert_int_equal(add(flame, "b", FLAME_RUNQ, NULL, 2), -EOVERFLOW);
	assert_int_equal(add(flame, "b", FLAME_RUNQ, NULL, 1), 0);
	free(drawn(flame, &plain, false));
	assert_folded(flame, "a;[on CPU] 9223372036854775806\n"
			     "b;[run queue] 1\n");
}

/* --- limits --------------------------------------------------------------- */

static void deep_stacks_are_cut(void **state)
{
	const char *frames[FLAME_DEPTH + 2];
	struct flame *flame = new_flame();
	char *text;

	(void)state;
	for (size_t i = 0; i < N_OF(frames); i++)
		frames[i] = "f";
	flame_add(flame, frames, FLAME_DEPTH, FLAME_CPU, NULL, 1);
	text = folded(flame);
	assert_null(strstr(text, "[deeper]"));
	free(text);
	flame_add(flame, frames, N_OF(frames), FLAME_CPU, NULL, 2);
	text = folded(flame);
	assert_non_null(strstr(text, "f;f;[deeper];[on CPU] 2\n"));
	free(text);
	free(drawn(flame, &plain, false));
	free(drawn(flame, &plain, true));
	flame_free(flame);
}

static void a_full_tree_keeps_the_time(void **state)
{
	struct flame *flame = new_flame();
	char name[32], *text, *rest;

	(void)state;
	for (int i = 0; i < FLAME_NODES; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		assert_int_equal(add(flame, name, FLAME_BLOCKED, "disk", 1),
				 0);
	}
	assert_int_equal(flame_total_ns(flame), FLAME_NODES);
	/* What is there already goes on. */
	assert_int_equal(add(flame, "f0", FLAME_BLOCKED, "disk", 41), 0);
	text = folded(flame);
	assert_non_null(strstr(text, "f0;[blocked: disk] 42\n"));
	rest = strstr(text, "[too many stacks];[blocked] ");
	assert_non_null(rest);
	/* Each stack takes two places. */
	assert_in_range(strtol(strstr(rest, "d] ") + 3, NULL, 10),
			FLAME_NODES / 2, FLAME_NODES / 2 + FLAME_DEPTH);
	free(text);
	flame_free(flame);
}

static void long_names_are_cut(void **state)
{
	struct flame *flame = new_flame();
	char name[400] = "", *text;

	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(name, "\xe2\x82\xac");
	add(flame, name, FLAME_CPU, NULL, 1);
	text = folded(flame);
	assert_in_range(strcspn(text, ";"), FLAME_NAME - 6, FLAME_NAME - 1);
	assert_non_null(strstr(text, "\xe2\x82\xac\xe2\x80\xa6;[on CPU] 1"));
	free(text);
	free(drawn(flame, &plain, false));
	flame_free(flame);
}

/* --- pictures ------------------------------------------------------------- */

/* Where the frame of that title is. */
static double place(const char *svg, const char *title, double *width)
{
	char key[64];
	const char *at;
	double x;

	snprintf(key, sizeof(key), "<title>%s: ", title);
	at = strstr(svg, key);
	assert_non_null(at);
	at = strstr(at, "<rect x=\"");
	assert_int_equal(sscanf(at, "<rect x=\"%lf\" y=\"%*d\" width=\"%lf\"",
				&x, width), 2);
	return x;
}

static void widths_are_times(void **state)
{
	struct flame *flame = new_flame();
	double x, all, a, b, leaf;
	char *svg;

	(void)state;
	add(flame, "a;read", FLAME_BLOCKED, "disk", 600 * MS);
	add(flame, "a", FLAME_CPU, NULL, 150 * MS);
	add(flame, "b", FLAME_RUNQ, NULL, 250 * MS);
	svg = drawn(flame, &(struct flame_cfg){ .width = 1020 }, false);
	assert_true(place(svg, "all", &all) == 0);
	assert_true(place(svg, "a", &a) == 0);
	x = place(svg, "b", &b);
	assert_true(all >= 999 && all <= 1000);
	assert_true(a >= 749 && a <= 750);
	assert_true(x == 750 && b >= 249 && b <= 250);
	assert_true(place(svg, "[on CPU]", &leaf) == 600);
	assert_true(leaf >= 149 && leaf <= 150);
	assert_non_null(strstr(svg, "<title>a: 750.00 ms, 75.00% of all; on "
				    "CPU 20.0%, run queue 0.0%, blocked "
				    "80.0%</title>"));
	assert_non_null(strstr(svg, "<g class=\"f blocked-2\"><title>a:"));
	assert_non_null(strstr(svg, "<g class=\"f runq-3\"><title>b:"));
	assert_non_null(strstr(svg, "<g class=\"f b0\"><title>[blocked: "));
	free(svg);
	flame_free(flame);
}

static void narrow_frames_are_counted(void **state)
{
	struct flame *flame = new_flame();
	char *svg;

	(void)state;
	add(flame, "wide", FLAME_CPU, NULL, 9996);
	add(flame, "narrow;more", FLAME_CPU, NULL, 4);
	svg = drawn(flame, &plain, false);
	assert_non_null(strstr(svg, ">3 frames too narrow to draw</text>"));
	assert_null(strstr(svg, "<title>narrow:"));
	free(svg);
	add(flame, "narrow;more", FLAME_CPU, NULL, 2);
	svg = drawn(flame, &plain, false);
	assert_null(strstr(svg, "too narrow to draw</text>"));
	assert_non_null(strstr(svg, "<title>narrow:"));
	free(svg);
	flame_free(flame);
}

static void texts_are_cut_to_fit(void **state)
{
	struct flame *flame = new_flame();
	char *svg;

	(void)state;
	/* 100 pixels, of which 94 are 13 columns. */
	add(flame, "thirteen_long", FLAME_BLOCKED, "network", 100);
	add(flame, "fourteen_chars", FLAME_CPU, NULL, 100);
	add(flame, "x", FLAME_CPU, NULL, 800);
	svg = drawn(flame, &(struct flame_cfg){ .width = 1020 }, false);
	assert_non_null(strstr(svg, ">thirteen_long</text>"));
	assert_non_null(strstr(svg, ">fourteen_cha\xe2\x80\xa6</text>"));
	assert_non_null(strstr(svg, ">network</text>"));
	free(svg);
	flame_free(flame);
}

static const char *const hostile[] = {
	"</script><b>", "]]></style><b>", "\"&<>'", "<!--", "a\xe2\x80\xa8z",
	"\xe2\x80\xaeright\xe2\x81\xa6", "\xff\xfe\xc3", "\x01\x1b[2J\x7f",
	"\xef\xbf\xbe\xef\xbf\xbf", "\xed\xa0\x80", "\xf0\x9f\x94\xa5", "\\",
	"&lt;", "\xc2\x85", "%s%n", "__proto__", "\xe4\xb8\xad\xe6\x96\x87",
};

static void names_are_escaped(void **state)
{
	struct flame_cfg cfg = {
		.title = "</title><b>",
		.subtitle = "<b>\xef\xbf\xbf</b>\n</p>2\xff\n",
	};
	struct flame *flame = new_flame();

	(void)state;
	for (size_t i = 0; i < N_OF(hostile); i++)
		assert_int_equal(flame_add(flame, &hostile[i], 1,
					   FLAME_BLOCKED, hostile[i], SEC), 0);
	for (int html = 0; html < 2; html++) {
		char *text = drawn(flame, &cfg, html);

		assert_null(strstr(text, "<b>"));
		assert_null(strstr(text, "\xe2\x80\xa8"));
		assert_null(strstr(text, "\xe2\x80\xae"));
		assert_null(strstr(text, "\xef\xbf\xbe"));
		assert_null(strstr(text, "\xef\xbf\xbf"));
		assert_non_null(strstr(text, "&lt;/title&gt;&lt;b&gt;"));
		assert_non_null(strstr(text, "&lt;/p&gt;2\\377"));
		assert_non_null(strstr(text, "<title>&lt;/script&gt;&lt;b&gt;"
					     ": "));
		assert_non_null(strstr(text, "\n\"\\u003c/script\\u003e"
					     "\\u003cb\\u003e\""));
		assert_non_null(strstr(text, "\"\\u0022\\u0026\\u003c\\u003e"
					     "\\u0027\""));
		assert_non_null(strstr(text, "\"\\ud83d\\udd25\""));
		free(text);
	}
	flame_free(flame);
}

static void nothing_at_all_is_a_picture_too(void **state)
{
	struct flame *flame = new_flame();

	(void)state;
	for (int html = 0; html < 2; html++) {
		char *text = drawn(flame, &plain, html);

		assert_non_null(strstr(text, "<title>all: 0.0 \xc2\xb5s"));
		assert_non_null(strstr(text, ">Wall-clock flame graph<"));
		free(text);
	}
	flame_free(flame);
}

static void the_legend_has_an_end(void **state)
{
	struct flame *flame = new_flame();
	char reason[16], *svg;

	(void)state;
	add(flame, "f", FLAME_RUNQ, NULL, 100);
	for (int i = 0; i < 40; i++) {
		snprintf(reason, sizeof(reason), "reason %d", i);
		add(flame, "f", FLAME_BLOCKED, reason, 10);
	}
	svg = drawn(flame, &plain, false);
	assert_non_null(strstr(svg, ">run queue <tspan class=\"share\">20.0%"));
	/* Of 41 rows 13 stand for themselves, the rest is of 28 reasons. */
	assert_non_null(strstr(svg, ">blocked: the rest <tspan "
				    "class=\"share\">56.0%"));
	free(svg);
	flame_free(flame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks_are_folded),
		cmocka_unit_test(what_took_no_time_is_not_there),
		cmocka_unit_test(names_cannot_break_a_folded_line),
		cmocka_unit_test(the_sum_cannot_overflow),
		cmocka_unit_test(deep_stacks_are_cut),
		cmocka_unit_test(a_full_tree_keeps_the_time),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(widths_are_times),
		cmocka_unit_test(narrow_frames_are_counted),
		cmocka_unit_test(texts_are_cut_to_fit),
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(nothing_at_all_is_a_picture_too),
		cmocka_unit_test(the_legend_has_an_end),
	};

	return cmocka_run_group_tests_name("flame", tests, NULL, NULL);
}
