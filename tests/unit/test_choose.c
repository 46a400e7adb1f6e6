/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which collector serves which options. */
#include "parsed.h"

#include <errno.h>

#include "choose.h"

/* All that could serve, in order: "bpf seccomp proc". */
static const char *candidates(void)
{
	static char names[64];
	struct choice choice = { .options = &options };
	const struct collector_ops *ops;

	*names = '\0';
	why = (struct why){ 0 };
	while ((ops = choose_next(&choice, &why))) {
		strcat(names, *names ? " " : "");
		strcat(names, ops->name);
	}
	options_done(&options);
	return names;
}

static void the_best_comes_first(void **state)
{
	(void)state;
	if (!has("bpf") || !has("seccomp"))
		skip_because("build: without libbpf or libseccomp");
	PARSE("-p", "1");
	assert_string_equal(candidates(), "bpf join proc");
	PARSE("ls");
	assert_string_equal(candidates(), "bpf seccomp proc");
}

/* One that would leave a column empty comes after those that fill it. */
static void columns_have_a_say(void **state)
{
	(void)state;
	if (!has("bpf"))
		skip_because("build: without libbpf");
	PARSE("-p", "1", "-U", "blocked,pid");
	assert_string_equal(candidates(), "bpf join proc");
	/* What is joined has no wall of single calls. */
	PARSE("-p", "1", "-U", "wall,blocked,pid");
	assert_string_equal(candidates(), "bpf proc join");
	PARSE("-p", "1", "--by=process", "-U", "wall,read-chars,pid");
	assert_string_equal(candidates(), "join proc bpf");
	PARSE("-p", "1", "--by=process", "-S", "reads");
	assert_string_equal(candidates(), "join proc bpf");
	/* For single calls none has it, and the best is as good as any. */
	PARSE("-p", "1", "-S", "reads");
	assert_string_equal(candidates(), "bpf join proc");
	/* Neither fills all of them. */
	PARSE("-p", "1", "-U", "max,read-chars");
	assert_string_equal(candidates(), "bpf join proc");
	PARSE("-p", "1", "--collector=bpf", "-S", "reads");
	assert_string_equal(candidates(), "bpf");
	PARSE("-a", "-S", "reads");
	assert_string_equal(candidates(), "bpf");
}

static void some_options_take_bpf(void **state)
{
	(void)state;
	if (!has("bpf"))
		skip_because("build: without libbpf");
	PARSE("-a");
	assert_string_equal(candidates(), "bpf");
	PARSE("--name=x");
	assert_string_equal(candidates(), "bpf");
	PARSE("--cgroup=/x");
	assert_string_equal(candidates(), "bpf");
	PARSE("-p", "1", "ls");
	assert_string_equal(candidates(), "bpf");
	PARSE("-p", "1", "-D");
	assert_string_equal(candidates(), "bpf");
	PARSE("-p", "1", "-U", "p99,syscall");
	assert_string_equal(candidates(), "bpf");
	PARSE("-p", "1", "-S", "p99");
	assert_string_equal(candidates(), "bpf");
	PARSE("-p", "1", "--by=errno");
	assert_string_equal(candidates(), "bpf");
	PARSE("-Z", "ls");
	assert_string_equal(candidates(), "bpf");
}

static void a_choice_that_cannot_be_is_explained(void **state)
{
	(void)state;
	PARSE("--collector=proc", "-p", "1", "-D");
	assert_string_equal(candidates(), "");
	assert_non_null(strstr(why.text, "-D needs another collector than "
			       "proc"));
	PARSE("--collector=proc", "ls");
	assert_string_equal(candidates(), "proc");
	PARSE("--collector=proc", "-a");
	assert_string_equal(candidates(), "");
	assert_non_null(strstr(why.text, "-a needs"));
	PARSE("--collector=proc", "-p", "1", "-z");
	assert_string_equal(candidates(), "");
	assert_non_null(strstr(why.text, "-z needs another collector than "
			       "proc: leave out --collector"));
	assert_null(strstr(why.text, "attach with -p"));
	if (!has("seccomp"))
		return;
	PARSE("--collector=seccomp", "-p", "1");
	assert_string_equal(candidates(), "");
	assert_non_null(strstr(why.text, "to attach to what runs needs "
			       "another collector than seccomp"));
	PARSE("--collector=seccomp", "-p", "1", "ls");
	assert_string_equal(candidates(), "");
	assert_non_null(strstr(why.text, "-p together with a command"));
}

