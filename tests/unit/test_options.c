/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "collect/registry.h"
#include "options.h"

#define MAX_ARGS 16

static struct options options;
static struct why why;
static char *argv[MAX_ARGS + 1];
static char words[1024];

/* Parse a command line; words are separated by one blank, _ is a blank. */
static int parse(const char *line)
{
	int argc = 0;
	char *next;

	options_done(&options);
	/* 0, not 1: glibc forgets where it was inside of a word. */
	optind = 0;
	memset(&why, 0, sizeof(why));
	snprintf(words, sizeof(words), "smbsysacct%s%s", *line ? " " : "",
		 line);
	for (char *p = words; p; p = next) {
		next = strchr(p, ' ');
		if (next)
			*next++ = '\0';
		for (char *c = p; *c; c++)
			if (*c == '_')
				*c = ' ';
		assert_true(argc < MAX_ARGS);
		argv[argc++] = p;
	}
	argv[argc] = NULL;
	return options_parse(&options, argc, argv, &why);
}

static int forget(void **state)
{
	(void)state;
	options_done(&options);
	return 0;
}

static void defaults(void **state)
{
	(void)state;
	assert_int_equal(parse("-p 1"), 0);
	assert_int_equal(options.mode, MODE_ATTACH);
	assert_true(options.follow);
	assert_null(options.collector);
	assert_int_equal(options.rate_hz, 0);
	assert_int_equal(options.by, 1u << DIM_SYSCALL);
	assert_null(options.columns);
	assert_null(options.sort);
	assert_false(options.has_calls);
	assert_false(options.all_calls);
	assert_false(options.wall_clock);
	assert_ptr_equal(options.reporter, &report_text);
	assert_null(options.output);
	assert_int_equal(options.max_rows, 0);
	assert_true(options.delay_ns == 0);
	assert_true(options.seconds_ns == 0);
	assert_true(options.count == 0);
	assert_false(options.quiet);
}

static void pids(void **state)
{
	static const char *const lines[] = {
		"-p 1,22,2147483647", "-p1,22,2147483647",
		"-p 1 -p 22,2147483647", "--pid=1,22,2147483647",
		"--pid 1,22,2147483647", "-p _1,_22_2147483647_",
		"-p 1 -p 22 -p 2147483647",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(lines); i++) {
		assert_int_equal(parse(lines[i]), 0);
		assert_int_equal(options.mode, MODE_ATTACH);
		assert_int_equal(options.n_pids, 3);
		assert_int_equal(options.pids[0], 1);
		assert_int_equal(options.pids[1], 22);
		assert_int_equal(options.pids[2], 2147483647);
	}
	/* The way pidof and pgrep -d print them. */
	assert_int_equal(parse("-p 5\n6\t7"), 0);
	assert_int_equal(options.n_pids, 3);
}

static void bad_pids(void **state)
{
	static const char *const lines[] = {
		"-p 0", "-p -1", "-p 1,x", "-p smbd", "-p 2147483648",
		"-p 1.5", "-p 0x10", "-p ,", "-p _", "-p 1;2",
		"-p 99999999999999999999999999", "--pid=",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(lines); i++) {
		assert_int_equal(parse(lines[i]), -EINVAL);
		assert_int_equal(why.err, EINVAL);
		assert_non_null(strstr(why.text, "-p"));
	}
}

static void pids_have_a_limit(void **state)
{
	char *many = malloc(50000), *line[] = { "smbsysacct", "-p", many,
						NULL };
	size_t n = 0;

	(void)state;
	assert_non_null(many);
	options_done(&options);
	for (int i = 1; i <= 9999; i++)
		n += (size_t)sprintf(many + n, "%s%d", i > 1 ? "," : "", i);
	optind = 0;
	assert_int_equal(options_parse(&options, 3, line, &why), -EINVAL);
	assert_non_null(strstr(why.text, "more than"));
	free(many);
}

