/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that compare, which take words behind the options. */
#include "parsed.h"

#include <errno.h>

static void comparing_takes_words_behind_options(void **state)
{
	(void)state;
	NEED_NAMES();
	PARSE("--diff", "a", "b", "--format=json");
	assert_string_equal(options.diff[0], "a");
	assert_string_equal(options.diff[1], "b");
	assert_true(options.has_format && !*options.command);
	options_done(&options);
	PARSE("--diff=a", "--budget=calls(read)<5", "b");
	assert_string_equal(options.diff[1], "b");
	assert_int_equal(options.budget.n, 1);
	options_done(&options);
	PARSE("--budget", "calls(read)<5;read/s>1", "calls(*)=3", "-q",
	      "true", "calls(read)<6");
	assert_int_equal(options.budget.n, 3);
	assert_true(options.quiet);
	assert_string_equal(options.command[0], "true");
	assert_string_equal(options.command[1], "calls(read)<6");
	options_done(&options);
	/* Behind -- it is the command, whatever it is called. */
	PARSE("--budget", "calls(read)<5", "--", "calls(*)=3");
	assert_int_equal(options.budget.n, 1);
	assert_string_equal(options.command[0], "calls(*)=3");
	options_done(&options);
	/* An assignment is no rule. */
	PARSE("--budget", "calls(read)<5", "A=b");
	assert_string_equal(options.command[0], "A=b");
	options_done(&options);
}

static void refused(char **words, const char *sentence)
{
	static char *argv[16];
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = words[argc];
	argv[argc] = NULL;
	optind = 0;
	why = (struct why){ 0 };
	assert_int_equal(options_parse(&options, argc, argv, &why), -EINVAL);
	if (!strstr(why.text, sentence))
		fail_msg("%s", why.text);
	options_done(&options);
}

#define REFUSED(sentence, ...) \
	refused((char *[]){ "smbsysacct", __VA_ARGS__, NULL }, sentence)

static void what_makes_no_sense_is_told(void **state)
{
	(void)state;
	NEED_NAMES();
	REFUSED("needs two", "--diff", "a");
	REFUSED("given twice", "--diff", "a", "b", "--diff", "c");
	REFUSED("a command does not go with --diff", "--diff", "a", "b", "c");
	REFUSED("--smb does not go with --diff", "--diff", "a", "b", "--smb");
	REFUSED("-d does not go with --diff", "--diff", "a", "b", "-d", "1");
	REFUSED("a file name", "--diff", "", "b");
	REFUSED("a rule of more than", "--budget", (char[1200]){
		[0 ... 1198] = 'a' }, "true");
	REFUSED("give --smb", "--budget", "p99(CREATE)<5ms", "-p", "1");
	REFUSED("leave out --by", "--smb", "--by=process", "--budget",
		"openat/CREATE<5");
	REFUSED("add syscall to --by", "--by=process", "--budget",
		"calls(read)<5", "-p", "1");
	REFUSED("that -e leaves out", "-e", "write", "--budget",
		"calls(read,write)<5", "true");
	REFUSED("--contrast does not make", "--contrast", "--budget",
		"calls(read)<5", "true");
	/* The second is meant to be one, too. */
	REFUSED("at character 13", "--budget", "calls(read)<5",
		"calls(read)<x", "true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing_takes_words_behind_options),
		cmocka_unit_test(what_makes_no_sense_is_told),
	};

	return cmocka_run_group_tests_name("comparing", tests, NULL, NULL);
}
