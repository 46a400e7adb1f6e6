/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --contrast: what goes with it, and what is projected from what. */
#include "unit.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast.h"
#include "options.h"

#define MAX_ARGS 16

static struct options options;
static struct why why;
static char words[256], *argv[MAX_ARGS + 1], *text;

/* Words are separated by one blank. */
static int parse(const char *line)
{
	char *rest = words;
	int argc = 0;

	options_done(&options);
	optind = 0;
	why = (struct why){ 0 };
	snprintf(words, sizeof(words), "smbsysacct %s", line);
	while (rest && argc < MAX_ARGS)
		argv[argc++] = strsep(&rest, " ");
	argv[argc] = NULL;
	return options_parse(&options, argc, argv, &why);
}

static int forget(void **state)
{
	(void)state;
	options_done(&options);
	free(text);
	text = NULL;
	return 0;
}

static void a_command_or_a_target_is_contrasted(void **state)
{
	(void)state;
	assert_int_equal(parse("ls"), 0);
	assert_false(options.contrast);
	assert_int_equal(parse("--contrast ls -l"), 0);
	assert_true(options.contrast && options.mode == MODE_LAUNCH);
	assert_int_equal(options.runs, 0);
	assert_int_equal(parse("--contrast -r 7 -q -o x -- ls"), 0);
	assert_int_equal(options.runs, 7);
	assert_int_equal(parse("--contrast --runs=1000 ls"), 0);
	assert_int_equal(options.runs, 1000);
	assert_int_equal(parse("--contrast -p 1 --seconds=2"), 0);
	assert_true(options.contrast && options.mode == MODE_ATTACH);
	assert_int_equal(parse("--contrast -p 1 --collector=proc "
			       "--no-follow"), 0);
	/* Behind a command it is the command's. */
	assert_int_equal(parse("ls --contrast -r 3"), 0);
	assert_false(options.contrast);
	assert_int_equal(parse("--contrast -h"), 0);
	assert_int_equal(options.mode, MODE_HELP);
}