/* Each option that takes a value, with one that it takes. */
static void every_option_is_stored(void **state)
{
	(void)state;
	assert_int_equal(parse("-p 1 -f"), 0);
	assert_true(options.follow);
	assert_int_equal(parse("-p 1 --no-follow"), 0);
	assert_false(options.follow);
	assert_int_equal(parse("-p 1 --collector=proc"), 0);
	assert_string_equal(options.collector, "proc");
	assert_int_equal(parse("-p 1 --rate=250"), 0);
	assert_int_equal(options.rate_hz, 250);
	assert_int_equal(parse("-p 1 -S runq"), 0);
	assert_string_equal(options.sort, "runq");
	assert_int_equal(parse("-p 1 --sort=pid"), 0);
	assert_string_equal(options.sort, "pid");
	assert_int_equal(parse("-p 1 -U wall,syscall"), 0);
	assert_string_equal(options.columns, "wall,syscall");
	assert_int_equal(parse("-p 1 --columns=wall"), 0);
	assert_string_equal(options.columns, "wall");
	assert_int_equal(parse("-p 1 --by=process,syscall"), 0);
	assert_int_equal(options.by, 1u << DIM_PROCESS | 1u << DIM_SYSCALL);
	assert_int_equal(parse("-p 1 -H"), 0);
	assert_int_equal(options.by, 1u << DIM_PROCESS | 1u << DIM_THREAD);
	assert_int_equal(parse("-p 1 --rows=10"), 0);
	assert_int_equal(options.max_rows, 10);
	assert_int_equal(parse("-p 1 --format=text"), 0);
	assert_ptr_equal(options.reporter, &report_text);
	assert_int_equal(parse("-p 1 -o out"), 0);
	assert_string_equal(options.output, "out");
	assert_int_equal(parse("-p 1 --output=out"), 0);
	assert_string_equal(options.output, "out");
	assert_int_equal(parse("-p 1 -d 0.5"), 0);
	assert_true(options.delay_ns == SEC / 2);
	assert_int_equal(parse("-p 1 --delay=2 -n 3"), 0);
	assert_true(options.delay_ns == 2 * SEC && options.count == 3);
	assert_int_equal(parse("-p 1 --count=7 -d 1"), 0);
	assert_true(options.count == 7);
	assert_int_equal(parse("-p 1 --seconds=1.5"), 0);
	assert_true(options.seconds_ns == 3 * SEC / 2);
	assert_int_equal(parse("-p 1 -q"), 0);
	assert_true(options.quiet);
}

static void json_is_there_or_says_why_not(void **state)
{
	(void)state;
	if (report_json.missing) {
		assert_int_equal(parse("-p 1 --format=json"), -EINVAL);
		assert_non_null(strstr(why.text, report_json.missing));
	} else {
		assert_int_equal(parse("-p 1 --format=json"), 0);
		assert_ptr_equal(options.reporter, &report_json);
	}
}

static void modes(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_int_equal(options.mode, MODE_NOTHING);
	assert_int_equal(parse("-q"), 0);
	assert_int_equal(options.mode, MODE_NOTHING);
	assert_int_equal(parse("-h"), 0);
	assert_int_equal(options.mode, MODE_HELP);
	assert_int_equal(parse("--help"), 0);
	assert_int_equal(options.mode, MODE_HELP);
	assert_int_equal(parse("-V"), 0);
	assert_int_equal(options.mode, MODE_VERSION);
	assert_int_equal(parse("--version"), 0);
	assert_int_equal(options.mode, MODE_VERSION);
	assert_int_equal(parse("--list=columns"), 0);
	assert_int_equal(options.mode, MODE_LIST);
	assert_string_equal(options.list, "columns");
}

static void a_command_keeps_its_own_options(void **state)
{
	(void)state;
	assert_int_equal(parse("ls -l -p x --help"), 0);
	assert_int_equal(options.mode, MODE_LAUNCH);
	assert_string_equal(options.command[0], "ls");
	assert_string_equal(options.command[1], "-l");
	assert_string_equal(options.command[4], "--help");
	assert_null(options.command[5]);
	assert_int_equal(parse("-q -- -odd name"), 0);
	assert_int_equal(options.mode, MODE_LAUNCH);
	assert_string_equal(options.command[0], "-odd");
	assert_true(options.quiet);
}

/* As strace takes them; the last one counts. */
static void calls_are_chosen(void **state)
{
	static const char *const lines[] = {
		"-p 1 -e trace=3,mseal", "-p 1 -e 3,mseal",
		"-p 1 -etrace=mseal,3",
		"-p 1 -e trace=7 -e trace=3,mseal",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(lines); i++) {
		assert_int_equal(parse(lines[i]), 0);
		assert_true(options.has_calls);
		assert_true(callset_has(&options.calls, ABI_NATIVE, 3));
		assert_true(callset_has(&options.calls, ABI_NATIVE, 462));
		assert_false(callset_has(&options.calls, ABI_NATIVE, 7));
	}
	assert_int_equal(parse("-p 1 -e !3"), 0);
	assert_true(options.has_calls);
	assert_false(callset_has(&options.calls, ABI_NATIVE, 3));
	assert_true(callset_has(&options.calls, ABI_NATIVE, 7));
	/* None at all are a choice as well. */
	assert_int_equal(parse("-p 1 -e trace=none"), 0);
	assert_true(options.has_calls);
	assert_true(callset_is_empty(&options.calls));
	assert_int_equal(parse("-p 1 -A"), 0);
	assert_true(options.all_calls);
	assert_false(options.has_calls);
	assert_int_equal(parse("-p 1 --all-calls"), 0);
	assert_true(options.all_calls);
}