static unsigned needs(const char **words)
{
	unsigned bits = choose_needs(&options, words);

	options_done(&options);
	return bits;
}

/* Whatever is built in. */
static void needs_are_named_by_their_option(void **state)
{
	const char *words;

	(void)state;
	PARSE("-p", "1");
	assert_int_equal(needs(&words), COLLECT_ATTACH);
	assert_null(words);
	PARSE("ls");
	assert_int_equal(needs(&words), COLLECT_LAUNCH);
	assert_null(words);
	PARSE("-p", "1", "ls");
	assert_int_equal(needs(&words), COLLECT_LAUNCH | COLLECT_BOTH);
	assert_string_equal(words, "-p together with a command");
	PARSE("--name=x", "ls");
	assert_int_equal(needs(&words), COLLECT_LAUNCH | COLLECT_NAMES |
					COLLECT_BOTH);
	assert_string_equal(words, "--name");
	PARSE("--cgroup=/x");
	assert_int_equal(needs(&words), COLLECT_ATTACH | COLLECT_CGROUP);
	assert_string_equal(words, "--cgroup");
	PARSE("-p", "1", "-D", "-U", "p99");
	assert_int_equal(needs(&words), COLLECT_ATTACH | COLLECT_HISTOGRAMS);
	assert_string_equal(words, "-D");
	PARSE("-p", "1", "-U", "wall,p99");
	assert_int_equal(needs(&words), COLLECT_ATTACH | COLLECT_HISTOGRAMS);
	assert_string_equal(words, "a percentile");
	PARSE("-p", "1", "-U", "wall,max", "-S", "min");
	assert_int_equal(needs(&words), COLLECT_ATTACH);
	PARSE("-z", "ls");
	assert_int_equal(needs(&words), COLLECT_LAUNCH | COLLECT_ERRORS);
	assert_string_equal(words, "-z");
	PARSE("-Z", "-p", "1");
	assert_int_equal(needs(&words), COLLECT_ATTACH | COLLECT_ERRORS);
	assert_string_equal(words, "-Z");
}

/* The one that could is told, and why it cannot. */
static void what_is_not_built_in_is_told(void **state)
{
	(void)state;
	PARSE("-a");
	assert_string_equal(candidates(), has("bpf") ? "bpf" : "");
	if (has("bpf"))
		return;
	assert_non_null(strstr(why.text, "-a needs a collector that is "
			       "missing here: "));
	assert_non_null(strstr(why.text, registry_find("bpf")->missing));
}

/* Audit's rules slow a machine: whoever wants them says so. */
static void some_are_chosen_by_name_alone(void **state)
{
	static char *const lines[][4] = {
		{ "-p", "1" }, { "ls" }, { "-p", "1", "-S", "calls" },
		{ "-U", "errors", "ls" }, { "-S", "read-chars", "ls" },
		{ "-z", "ls" }, { "-D", "ls" }, { "-H", "ls" }, { "-a" },
	};

	(void)state;
	assert_true(registry_find("audit")->only_by_name);
	assert_true(registry_find("seccomp,audit")->only_by_name);
	for (size_t i = 0; i < N_OF(lines); i++) {
		PARSE(lines[i][0], lines[i][1], lines[i][2], lines[i][3]);
		assert_null(strstr(candidates(), "audit"));
	}
}

static void by_name_it_is_that_one(void **state)
{
	(void)state;
	if (!has("audit") || !has("seccomp,audit"))
		skip_because("build: without libaudit or libseccomp");
	PARSE("--collector=audit", "-p", "1");
	assert_string_equal(candidates(), "audit");
	PARSE("--collector=audit", "ls");
	assert_string_equal(candidates(), "audit");
	PARSE("--collector=audit", "-S", "read-chars", "ls");
	assert_string_equal(candidates(), "audit");
	PARSE("--collector=seccomp,audit", "ls");
	assert_string_equal(candidates(), "seccomp,audit");
	/* Its name begins like another's. */
	PARSE("--collector=seccomp", "ls");
	assert_string_equal(candidates(), "seccomp");
	PARSE("--collector=seccomp,audit", "-p", "1");
	assert_string_equal(candidates(), "");
	assert_non_null(strstr(why.text, "to attach to what runs needs "
			       "another collector than seccomp,audit"));
	PARSE("--collector=audit", "-p", "1", "-D");
	assert_string_equal(candidates(), "");
	assert_non_null(strstr(why.text, "-D needs another collector than "
			       "audit"));
	PARSE("--collector=audit", "-a");
	assert_string_equal(candidates(), "");
}

