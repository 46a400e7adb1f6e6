/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include "model/errname.h"

static void errors_have_names(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(errname(buf, sizeof(buf), 512), "ERESTARTSYS");
	assert_string_equal(errname(buf, sizeof(buf), 516),
			    "ERESTART_RESTARTBLOCK");
	assert_string_equal(errname(buf, sizeof(buf), 513), "ERESTARTNOINTR");
	assert_string_equal(errname(buf, sizeof(buf), 514), "ERESTARTNOHAND");
	/* ENOIOCTLCMD, which no call returns. */
	assert_string_equal(errname(buf, sizeof(buf), 515), "errno 515");
	assert_string_equal(errname(buf, sizeof(buf), 4000), "errno 4000");
	assert_ptr_equal(errname(buf, sizeof(buf), 4095), buf);
#ifdef HAVE_STRERRORNAME_NP
	assert_string_equal(errname(buf, sizeof(buf), 2), "ENOENT");
#else
	assert_string_equal(errname(buf, sizeof(buf), 2), "errno 2");
#endif
}

static void what_does_not_fit_is_cut(void **state)
{
	char buf[8];

	(void)state;
	assert_string_equal(errname(buf, sizeof(buf), 512), "ERESTAR");
	assert_string_equal(errname(buf, 1, 4000), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_have_names),
		cmocka_unit_test(what_does_not_fit_is_cut),
	};

	return cmocka_run_group_tests_name("errname", tests, NULL, NULL);
}