static void what_makes_no_sense_with_it_is_refused(void **state)
{
	static const struct {
		const char *line, *named;
	} cases[] = {
		{ "--contrast", "--contrast needs a command" },
		{ "--contrast -p 1 ls", "not both" },
		{ "--contrast -r 0 ls", "-r" },
		{ "--contrast -r 1001 ls", "1 to 1000" },
		{ "--contrast -r x ls", "'x'" },
		{ "--contrast -r -1 ls", "-r" },
		{ "-r 3 ls", "-r is for --contrast" },
		{ "-r 3 -p 1", "-r is for --contrast" },
		{ "--contrast -r 3 -p 1", "-r goes with" },
		{ "--contrast --seconds=1 ls", "--seconds" },
		{ "--contrast --collector=proc ls", "--collector" },
		{ "--contrast --no-follow ls", "--no-follow" },
		{ "--contrast -c ls", "-c does not go" },
		{ "--contrast -d 1 -p 1", "-d does not go" },
		{ "--contrast -d 1 -n 2 -p 1", "-d does not go" },
		{ "--contrast --by=process -p 1", "--by does not go" },
		{ "--contrast -H -p 1", "--by does not go" },
		{ "--contrast -D ls", "-D does not go" },
		{ "--contrast -A ls", "-A does not go" },
		{ "--contrast -e 3 ls", "-e does not go" },
		{ "--contrast -z ls", "-z or -Z" },
		{ "--contrast -S wall ls", "-S does not go" },
		{ "--contrast -U wall ls", "-U does not go" },
		{ "--contrast --rows=3 ls", "--rows does not go" },
		{ "--contrast --rate=3 ls", "--rate does not go" },
		{ "--contrast --check ls", "--check does not go" },
		{ "--contrast --top ls", "--top does not go" },
		{ "--contrast --top -p 1", "--top does not go" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		assert_int_equal(parse(cases[i].line), -EINVAL);
		if (!strstr(why.text, cases[i].named))
			fail_msg("%s: \"%s\" does not say %s", cases[i].line,
				 why.text, cases[i].named);
	}
}

static void sums_are_read_back(void **state)
{
	struct totals totals;
	char lines[] = "collector bpf\ninterval_ns 1000\nown_cpu_ns 10\n"
		       "wall_ns 3000\ncalls 50\nnote one thing\n"
		       "collector bpf\ninterval_ns 500\ncalls 7\n"
		       "calls many\nunknown 3\nnote another\n";
	char none[] = "collector proc\ninterval_ns 5\n";

	(void)state;
	totals_parse(&totals, lines);
	assert_string_equal(totals.collector, "bpf");
	assert_true(totals.counted && totals.calls == 57);
	assert_true(totals.interval_ns == 1500 && totals.wall_ns == 3000);
	assert_true(totals.own_cpu_ns == 10);
	assert_int_equal(totals.n_notes, 2);
	assert_string_equal(totals.notes[1], "another");
	totals_parse(&totals, none);
	assert_false(totals.counted);
}

static struct forecast some_forecast(void)
{
	return (struct forecast){
		.target = "-p 1",
		.totals = { .collector = "bpf", .counted = true,
			    .calls = 1000, .interval_ns = 2 * SEC,
			    .wall_ns = 4 * SEC, .own_cpu_ns = 20 * MS,
			    .notes = { "a note" }, .n_notes = 1 },
		.projected = true,
		.strace = { .bare_ns = 200, .traced_ns = 40200 },
		.reason = "",
	};
}

static bool is_near(double a, double b)
{
	return fabs(a - b) < 1e-9 * fabs(b);
}

static void figures_follow_from_calls_and_a_loop(void **state)
{
	struct forecast f = some_forecast();

	(void)state;
	assert_true(is_near(forecast_calls_per_s(&f), 500));
	assert_true(is_near(forecast_own_ns(&f), 20000));
	assert_true(is_near(forecast_own_percent(&f), 1));
	assert_true(is_near(forecast_added_ns(&f), 40000));
	/* 1,000 calls of 40 us, in 4 s of wall and 2 s of time. */
	assert_true(is_near(forecast_wall_percent(&f), 1));
	assert_true(is_near(forecast_factor(&f), 1.02));
}

static void what_is_not_known_is_not_projected(void **state)
{
	struct forecast f = some_forecast();

	(void)state;
	f.projected = false;
	assert_true(isnan(forecast_added_ns(&f)));
	assert_true(isnan(forecast_wall_percent(&f)));
	assert_true(isnan(forecast_factor(&f)));
	f.totals.calls = 0;
	assert_true(is_near(forecast_calls_per_s(&f) + 1, 1));
	assert_true(isnan(forecast_own_ns(&f)));
	f.totals.counted = false;
	assert_true(isnan(forecast_calls_per_s(&f)));
	f.totals.interval_ns = f.totals.wall_ns = 0;
	f.projected = true;
	assert_true(isnan(forecast_factor(&f)));
	assert_true(isnan(forecast_wall_percent(&f)));
	assert_true(isnan(forecast_own_percent(&f)));
}

static void print(const struct forecast *f)
{
	size_t len = 0;
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &len);
	assert_non_null(out);
	assert_int_equal(forecast_print_text(out, f, &why), 0);
	fclose(out);
}

static void says(const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("no '%s' in:\n%s", wanted, text);
}

static void each_figure_says_what_it_is(void **state)
{
	struct forecast f = some_forecast();

	(void)state;
	print(&f);
	says("-p 1: 2.000 s, by bpf\n");
	says(" 500 measured\n");
	says(" ~40000 projected\n");
	says(" ~1.02 projected\n");
	says("note: a note\n");
	f.projected = false;
	f.reason = "strace is not installed";
	print(&f);
	says("nothing can be projected: strace is not installed\n");
	assert_null(strstr(text, "~"));
	assert_null(strstr(text, "nan"));
}

#define CONTRAST(test) cmocka_unit_test_teardown(test, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONTRAST(a_command_or_a_target_is_contrasted),
		CONTRAST(what_makes_no_sense_with_it_is_refused),
		CONTRAST(sums_are_read_back),
		CONTRAST(figures_follow_from_calls_and_a_loop),
		CONTRAST(what_is_not_known_is_not_projected),
		CONTRAST(each_figure_says_what_it_is),
	};

	return cmocka_run_group_tests_name("contrast", tests, NULL, NULL);
}
