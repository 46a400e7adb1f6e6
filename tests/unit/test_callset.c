/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of calls, as strace has them written. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/callset.h"

static struct callnames names;

static int load_names(void **state)
{
	struct why why = { 0 };

	(void)state;
	return callnames_init(&names, &why);
}

static int drop_names(void **state)
{
	(void)state;
	callnames_done(&names);
	return 0;
}

static struct callset parsed(const char *text)
{
	struct callset set;
	struct why why = { 0 };

	if (callset_parse(&set, text, &why))
		fail_msg("%s: %s", text, why.text);
	return set;
}

static bool same(const char *one, const char *two)
{
	struct callset a = parsed(one), b = parsed(two);

	return callset_equal(&a, &b);
}

/* -1: this ABI has no such call. */
static int number_of(int abi, const char *name)
{
	for (int nr = 0; nr < CALLSET_NUMBERS; nr++) {
		const char *found = callnames_get(&names, abi, nr);

		if (found && !strcmp(found, name))
			return nr;
	}
	return -1;
}

static bool has_in(const struct callset *set, int abi, const char *name)
{
	int nr = number_of(abi, name);

	if (nr < 0)
		fail_msg("no call %s", name);
	return callset_has(set, abi, nr);
}

static bool chooses(const char *text, const char *name)
{
	struct callset set = parsed(text);

	return has_in(&set, ABI_NATIVE, name);
}

static void names_of_calls_are_known(void **state)
{
	int nr;

	(void)state;
	/* Of the table of our own. */
	assert_string_equal(callnames_get(&names, ABI_NATIVE, 449),
			    "futex_waitv");
	NEED_NAMES();
	nr = number_of(ABI_NATIVE, "openat");
	assert_true(nr >= 0);
	assert_string_equal(callnames_get(&names, ABI_NATIVE, nr), "openat");
	assert_null(callnames_get(&names, ABI_NATIVE, CALLSET_NUMBERS - 1));
}

static void names_choose_their_calls(void **state)
{
	(void)state;
	assert_true(chooses("futex_waitv", "futex_waitv"));
	NEED_NAMES();
	assert_true(chooses("read,openat", "read"));
	assert_true(chooses("read,openat", "openat"));
	assert_false(chooses("read,openat", "write"));
	/* A name is meant as a whole. */
	assert_false(chooses("read", "readv"));
	assert_true(same("read,openat", "openat,read,read"));
}

static void numbers_choose_them_in_every_abi(void **state)
{
	struct callset set = parsed("3,639");

	(void)state;
	for (int abi = ABI_NATIVE; abi <= ABI_X32; abi++) {
		assert_true(callset_has(&set, abi, 3));
		assert_true(callset_has(&set, abi, 639));
		assert_false(callset_has(&set, abi, 2));
		assert_false(callset_has(&set, abi, 4));
		assert_false(callset_has(&set, abi, 67));
	}
}

static void what_is_no_call_is_in_no_set(void **state)
{
	struct callset set;

	(void)state;
	callset_fill(&set);
	assert_true(callset_has(&set, ABI_NATIVE, 0));
	assert_false(callset_has(&set, ABI_NATIVE, -1));
	assert_false(callset_has(&set, ABI_NATIVE, CALLSET_NUMBERS));
	assert_false(callset_has(&set, ABI_NATIVE, INT32_MAX));
	assert_false(callset_has(&set, ABI_STATE, 0));
	assert_false(callset_has(&set, ABI_TASK, 0));
	assert_false(callset_has(&set, ABI_X32 + 1, 0));
}

static void classes_choose_theirs(void **state)
{
	(void)state;
	NEED_NAMES();
	assert_true(chooses("%network", "connect"));
	assert_true(chooses("%network", "sendmsg"));
	assert_false(chooses("%network", "read"));
	assert_true(chooses("%file", "openat"));
	assert_true(chooses("%desc", "read"));
	assert_true(chooses("%memory", "mmap"));
	assert_true(chooses("%process", "execve"));
	assert_true(chooses("%creds", "geteuid"));
	/* Of a name with a percent sign of its own, each part counts. */
	assert_true(chooses("%%statfs", "fstatfs"));
	assert_false(chooses("%statfs", "fstatfs"));
	assert_true(same("%net", "%network"));
	assert_false(same("%network", "%file"));
	assert_true(chooses("%network,read", "read"));
	assert_true(chooses("%network,read", "connect"));
}

static void old_classes_need_no_percent_sign(void **state)
{
	static const char *const old[] = {
		"file", "process", "network", "signal", "ipc", "desc",
		"memory",
	};
	char text[32];

	(void)state;
	NEED_NAMES();
	for (size_t i = 0; i < N_OF(old); i++) {
		snprintf(text, sizeof(text), "%%%s", old[i]);
		assert_true(same(old[i], text));
	}
	/* Where the name is also a call's, it is the call. */
	assert_true(chooses("fstat", "fstat"));
	assert_false(chooses("fstat", "statx"));
	assert_true(chooses("%fstat", "statx"));
}

