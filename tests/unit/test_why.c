/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "base/why.h"

static void fills_and_returns_the_negative_errno(void **state)
{
	struct why why = { 0 };

	(void)state;
	assert_int_equal(why_set(&why, ENOENT, "no file %s, %d times", "x",
				 3), -ENOENT);
	assert_int_equal(why.err, ENOENT);
	assert_string_equal(why.text, "no file x, 3 times");
}

static void nobody_need_ask(void **state)
{
	(void)state;
	assert_int_equal(why_set(NULL, EPERM, "unheard %d", 1), -EPERM);
}

static void the_last_one_stays(void **state)
{
	struct why why = { 0 };

	(void)state;
	why_set(&why, ENOENT, "a long sentence that came first");
	why_set(&why, EIO, "second");
	assert_int_equal(why.err, EIO);
	assert_string_equal(why.text, "second");
}

static void long_sentences_are_cut(void **state)
{
	char text[2 * sizeof(((struct why *)0)->text)];
	struct {
		struct why why;
		char guard[8];
	} box;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(&box, '#', sizeof(box));
	assert_int_equal(why_set(&box.why, EINVAL, "%s", text), -EINVAL);
	assert_int_equal(strlen(box.why.text), sizeof(box.why.text) - 1);
	assert_memory_equal(box.guard, "########", sizeof(box.guard));
}

static void a_grant_goes_with_its_sentence(void **state)
{
	struct why why = { 0 };

	(void)state;
	why_set(&why, EPERM, "not allowed");
	assert_string_equal(why.grant, "");
	why_grant(&why, "sudo setcap cap_%s=ep %s", "bpf", "/x");
	assert_string_equal(why.grant, "sudo setcap cap_bpf=ep /x");
	assert_string_equal(why.text, "not allowed");
	assert_int_equal(why.err, EPERM);
	why_grant(&why, "sudo");
	assert_string_equal(why.grant, "sudo");
	/* What comes next may be nothing that it would help with. */
	why_set(&why, EIO, "broken");
	assert_string_equal(why.grant, "");
	why_grant(NULL, "%s", "unheard");
}

static void long_grants_are_cut(void **state)
{
	char text[2 * sizeof(((struct why *)0)->grant)];
	struct {
		struct why why;
		char guard[8];
	} box;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(&box, '#', sizeof(box));
	why_set(&box.why, EINVAL, "short");
	why_grant(&box.why, "%s", text);
	assert_int_equal(strlen(box.why.grant), sizeof(box.why.grant) - 1);
	assert_string_equal(box.why.text, "short");
	assert_memory_equal(box.guard, "########", sizeof(box.guard));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_and_returns_the_negative_errno),
		cmocka_unit_test(nobody_need_ask),
		cmocka_unit_test(the_last_one_stays),
		cmocka_unit_test(long_sentences_are_cut),
		cmocka_unit_test(a_grant_goes_with_its_sentence),
		cmocka_unit_test(long_grants_are_cut),
	};

	return cmocka_run_group_tests_name("why", tests, NULL, NULL);
}
