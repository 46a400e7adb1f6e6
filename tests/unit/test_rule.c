/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of a budget: what is one, what it says, and where another is not. */
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "compare/rule.h"
#include "model/smb2.h"

static struct rule rule;
static struct why why;

static int parse(const char *text)
{
	why = (struct why){ 0 };
	return rule_parse(&rule, text, strlen(text), &why);
}

static void good(const char *text)
{
	if (parse(text))
		fail_msg("%s", why.text);
}

#define assert_rule(text_, column_, op_, limit_) \
	do { \
		good(text_); \
		assert_string_equal(rule.column->id, column_); \
		assert_int_equal(rule.op, op_); \
		if (fabs(rule.limit - (limit_)) > 1e-6) \
			fail_msg("%s: %g", text_, rule.limit); \
	} while (0)

static void the_three_of_the_manual(void **state)
{
	(void)state;
	NEED_NAMES();
	assert_rule("openat/CREATE<=6", "calls-per-request", OP_UP_TO, 6);
	assert_int_equal(rule.request, SMB2_CREATE);
	assert_true(rule_has_call(&rule, "openat"));
	assert_false(rule_has_call(&rule, "openat2"));
	assert_false(rule_has_call(&rule, "open"));
	assert_false(rule_has_call(&rule, ""));
	rule_done(&rule);
	assert_rule("p99(pread64)<2ms", "p99", OP_LESS, 2e6);
	assert_string_equal(rule.unit, "ms");
	assert_int_equal(rule.request, -1);
	rule_done(&rule);
	assert_rule("blocked(futex)<5%", "blocked", OP_LESS, 5);
	assert_int_equal(rule.share, SHARE_WALL);
	rule_done(&rule);
}

static void each_kind_of_column_has_its_units(void **state)
{
	(void)state;
	NEED_NAMES();
	assert_rule("wall(read)<1.5s", "wall", OP_LESS, 1.5e9);
	rule_done(&rule);
	assert_rule("p99.9(read)<=250us", "p999", OP_UP_TO, 250e3);
	rule_done(&rule);
	assert_rule("avg(read)>0", "average", OP_MORE, 0);
	rule_done(&rule);
	assert_rule("max(read)>=7ns", "max", OP_FROM, 7);
	rule_done(&rule);
	assert_rule("bytes(read)<2M", "bytes", OP_LESS, 2 * 1048576);
	rule_done(&rule);
	assert_rule("bytes(read)<20", "bytes", OP_LESS, 20);
	rule_done(&rule);
	assert_rule("errors(read)=0", "errors", OP_EQUAL, 0);
	rule_done(&rule);
	assert_rule("errors(read)<10%", "errors", OP_LESS, 10);
	assert_int_equal(rule.share, SHARE_FAILED);
	rule_done(&rule);
	assert_rule("calls(read)==0.5%", "calls", OP_EQUAL, 0.5);
	assert_int_equal(rule.share, SHARE_CALLS);
	rule_done(&rule);
	assert_rule("wall-percent(read)<3%", "wall-percent", OP_LESS, 3);
	assert_int_equal(rule.share, SHARE_NONE);
	rule_done(&rule);
}

static void calls_are_named_as_for_strace(void **state)
{
	(void)state;
	NEED_NAMES();
	good(" calls( %network ) < 5 ");
	assert_true(rule_has_call(&rule, "recvmsg"));
	assert_false(rule_has_call(&rule, "read"));
	rule_done(&rule);
	good("calls(read,write)<5");
	assert_true(rule_has_call(&rule, "write"));
	rule_done(&rule);
	good("calls(*)<5");
	assert_true(rule.every_call && rule_has_call(&rule, "[running]"));
	rule_done(&rule);
	good("calls(all)<5");
	assert_true(rule.every_call);
	rule_done(&rule);
	/* As the C library calls it, whatever the kernel does. */
	good("fstatat/CREATE<=6");
	assert_true(rule_has_call(&rule, "newfstatat"));
	assert_false(rule_has_call(&rule, "fstat"));
	rule_done(&rule);
}