/* What it is safe to hold up: those that wait, and only those. */
static void waits_are_a_class(void **state)
{
	static const char *const in[] = {
		"futex", "epoll_pwait", "ppoll", "wait4", "accept4",
		"recvfrom", "clock_nanosleep",
	}, *const out[] = { "connect", "read", "geteuid", "exit_group" };
	struct callset set = { 0 }, text;

	(void)state;
	NEED_NAMES();
	callset_add_class(&set, &names, "wait");
	for (size_t i = 0; i < N_OF(in); i++)
		if (!has_in(&set, ABI_NATIVE, in[i]))
			fail_msg("%s is no wait", in[i]);
	for (size_t i = 0; i < N_OF(out); i++)
		if (has_in(&set, ABI_NATIVE, out[i]))
			fail_msg("%s is a wait", out[i]);
#ifdef __x86_64__
	assert_true(has_in(&set, ABI_NATIVE, "epoll_wait"));
	assert_true(has_in(&set, ABI_COMPAT, "futex_time64"));
#endif
	text = parsed("%wait");
	assert_true(callset_equal(&set, &text));
}

static void expressions_choose_what_they_match(void **state)
{
	(void)state;
	assert_true(chooses("/waitv$", "futex_waitv"));
	assert_false(chooses("?/^waitv", "futex_waitv"));
	NEED_NAMES();
	assert_true(chooses("/^epoll", "epoll_ctl"));
	assert_true(chooses("/^epoll", "epoll_pwait"));
	assert_false(chooses("/^epoll", "ppoll"));
	assert_true(chooses("/poll", "ppoll"));
	assert_true(same("/^(read|openat)$", "read,openat"));
	assert_true(chooses("close,/^epoll", "close"));
	/* One that matches nothing is likely a mistake. */
	assert_int_equal(callset_parse(&(struct callset){ 0 }, "/^zzz",
				       NULL), -EINVAL);
}

static void a_mark_in_front_means_all_others(void **state)
{
	struct callset set = parsed("!3,5");

	(void)state;
	for (int abi = ABI_NATIVE; abi <= ABI_X32; abi++)
		for (int nr = 0; nr < CALLSET_NUMBERS; nr++)
			assert_int_equal(callset_has(&set, abi, nr),
					 nr != 3 && nr != 5);
	set = parsed("all");
	assert_true(callset_has(&set, ABI_COMPAT, 3));
	assert_true(same("all", "!none"));
	set = parsed("all@32");
	assert_true(callset_has(&set, ABI_COMPAT, 0));
	assert_false(callset_has(&set, ABI_NATIVE, 0));
	assert_true(same("!all", "none"));
	set = parsed("none");
	assert_true(callset_is_empty(&set));
	NEED_NAMES();
	assert_false(chooses("!read", "read"));
	assert_true(chooses("!read", "write"));
	assert_false(chooses("!%network", "connect"));
	assert_true(chooses("!%network", "read"));
}

static void names_that_need_not_exist(void **state)
{
	struct callset set = parsed("?no_such_call");

	(void)state;
	assert_true(callset_is_empty(&set));
	assert_true(same("?no_such_call,7", "7"));
	assert_true(same("?futex_waitv", "futex_waitv"));
	set = parsed("?%no_such_class,?/^zzz");
	assert_true(callset_is_empty(&set));
}