static void straces_table_is_on_request(void **state)
{
	(void)state;
	assert_int_equal(parse("-p 1 -c"), 0);
	assert_ptr_equal(options.reporter, &report_summary);
	assert_false(options.wall_clock);
	assert_int_equal(parse("-p 1 -c -w"), 0);
	assert_ptr_equal(options.reporter, &report_summary);
	assert_true(options.wall_clock);
	assert_int_equal(parse("-wcS calls ls"), 0);
	assert_int_equal(options.mode, MODE_LAUNCH);
	assert_ptr_equal(options.reporter, &report_summary);
	assert_true(options.wall_clock);
	assert_string_equal(options.sort, "calls");
	assert_int_equal(parse("-p 1 -c --by=syscall"), 0);
}

static void a_command_takes_options_before_it(void **state)
{
	(void)state;
	assert_int_equal(parse("-A -e trace=3 -d 1 ls -c -w"), 0);
	assert_int_equal(options.mode, MODE_LAUNCH);
	assert_true(options.all_calls && options.has_calls);
	assert_true(options.delay_ns == SEC);
	assert_ptr_equal(options.reporter, &report_text);
	assert_string_equal(options.command[0], "ls");
	assert_string_equal(options.command[1], "-c");
	assert_string_equal(options.command[2], "-w");
	assert_null(options.command[3]);
	assert_int_equal(parse("-f sh"), 0);
	assert_int_equal(options.mode, MODE_LAUNCH);
	assert_int_equal(options.n_pids, 0);
	/* Without one, and without a process id, there is nothing to do. */
	assert_int_equal(parse("-A -c --"), 0);
	assert_int_equal(options.mode, MODE_NOTHING);
	assert_null(*options.command);
	/* To be told something comes first. */
	assert_int_equal(parse("-V ls"), 0);
	assert_int_equal(options.mode, MODE_VERSION);
}

static void targets_are_more_than_ids(void **state)
{
	(void)state;
	assert_int_equal(parse("-a"), 0);
	assert_true(options.everyone && options.mode == MODE_ATTACH);
	assert_true(options_attach(&options));
	assert_int_equal(parse("--all-processes"), 0);
	assert_true(options.everyone);
	assert_int_equal(parse("--name=^smbd$"), 0);
	assert_true(options.has_name && options.mode == MODE_ATTACH);
	assert_int_equal(regexec(&options.name, "smbd", 0, NULL, 0), 0);
	assert_int_not_equal(regexec(&options.name, "nmbd", 0, NULL, 0), 0);
	assert_int_equal(parse("--cgroup=/x"), 0);
	assert_string_equal(options.cgroup, "/x");
	assert_int_equal(parse("-p 1 ls"), 0);
	assert_int_equal(options.mode, MODE_LAUNCH);
	assert_int_equal(options.n_pids, 1);
	assert_true(options_attach(&options));
	assert_int_equal(parse("ls"), 0);
	assert_false(options_attach(&options));
	assert_false(options.everyone || options.has_name || options.cgroup);
	/* However often it is named. */
	assert_int_equal(parse("-p 7,7 -p 8 -p 7"), 0);
	assert_int_equal(options.n_pids, 2);
}

