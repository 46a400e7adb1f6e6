/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who belongs to whom, by what was told of who started whom. */
#include "tree.h"

#include "acct/family.h"

static struct lineage lineage;

static void born(int pid, int ppid)
{
	struct key key = process_of(pid);

	lineage_tell(&lineage, &key, ppid, START + (uint64_t)ppid);
}

static bool has(struct family *family, int pid)
{
	struct key key = process_of(pid);

	return family_has(family, &key);
}

static void add(struct family *family, int pid)
{
	struct key key = process_of(pid);

	assert_int_equal(family_add(family, &key), 0);
}

static void end(struct family *family, int pid)
{
	struct key key = process_of(pid);

	family_end(family, &key);
}

/* us - 10 - 11 - 12, and 10 - 20 */
static int open_lineage(void **state)
{
	struct key first = process_of(10);

	if (open_tree(state))
		return -1;
	lineage_init(&lineage);
	lineage.fs = &((struct tree *)*state)->fs;
	lineage_tell(&lineage, &first, getpid(), 0);
	born(11, 10);
	born(12, 11);
	born(20, 10);
	return 0;
}

static int close_lineage(void **state)
{
	lineage_done(&lineage);
	return close_tree(state);
}

static void open_family(struct family *family, bool follow)
{
	family_init(family, &lineage, follow);
	add(family, 11);
}

static void descendants_are_of_it(void **state)
{
	struct family family;
	struct key thread = thread_of(12, 13);

	(void)state;
	open_family(&family, true);
	add(&family, 11);
	assert_true(has(&family, 11));
	assert_true(has(&family, 12));
	assert_true(family_has(&family, &thread));
	assert_false(has(&family, 10));
	assert_false(has(&family, 20));
	assert_int_equal(family.living, 2);
	assert_int_equal(family.undecided, 0);
	family_done(&family);
}

static void unless_nobody_is_followed(void **state)
{
	struct family family;

	(void)state;
	open_family(&family, false);
	assert_true(has(&family, 11));
	assert_false(has(&family, 12));
	assert_false(has(&family, 99));
	assert_int_equal(family.undecided, 0);
	family_done(&family);
}

/* They can be gone, reaped, when one is first asked about. */
static void those_in_between_may_have_ended(void **state)
{
	struct family family;

	(void)state;
	born(13, 12);
	born(14, 13);
	open_family(&family, true);
	for (int pid = 12; pid <= 13; pid++) {
		struct key key = process_of(pid);

		lineage_end(&lineage, &key);
	}
	assert_true(has(&family, 14));
	assert_int_equal(family.undecided, 0);
	/* Another process with a number that was used before. */
	born(15, 20);
	assert_false(has(&family, 15));
	family_done(&family);
}

/* Not taken for a stranger for good, and counted once. */
static void orphans_are_counted(void **state)
{
	struct key orphan = process_of(30), unheard = process_of(31);
	struct family family;

	(void)state;
	lineage_tell(&lineage, &orphan, 1, 0);
	born(40, 30);
	open_family(&family, true);
	assert_false(family_has(&family, &orphan));
	assert_false(family_has(&family, &orphan));
	assert_false(has(&family, 40));
	assert_false(family_has(&family, &unheard));
	assert_int_equal(family.undecided, 3);
	family_next(&family);
	assert_int_equal(family.undecided, 0);
	assert_false(family_has(&family, &orphan));
	assert_int_equal(family.undecided, 0);
	assert_int_equal(family.living, 1);
	/* Somebody knew. */
	born(30, 12);
	assert_true(has(&family, 40));
	assert_true(has(&family, 30));
	assert_int_equal(family.living, 3);
	family_done(&family);
}

static void what_is_older_is_none_of_them(void **state)
{
	struct key orphan = process_of(9);
	struct family family;

	(void)state;
	lineage_tell(&lineage, &orphan, 1, 0);
	born(41, 9);
	open_family(&family, true);
	assert_false(family_has(&family, &orphan));
	assert_false(has(&family, 41));
	assert_int_equal(family.undecided, 0);
	family_done(&family);
}

/* One that is older may have taken it over, if nobody accounts it. */
static void who_took_it_over_says_nothing(void **state)
{
	struct tree *tree = *state;
	struct fake reaper = fake_process(5);
	struct family family;

	put(tree, &reaper);
	born(30, 5);
	open_family(&family, true);
	assert_false(has(&family, 30));
	assert_int_equal(family.undecided, 1);
	family_done(&family);
}

static void the_ended_are_kept_for_a_while(void **state)
{
	struct family family;

	(void)state;
	open_family(&family, true);
	assert_true(has(&family, 12));
	end(&family, 12);
	end(&family, 12);
	end(&family, 99);
	assert_int_equal(family.living, 1);
	assert_true(has(&family, 12));
	family_next(&family);
	assert_true(has(&family, 12));
	family_next(&family);
	assert_int_equal(family.members.used, 1);
	end(&family, 11);
	assert_int_equal(family.living, 0);
	family_done(&family);
	family_done(&family);
}

#define WITH_LINEAGE(test) \
	cmocka_unit_test_setup_teardown(test, open_lineage, close_lineage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LINEAGE(descendants_are_of_it),
		WITH_LINEAGE(unless_nobody_is_followed),
		WITH_LINEAGE(those_in_between_may_have_ended),
		WITH_LINEAGE(orphans_are_counted),
		WITH_LINEAGE(what_is_older_is_none_of_them),
		WITH_LINEAGE(who_took_it_over_says_nothing),
		WITH_LINEAGE(the_ended_are_kept_for_a_while),
	};

	return cmocka_run_group_tests_name("family", tests, NULL, NULL);
}