static void one_abi_can_be_meant(void **state)
{
	static const struct {
		const char *text;
		int abi;
	} cases[] = {
		{ "7@64", ABI_NATIVE }, { "7@32", ABI_COMPAT },
		{ "7@x32", ABI_X32 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct callset set = parsed(cases[i].text);

		for (int abi = ABI_NATIVE; abi <= ABI_X32; abi++)
			assert_int_equal(callset_has(&set, abi, 7),
					 abi == cases[i].abi);
	}
	assert_true(same("7@64,7@32,7@x32", "7"));
	assert_false(same("7@64,7@32", "7"));
}

static void one_abi_can_be_meant_by_names(void **state)
{
	struct callset set;

	(void)state;
	NEED_NAMES();
	set = parsed("close@64,%network@64");
	assert_true(has_in(&set, ABI_NATIVE, "close"));
	assert_true(has_in(&set, ABI_NATIVE, "connect"));
#ifdef __x86_64__
	assert_false(has_in(&set, ABI_COMPAT, "close"));
	assert_false(has_in(&set, ABI_COMPAT, "connect"));
	set = parsed("/^clos@32");
	assert_true(has_in(&set, ABI_COMPAT, "close"));
	assert_false(has_in(&set, ABI_NATIVE, "close"));
	/* It has a name in one ABI only. */
	assert_int_equal(callset_parse(&set, "waitpid@64", NULL), -EINVAL);
	assert_int_equal(callset_parse(&set, "waitpid@32", NULL), 0);
#endif
}

static void mistakes_are_named(void **state)
{
	static const struct {
		const char *text, *named;
	} cases[] = {
		{ "no_such_call", "'no_such_call'" },
		{ "7,no_such_call,8", "'no_such_call'" },
		{ "!no_such_call", "'no_such_call'" },
		{ "%no_such_class", "'%no_such_class'" },
		{ "creds", "'creds'" }, { "Read", "'Read'" },
		{ " read", "' read'" }, { "!!read", "'!read'" },
		{ "640", "'640'" }, { "-1", "'-1'" },
		{ "4294967299", "'4294967299'" }, { "3@16", "'3@16'" },
		{ "%", "'%'" }, { "@64", "missing" }, { "?", "missing" },
		{ "", "missing" }, { "!", "missing" }, { ",", "missing" },
		{ "7,", "missing" }, { ",7", "missing" },
		{ "7,,8", "missing" },
		{ "/[", "expression" }, { "/(", "expression" },
		{ "7,/a{2,1}", "expression" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct callset set;
		struct why why = { 0 };
		size_t len;

		if (callset_parse(&set, cases[i].text, &why) != -EINVAL)
			fail_msg("taken: %s", cases[i].text);
		assert_int_equal(why.err, EINVAL);
		if (!strstr(why.text, cases[i].named))
			fail_msg("%s: \"%s\" does not say %s", cases[i].text,
				 why.text, cases[i].named);
		len = strlen(why.text);
		assert_null(strchr(why.text, '\n'));
		assert_true(why.text[len - 1] != '.');
	}
}

static void a_word_has_a_limit(void **state)
{
	struct callset set;
	struct why why = { 0 };
	char text[300];

	(void)state;
	memset(text, '0', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(callset_parse(&set, text, &why), -EINVAL);
	assert_non_null(strstr(why.text, "too long"));
	/* Many words have none. */
	for (size_t i = 1; i < sizeof(text) - 1; i += 2)
		text[i] = ',';
	text[sizeof(text) - 2] = '0';
	assert_true(same(text, "0"));
}

static void calls_are_put_in_and_taken_out(void **state)
{
	struct callset set = { 0 }, other = parsed("all");

	(void)state;
	callset_put(&set, &names, "futex_waitv", true);
	for (int abi = ABI_NATIVE; abi <= ABI_X32; abi++)
		assert_true(callset_has(&set, abi, 449));
	assert_false(callset_is_empty(&set));
	callset_put(&other, &names, "futex_waitv", false);
	assert_false(callset_has(&other, ABI_NATIVE, 449));
	assert_true(callset_has(&other, ABI_NATIVE, 448));
	/* Nothing is in both. */
	callset_intersect(&other, &set);
	assert_true(callset_is_empty(&other));
	callset_fill(&other);
	callset_intersect(&other, &set);
	assert_true(callset_equal(&other, &set));
}

/* What one of the lists prints, NULL where it fails. */
static char *listed(const char *class)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int err = 0;

	assert_non_null(out);
	if (class)
		err = callset_list_class(out, class);
	else
		callset_list_classes(out);
	fclose(out);
	if (!err)
		return text;
	assert_int_equal(err, -EINVAL);
	assert_string_equal(text, "");
	free(text);
	return NULL;
}

static void classes_are_listed(void **state)
{
	char *text = listed(NULL), *rest = text, *line;
	int n = 0;

	(void)state;
	while ((line = strsep(&rest, "\n")) && *line) {
		char *calls;

		/* Each can be asked for as it is listed. */
		assert_int_equal(*line, '%');
		calls = listed(line + 1);
		assert_non_null(calls);
		assert_non_null(strchr(calls, '\n'));
		free(calls);
		n++;
	}
	assert_true(n > 10);
	free(text);
	assert_null(listed("no_such_class"));
	assert_null(listed(""));
}

static void calls_of_a_class_are_listed(void **state)
{
	char *text = listed("wait");

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, "\nepoll_wait\n"));
	assert_null(strstr(text, "\nconnect\n"));
	free(text);
	text = listed("network");
	assert_non_null(strstr(text, "\nconnect\n"));
	free(text);
	text = listed("net");
	assert_non_null(text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_calls_are_known),
		cmocka_unit_test(names_choose_their_calls),
		cmocka_unit_test(numbers_choose_them_in_every_abi),
		cmocka_unit_test(what_is_no_call_is_in_no_set),
		cmocka_unit_test(classes_choose_theirs),
		cmocka_unit_test(old_classes_need_no_percent_sign),
		cmocka_unit_test(waits_are_a_class),
		cmocka_unit_test(expressions_choose_what_they_match),
		cmocka_unit_test(a_mark_in_front_means_all_others),
		cmocka_unit_test(names_that_need_not_exist),
		cmocka_unit_test(one_abi_can_be_meant),
		cmocka_unit_test(one_abi_can_be_meant_by_names),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(a_word_has_a_limit),
		cmocka_unit_test(calls_are_put_in_and_taken_out),
		cmocka_unit_test(classes_are_listed),
		cmocka_unit_test(calls_of_a_class_are_listed),
	};

	return cmocka_run_group_tests_name("callset", tests, load_names,
					   drop_names);
}