static void overhead_has_units(void **state)
{
	static const struct {
		const char *line;
		int64_t ns;
	} cases[] = {
		{ "-p 1 -c -O 3", 3000 }, { "-p 1 -c -O 3us", 3000 },
		{ "-p 1 -c -O 3ns", 3 }, { "-p 1 -c -O 3ms", 3000000 },
		{ "-p 1 -c -O 2s", 2000000000 }, { "-p 1 -O 0 -c", 0 },
		{ "-cO1us ls", 1000 }, { "-p 1 -c", 0 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		assert_int_equal(parse(cases[i].line), 0);
		assert_int_equal(options.overhead_ns, cases[i].ns);
	}
}

static void outcomes_are_chosen(void **state)
{
	(void)state;
	assert_int_equal(parse("-p 1"), 0);
	assert_int_equal(options.outcome, OUTCOME_ANY);
	assert_int_equal(parse("-p 1 -z"), 0);
	assert_int_equal(options.outcome, OUTCOME_SUCCESS);
	assert_int_equal(parse("-p 1 -Z"), 0);
	assert_int_equal(options.outcome, OUTCOME_FAILURE);
	/* The last one counts. */
	assert_int_equal(parse("-Zz ls"), 0);
	assert_int_equal(options.outcome, OUTCOME_SUCCESS);
	assert_int_equal(parse("-p 1 --by=errno"), 0);
	assert_int_equal(options.by, 1u << DIM_ERRNO | 1u << DIM_SYSCALL);
}

static void histograms_are_on_request(void **state)
{
	(void)state;
	assert_int_equal(parse("-p 1"), 0);
	assert_false(options.histogram);
	assert_int_equal(parse("-p 1 -D --duration=2"), 0);
	assert_true(options.histogram);
	assert_int_equal(options.seconds_ns, 2 * SEC);
	assert_int_equal(parse("--histogram ls"), 0);
	assert_true(options.histogram);
}

/* It stays enabled until the next boot: never by one word alone. */
static void audit_is_enabled_by_two_words(void **state)
{
	static const char *const names[] = { "audit", "seccomp,audit" };
	char line[128];

	(void)state;
	assert_int_equal(parse("-p 1"), 0);
	assert_false(options.audit_enable);
	for (size_t i = 0; i < N_OF(names); i++) {
		const char *missing = registry_find(names[i])->missing;

		snprintf(line, sizeof(line), "--audit-enable --collector=%s "
			 "ls", names[i]);
		if (missing) {
			assert_int_equal(parse(line), -EINVAL);
			assert_non_null(strstr(why.text, missing));
			continue;
		}
		assert_int_equal(parse(line), 0);
		assert_true(options.audit_enable);
		assert_string_equal(options.collector, names[i]);
		snprintf(line, sizeof(line), "--collector=%s --audit-enable "
			 "-p 1", names[i]);
		assert_int_equal(parse(line), 0);
		assert_true(options.audit_enable);
		/* The collector's name does not do it. */
		snprintf(line, sizeof(line), "--collector=%s ls", names[i]);
		assert_int_equal(parse(line), 0);
		assert_false(options.audit_enable);
	}
	/* Behind a command they are the command's. */
	assert_int_equal(parse("ls --audit-enable"), 0);
	assert_false(options.audit_enable);
}

/* With or without something to ask about. */
static void a_check_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(parse("-p 1"), 0);
	assert_false(options.check);
	assert_int_equal(parse("--check"), 0);
	assert_true(options.check && options.mode == MODE_NOTHING);
	assert_int_equal(parse("-p 1 --check"), 0);
	assert_true(options.check && options.mode == MODE_ATTACH);
	assert_int_equal(parse("--check ls -l"), 0);
	assert_true(options.check && options.mode == MODE_LAUNCH);
	assert_string_equal(options.command[0], "ls");
	assert_int_equal(parse("ls --check"), 0);
	assert_false(options.check);
}

/* A wrong word, and what the message has to name. */
static void is_named(const char *line, const char *named)
{
	assert_int_equal(parse(line), -EINVAL);
	assert_int_equal(why.err, EINVAL);
	if (!strstr(why.text, named))
		fail_msg("%s: \"%s\" does not say %s", line, why.text, named);
	assert_null(strchr(why.text, '\n'));
}