/* What would have come first is told beside what comes. */
static void what_was_passed_is_kept(void **state)
{
	struct choice choice = { .options = &options };
	const struct collector_ops *ops;

	(void)state;
	PARSE("-p", "1");
	ops = choose_next(&choice, &why);
	assert_non_null(ops);
	assert_string_equal(ops->name, has("bpf") ? "bpf" :
				       has("join") ? "join" : "proc");
	if (has("bpf"))
		assert_null(choice.passed);
	else
		assert_ptr_equal(choice.passed, registry_find("bpf"));
	options_done(&options);
	/* Nor is one passed that would come later. */
	choice = (struct choice){ .options = &options };
	PARSE("-p", "1", "--by=process", "-S", "reads");
	ops = choose_next(&choice, &why);
	assert_string_equal(ops->name, has("join") ? "join" : "proc");
	assert_ptr_equal(choice.passed, has("join") ? NULL :
						      registry_find("join"));
	options_done(&options);
	/* Whatever its name: the parser lets none through that is missing. */
	for (int i = 0; collector_registry[i]; i++) {
		ops = collector_registry[i];
		if (!ops->missing)
			continue;
		choice = (struct choice){ .options = &options };
		PARSE("ls");
		options.collector = ops->name;
		why = (struct why){ 0 };
		assert_null(choose_next(&choice, &why));
		assert_ptr_equal(choice.passed, ops);
		assert_non_null(strstr(why.text, "missing here: "));
		assert_non_null(strstr(why.text, ops->missing));
		options_done(&options);
	}
}

static void cannot(const struct collector_ops *ops, const char *words)
{
	why = (struct why){ 0 };
	assert_false(choose_can(&options, ops, NULL));
	assert_false(choose_can(&options, ops, &why));
	assert_int_equal(why.err, EINVAL);
	assert_string_equal(why.text, words);
	options_done(&options);
}

/* Missing or not. */
static void what_one_cannot_is_said_of_it(void **state)
{
	const struct collector_ops *proc = registry_find("proc");
	const struct collector_ops *seccomp = registry_find("seccomp");
	const struct collector_ops *audit = registry_find("audit");
	const struct collector_ops *bpf = registry_find("bpf");

	(void)state;
	PARSE("ls");
	assert_true(choose_can(&options, bpf, &why));
	assert_true(choose_can(&options, seccomp, &why));
	assert_true(choose_can(&options, audit, &why));
	assert_true(choose_can(&options, proc, &why));
	assert_string_equal(why.text, "");
	cannot(registry_find("join"), "it only attaches to what runs");
	PARSE("-p", "1");
	assert_true(choose_can(&options, bpf, &why));
	assert_true(choose_can(&options, proc, &why));
	assert_true(choose_can(&options, audit, &why));
	cannot(seccomp, "it only launches commands");
	PARSE("-p", "1");
	cannot(registry_find("seccomp,audit"), "it only launches commands");
	PARSE("-p", "1", "-D");
	assert_true(choose_can(&options, bpf, &why));
	cannot(proc, "-D is beyond it");
	PARSE("-p", "1", "ls");
	cannot(audit, "-p together with a command is beyond it");
	PARSE("-Z", "ls");
	cannot(seccomp, "-Z is beyond it");
	PARSE("--cgroup=/x");
	cannot(proc, "--cgroup is beyond it");
}

/* The reason why the last one failed is the one to be told. */
static void an_earlier_reason_stays(void **state)
{
	struct choice choice = { .options = &options };

	(void)state;
	PARSE("--collector=proc", "-p", "1");
	why_set(&why, 1, "no");
	assert_non_null(choose_next(&choice, &why));
	assert_null(choose_next(&choice, &why));
	assert_string_equal(why.text, "no");
	options_done(&options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_comes_first),
		cmocka_unit_test(columns_have_a_say),
		cmocka_unit_test(some_options_take_bpf),
		cmocka_unit_test(a_choice_that_cannot_be_is_explained),
		cmocka_unit_test(needs_are_named_by_their_option),
		cmocka_unit_test(what_is_not_built_in_is_told),
		cmocka_unit_test(some_are_chosen_by_name_alone),
		cmocka_unit_test(by_name_it_is_that_one),
		cmocka_unit_test(what_was_passed_is_kept),
		cmocka_unit_test(what_one_cannot_is_said_of_it),
		cmocka_unit_test(an_earlier_reason_stays),
	};

	return cmocka_run_group_tests_name("choose", tests, NULL, NULL);
}