static void by_the_second(void **state)
{
	(void)state;
	NEED_NAMES();
	assert_rule("read/s<100", "calls", OP_LESS, 100);
	assert_true(rule.per_second && rule.has_calls);
	rule_done(&rule);
	assert_rule("CREATE/s>=10", "requests", OP_FROM, 10);
	assert_true(rule.per_second && !rule.has_calls);
	rule_done(&rule);
	assert_rule("blocked(read)/s<10ms", "blocked", OP_LESS, 1e7);
	assert_true(rule.per_second);
	rule_done(&rule);
	assert_rule("calls(*/CREATE)/s<9", "calls", OP_LESS, 9);
	assert_int_equal(rule.request, SMB2_CREATE);
	rule_done(&rule);
}

static void requests_are_their_own(void **state)
{
	(void)state;
	NEED_NAMES();
	assert_rule("p99(CREATE)<2ms", "p99", OP_LESS, 2e6);
	assert_false(rule.has_calls);
	assert_int_equal(rule.request, SMB2_CREATE);
	rule_done(&rule);
	assert_rule("requests(READ)>0", "requests", OP_MORE, 0);
	rule_done(&rule);
	assert_rule("wall(read/READ)<1s", "wall", OP_LESS, 1e9);
	rule_done(&rule);
}

static void others_are_refused_at_a_place(void **state)
{
	static const struct {
		const char *text;
		int at;
	} cases[] = {
		{ "", 1 }, { " ", 1 }, { "<5", 1 }, { "read<5", 1 },
		{ "CREATE<5", 1 }, { "nothing(read)<5", 1 },
		{ "syscall(read)<5", 1 }, { "pid(read)<5", 1 },
		{ "calls(CREATE)<5", 1 }, { "requests(read)<5", 1 },
		{ "calls()<5", 7 }, { "calls(raed)<5", 7 },
		{ "calls(%fiel)<5", 7 }, { "calls(read", 11 },
		{ "calls(read<5", 11 }, { "calls(read)", 12 },
		{ "calls(read)!5", 12 }, { "calls(read)<", 13 },
		{ "calls(read)<x", 13 }, { "calls(read)<-1", 13 },
		{ "calls(read)<.", 13 }, { "calls(read)<0x5", 14 },
		{ "calls(read)<5ms", 14 }, { "calls(read)<5 6", 15 },
		{ "p99(pread64)<2", 15 }, { "p99(pread64)<2xs", 15 },
		{ "p99(pread64)<2%", 15 }, { "blocked(futex)<5%x", 18 },
		{ "blocked(futex)/s<5%", 19 },
		{ "calls(read/read)<5", 12 }, { "read/CREAT<5", 6 },
		{ "read/<5", 6 }, { "calls(/regex/)<5", 7 },
		{ "calls(read)<1234567890123456789", 13 },
	};

	(void)state;
	NEED_NAMES();
	for (size_t i = 0; i < N_OF(cases); i++) {
		char wanted[64];

		if (parse(cases[i].text) != -EINVAL)
			fail_msg("'%s' is a rule", cases[i].text);
		assert_null(rule.names);
		snprintf(wanted, sizeof(wanted), ": at character %d: ",
			 cases[i].at);
		if (!strstr(why.text, wanted) ||
		    strncmp(why.text, "--budget '", 10))
			fail_msg("'%s': %s", cases[i].text, why.text);
	}
}

static void long_and_hostile_ones_are_refused(void **state)
{
	char text[2000];

	(void)state;
	NEED_NAMES();
	memset(text, 'a', sizeof(text));
	assert_int_equal(rule_parse(&rule, text, sizeof(text), &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, "1000 characters"));
	assert_int_equal(rule_parse(&rule, text, 900, &why), -EINVAL);
	assert_int_equal(parse("\033[31m<5"), -EINVAL);
	assert_null(strchr(why.text, '\033'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_three_of_the_manual),
		cmocka_unit_test(each_kind_of_column_has_its_units),
		cmocka_unit_test(calls_are_named_as_for_strace),
		cmocka_unit_test(by_the_second),
		cmocka_unit_test(requests_are_their_own),
		cmocka_unit_test(others_are_refused_at_a_place),
		cmocka_unit_test(long_and_hostile_ones_are_refused),
	};

	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