static void mistakes_with_records_are_named(void **state)
{
	static const struct {
		const char *line, *named;
	} cases[] = {
		{ "-p 1 --record=", "--record" },
		{ "--replay=", "--replay" },
		{ "--record=x --contrast ls", "--record" },
		{ "--record=x --check", "--record" },
		{ "--replay=x --record=y", "--record does not go" },
		{ "--replay=x -p 1", "-p does not go" },
		{ "--replay=x ls", "a command does not go" },
		{ "--replay=x -A", "-A does not go" },
		{ "--replay=x --stacks", "--stacks does not go" },
		{ "--replay=x -n 3", "-n needs -d" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		is_named(cases[i].line, cases[i].named);
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *line, *named;
	} cases[] = {
		{ "-x", "'-x'" },
		{ "-qx", "'-x'" },
		{ "--colour", "'--colour'" },
		{ "-p 1 --c", "--c" },
		{ "--no-follow=1", "--no-follow" },
		{ "-p", "'-p' needs an argument" },
		{ "--pid", "'--pid' needs an argument" },
		{ "-p 1 -d", "'-d' needs an argument" },
		{ "-p 1 -S", "'-S' needs an argument" },
		{ "-p 1 --rows", "'--rows' needs an argument" },
		{ "-p 1 --collector=magic", "'magic'" },
		{ "-p 1 --rate=0", "--rate" },
		{ "-p 1 --rate=10001", "--rate" },
		{ "-p 1 --rate=-5", "--rate" },
		{ "-p 1 --rate=fast", "'fast'" },
		{ "-p 1 -S colour", "'colour'" },
		{ "-p 1 -U wall,colour", "'colour'" },
		{ "-p 1 -U wall,wall", "'wall'" },
		{ "-p 1 --by=colour", "'colour'" },
		{ "-p 1 --rows=0", "--rows" },
		{ "-p 1 --rows=ten", "'ten'" },
		{ "-p 1 --format=xml", "'xml'" },
		{ "-p 1 --output=", "-o" },
		{ "-p 1 -d 0", "-d" },
		{ "-p 1 -d 0.0001", "-d" },
		{ "-p 1 -d soon", "'soon'" },
		{ "-p 1 -d 1 -n 0", "-n" },
		{ "-p 1 -d 1 -n -3", "-n" },
		{ "-p 1 --seconds=0", "--seconds" },
		{ "-p 1 --seconds=1e3", "--seconds" },
		{ "-p 1 -n 3", "-n needs -d" },
		{ "--audit-enable ls", "--collector=audit; give both" },
		{ "--audit-enable --collector=proc -p 1", "--audit-enable" },
		{ "--name=(", "--name" },
		{ "--name=a --name=b", "once" },
		{ "--cgroup=", "--cgroup" },
		{ "-c -O x -p 1", "-O" },
		{ "-c -O 1m -p 1", "-O" },
		{ "-c -O us -p 1", "-O" },
		{ "-c -O -1 -p 1", "-O" },
		{ "-c -O 1.5us -p 1", "-O" },
		{ "-c -O 1_us -p 1", "-O" },
		{ "-c -O 1000000001 -p 1", "-O" },
		{ "-p 1 -c --by=errno", "--by" },
		{ "--name=a{2,1}", "--name" },
		{ "-O 1us -p 1", "-c" },
		{ "-p 1 -D -c", "-D" },
#ifdef HAVE_JANSSON
		{ "-p 1 -D --format=json", "-D" },
#endif
		{ "-p 1 --duration=0", "--duration" },
		{ "-p 1 -e", "'-e' needs an argument" },
		{ "-p 1 -e trace=nosuchcall", "'nosuchcall'" },
		{ "-p 1 -e nosuchcall", "'nosuchcall'" },
		{ "-p 1 -e trace=", "-e trace=" },
		{ "-p 1 -e trace=/[", "-e trace=" },
		{ "-p 1 -e abbrev=all", "'abbrev=all'" },
		{ "-p 1 -e t=3", "'t=3'" },
		{ "-p 1 -e =3", "'=3'" },
		{ "-p 1 -w", "-w" },
		{ "-w ls", "-w" },
		{ "-p 1 -w -c --format=text", "-w" },
		{ "-p 1 -c --by=process", "--by" },
		{ "-p 1 -c --by=process,syscall", "--by" },
		{ "-p 1 -cH", "--by" },
		{ "-p 1 --all-calls=3", "--all-calls" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		is_named(cases[i].line, cases[i].named);
}

/* What rows are by, and whether SMB's are asked for, it says itself. */
static void a_record_is_a_target(void **state)
{
	(void)state;
	assert_int_equal(parse("--replay=x --by=request,stack -d 1"), 0);
	assert_int_equal(options.mode, MODE_REPLAY);
	assert_string_equal(options.replay, "x");
	assert_int_equal(parse("--record=x -p 1"), 0);
	assert_int_equal(options.mode, MODE_ATTACH);
	assert_string_equal(options.record, "x");
	assert_int_equal(parse("--record=x"), 0);
	assert_int_equal(options.mode, MODE_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(pids),
		cmocka_unit_test(bad_pids),
		cmocka_unit_test(pids_have_a_limit),
		cmocka_unit_test(every_option_is_stored),
		cmocka_unit_test(json_is_there_or_says_why_not),
		cmocka_unit_test(modes),
		cmocka_unit_test(a_command_keeps_its_own_options),
		cmocka_unit_test(calls_are_chosen),
		cmocka_unit_test(straces_table_is_on_request),
		cmocka_unit_test(a_command_takes_options_before_it),
		cmocka_unit_test(targets_are_more_than_ids),
		cmocka_unit_test(overhead_has_units),
		cmocka_unit_test(outcomes_are_chosen),
		cmocka_unit_test(histograms_are_on_request),
		cmocka_unit_test(audit_is_enabled_by_two_words),
		cmocka_unit_test(a_check_is_asked_for),
		cmocka_unit_test(a_record_is_a_target),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(mistakes_with_records_are_named),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, forget);
}
