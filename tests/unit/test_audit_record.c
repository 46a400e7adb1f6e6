/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records as the kernel writes them. Fields and their order are those of
 * Linux 6.1's kernel/auditsc.c: show in audit_log_exit() the AUDIT_SYSCALL
 * part, then audit_log_task_info(), then audit_log_key(); texts that a task
 * chose are in hexadecimal where audit_string_contains_control() finds a
 * quote, a blank or anything that is not printable ASCII in them.
 */
#include "unit.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#include "collect/audit/record.h"

#define STAMP "audit(1700000000.123:45): "
#define ARGS " a0=ffffff9c a1=7ffd2d5c5f30 a2=90800 a3=0 items=1"
#define IDS " auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 " \
	    "fsgid=0 tty=pts0 ses=3"
#define REST " exe=\"/usr/bin/ls\" subj=unconfined " \
	     "key=\"smbsysacct-4242-987654\""
#define FAILED STAMP "arch=c000003e syscall=257 success=no exit=-2" ARGS \
	       " ppid=41 pid=42" IDS " comm=\"ls\"" REST

/* Memory of just its size, so that a sanitizer sees a read beyond. */
static int parse_bytes(struct audit_record *r, const char *text, size_t size)
{
	char *exact = malloc(size ? size : 1);
	int err;

	assert_non_null(exact);
	memcpy(exact, text, size);
	memset(r, 0xa5, sizeof(*r));
	/* Without a byte there is no memory either. */
	err = audit_record_parse(r, size ? exact : NULL, size);
	free(exact);
	return err;
}

static int parse(struct audit_record *r, const char *text)
{
	return parse_bytes(r, text, strlen(text));
}

static void a_call_that_failed(void **state)
{
	struct audit_record r;

	(void)state;
	assert_int_equal(parse(&r, FAILED), 0);
	assert_true(r.time_ms == 1700000000123LL);
	assert_int_equal(r.arch, AUDIT_ARCH_X86_64);
	assert_int_equal(r.nr, 257);
	assert_true(r.ended);
	assert_true(r.exit == -2);
	assert_int_equal(r.ppid, 41);
	assert_int_equal(r.pid, 42);
	assert_string_equal(r.comm, "ls");
}

/* What a call returned may be an address, of the kernel's half even. */
static void a_call_that_succeeded(void **state)
{
	static const struct {
		const char *text;
		int64_t exit;
	} cases[] = {
		{ "0", 0 }, { "3", 3 }, { "140130951725056", 140130951725056 },
		{ "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN }, { "-10485760",
		  -10485760 },
	};
	char text[512];
	struct audit_record r;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		snprintf(text, sizeof(text), STAMP "arch=c000003e syscall=9 "
			 "success=yes exit=%s" ARGS " ppid=1 pid=2" IDS
			 " comm=\"cat\"" REST, cases[i].text);
		assert_int_equal(parse(&r, text), 0);
		assert_true(r.ended);
		assert_true(r.exit == cases[i].exit);
		assert_int_equal(r.nr, 9);
	}
}

/* AUDITSC_INVALID: neither success= nor exit=. */
static void exit_group_never_returns(void **state)
{
	struct audit_record r;

	(void)state;
	assert_int_equal(parse(&r, STAMP "arch=c000003e syscall=231 a0=0 "
			       "a1=e7 a2=3c a3=ffffffffffffff80 items=0 "
			       "ppid=41 pid=42" IDS " comm=\"ls\"" REST), 0);
	assert_int_equal(r.nr, 231);
	assert_false(r.ended);
	assert_true(r.exit == 0);
	assert_int_equal(r.pid, 42);
}

/* Calls of other tables, and a personality that is not PER_LINUX. */
static void other_abis(void **state)
{
	static const struct {
		const char *call;
		uint32_t arch;
		int32_t nr;
	} cases[] = {
		{ "arch=40000003 syscall=20 success=yes exit=7",
		  AUDIT_ARCH_I386, 20 },
		{ "arch=40000003 syscall=5 per=8 success=no exit=-13",
		  AUDIT_ARCH_I386, 5 },
		{ "arch=c000003e syscall=1073741943 success=yes exit=0",
		  AUDIT_ARCH_X86_64, 0x40000000 + 119 },
		{ "arch=c00000b7 syscall=56 success=no exit=-2",
		  AUDIT_ARCH_AARCH64, 56 },
		{ "arch=40000028 syscall=322 success=no exit=-2",
		  AUDIT_ARCH_ARM, 322 },
		{ "arch=16 syscall=1 success=yes exit=1", 0x16, 1 },
	};
	char text[512];
	struct audit_record r;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		snprintf(text, sizeof(text), STAMP "%s" ARGS " ppid=1 pid=2"
			 IDS " comm=\"x\"" REST, cases[i].call);
		assert_int_equal(parse(&r, text), 0);
		assert_int_equal(r.arch, cases[i].arch);
		assert_int_equal(r.nr, cases[i].nr);
	}
}

/* A record whose task has the name that is given as the kernel writes it. */
static int parse_named(struct audit_record *r, const char *comm)
{
	char text[512];

	snprintf(text, sizeof(text), STAMP "arch=c000003e syscall=257 "
		 "success=no exit=-2" ARGS " ppid=41 pid=42" IDS " comm=%s"
		 REST, comm);
	return parse(r, text);
}

static void names(void **state)
{
	static const struct {
		const char *written, *comm;
	} cases[] = {
		{ "\"smbd\"", "smbd" },
		{ "\"smbd[10.0.0.17]\"", "smbd[10.0.0.17]" },	/* all 15 */
		{ "\"\"", "" },
		{ "\"a=b\"", "a=b" },
		{ "\"kworker/0:1H\"", "kworker/0:1H" },
		{ "\"0A\"", "0A" },		/* in quotes it is no hex */
		{ "\"(null)\"", "(null)" },
		{ "(null)", "" },
		{ "7773206D61696E", "ws main" },
		{ "20", " " },
		{ "1B5B33316D726564", "\033[31mred" },
		{ "22", "\"" },
		{ "7061636BC3A9", "pack\xc3\xa9" },
		{ "FF", "\xff" },
		{ "414243444546474849204B4C4D4E4F", "ABCDEFGHI KLMNO" },
	};
	struct audit_record r;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		assert_int_equal(parse_named(&r, cases[i].written), 0);
		assert_string_equal(r.comm, cases[i].comm);
		assert_int_equal(r.pid, 42);
		assert_true(r.exit == -2);
	}
}

static void names_that_no_kernel_writes(void **state)
{
	static const char *const cases[] = {
		"", "\"", "\"ls", "ls\"", "\"ls\"x", "ls",
		"\"0123456789abcdef\"",				/* 16 */
		"4142434445464748494A4B4C4D4E4F50",		/* 16 */
		"4", "414", "4G", "G4", "6a", "4 1", "(null", "null)",
		"(NULL)", "0x41", "-1", "+41",
	};
	struct audit_record r;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		if (!parse_named(&r, cases[i]))
			fail_msg("comm=%s was taken for '%s'", cases[i],
				 r.comm);
}

/* What a task named itself is never taken for a field. */
static void a_name_fakes_nothing(void **state)
{
	struct audit_record r;

	(void)state;
	/* A blank or a quote in it: hexadecimal. "x pid=1", "\" pid=1". */
	assert_int_equal(parse_named(&r, "78207069643D31"), 0);
	assert_string_equal(r.comm, "x pid=1");
	assert_int_equal(r.pid, 42);
	assert_int_equal(parse_named(&r, "22207069643D31"), 0);
	assert_int_equal(r.pid, 42);
	/* Without: in quotes, and in one word. */
	assert_int_equal(parse_named(&r, "\"pid=1\""), 0);
	assert_string_equal(r.comm, "pid=1");
	assert_int_equal(r.pid, 42);
	assert_int_equal(parse_named(&r, "\"exit=0\""), 0);
	assert_true(r.exit == -2);
	/* Whatever is behind it counts no more, as far as a kernel would. */
	assert_int_equal(parse_named(&r, "\"ls\" pid=1 ppid=1 exit=0 "
				     "syscall=1 arch=0 comm=\"init\""), 0);
	assert_string_equal(r.comm, "ls");
	assert_int_equal(r.pid, 42);
	assert_int_equal(r.ppid, 41);
	assert_int_equal(r.nr, 257);
	assert_int_equal(r.arch, AUDIT_ARCH_X86_64);
	assert_true(r.exit == -2);
	/* Of exit_group, it does not become one that ended. */
	assert_int_equal(parse(&r, STAMP "arch=c000003e syscall=231 a0=0 "
			       "ppid=41 pid=42 comm=\"ls\" exit=0"), 0);
	assert_false(r.ended);
}

/* The first of each counts. */
static void the_first_of_a_name_counts(void **state)
{
	struct audit_record r;

	(void)state;
	assert_int_equal(parse(&r, STAMP "arch=c000003e arch=1 syscall=2 "
			       "syscall=x exit=-1 exit=5 ppid=3 ppid=6 pid=4 "
			       "pid=99999999999 comm=\"a\""), 0);
	assert_int_equal(r.arch, AUDIT_ARCH_X86_64);
	assert_int_equal(r.nr, 2);
	assert_true(r.exit == -1);
	assert_int_equal(r.ppid, 3);
	assert_int_equal(r.pid, 4);
}

#define SHORT "arch=c000003e syscall=257 success=no exit=-2 ppid=41 pid=42 " \
	      "comm=\"ls\""

static void what_is_missing_is_missed(void **state)
{
	static const char *const cases[] = {
		"arch=", "syscall=", "ppid=", " pid=", "comm=", "audit(",
	};
	char text[] = STAMP SHORT, *at;
	struct audit_record r;

	(void)state;
	assert_int_equal(parse(&r, text), 0);
	for (size_t i = 0; i < N_OF(cases); i++) {
		/* By another name. */
		at = strstr(text, cases[i]);
		assert_non_null(at);
		at += *at == ' ';
		*at ^= 1;
		assert_int_equal(parse(&r, text), -EINVAL);
		*at ^= 1;
		assert_int_equal(parse(&r, text), 0);
	}
}

/* A part of SHORT, and what stands there instead. */
static void numbers_have_a_range(void **state)
{
	static const struct {
		const char *part, *instead;
		bool good;
	} cases[] = {
		{ "=257", "=2147483647", true },
		{ "=257", "=2147483648", false },
		{ "=257", "=-1", false },	/* a tracer put that there */
		{ "=257", "=0x101", false }, { "=257", "=257x", false },
		{ "=257", "=2-57", false }, { "=257", "=", false },
		{ "=257", "=+1", false }, { "=257", "=--1", false },
		{ "=257", "=\t1", false }, { "=257", "=1\t", false },
		{ "=257", "=ff", false }, { "=257", "", false },
		{ "=41", "=0", true },	/* of another namespace */
		{ "=41", "=-1", false },
		{ "=42", "=2147483647", true },
		{ "=42", "=4294967338", false },
		{ "=42", "=18446744073709551658", false },
		{ "=42", "=99999999999999999999999999999999999999", false },
		{ "=42", "=00000000000000000000000000000042", false },
		{ "c000003e", "ffffffff", true },
		{ "c000003e", "100000000", false },
		{ "c000003e", "-1", false }, { "c000003e", "c000003g", false },
		{ "c000003e", "0xc000003e", false }, { "c000003e", "0x", false },
		{ "=-2", "=9223372036854775808", false },
		{ "=-2", "=-9223372036854775809", false },
		{ "=-2", "=?", false }, { "=-2", "=", false },
		{ "=-2", "=-", false }, { "=-2", "=-fe", false },
	};
	struct audit_record r;
	char text[256];

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		const char *at = strstr(SHORT, cases[i].part);
		int err;

		assert_non_null(at);
		snprintf(text, sizeof(text), STAMP "%.*s%s%s",
			 (int)(at - SHORT), SHORT, cases[i].instead,
			 at + strlen(cases[i].part));
		err = parse(&r, text);
		if (err != (cases[i].good ? 0 : -EINVAL))
			fail_msg("%s for %s: %d", cases[i].instead,
				 cases[i].part, err);
	}
}

static void stamps(void **state)
{
	static const struct {
		const char *stamp;
		int64_t ms;	/* -1: none */
	} cases[] = {
		{ "audit(0.000:0): ", 0 }, { "audit(1.001:1): ", 1001 },
		{ "audit(1700000000.999:4294967295): ", 1700000000999 },
		{ "audit(4294967296.000:1): ", 4294967296000 },
		{ "audit(1.1000:1): ", -1 }, { "audit(1.-01:1): ", -1 },
		{ "audit(-1.000:1): ", -1 }, { "audit(1:1): ", -1 },
		{ "audit(.000:1): ", -1 }, { "audit(1.:1): ", -1 },
		{ "audit(9223372036854775.000:1): ", -1 },
		{ "audit(9223372036854775807.000:1): ", -1 },
		{ "Audit(1.000:1): ", -1 }, { "audit", -1 }, { "", -1 },
		{ " audit(1.000:1): ", -1 }, { "audit(1.0a0:1): ", -1 },
	};
	struct audit_record r;
	char text[256];

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		int64_t ms = cases[i].ms;

		snprintf(text, sizeof(text), "%s" SHORT, cases[i].stamp);
		assert_int_equal(parse(&r, text), ms < 0 ? -EINVAL : 0);
		if (ms >= 0)
			assert_true(r.time_ms == ms);
	}
}

static void records_of_other_types(void **state)
{
	static const char *const cases[] = {
		"",
		STAMP,
		/* AUDIT_PATH, AUDIT_PROCTITLE, AUDIT_EOE, AUDIT_CONFIG_CHANGE,
		 * AUDIT_SECCOMP, and a line of a daemon's log. */
		STAMP "item=0 name=\"/x\" nametype=UNKNOWN cap_fp=0",
		STAMP "proctitle=6C73002D6C",
		STAMP,
		STAMP "op=add_rule key=\"smbsysacct-4242-987654\" list=4 res=1",
		STAMP "auid=0 uid=0 gid=0 ses=1 pid=7 comm=\"x\" exe=\"/x\" "
		      "sig=0 arch=c000003e syscall=1 compat=0",
		"type=SYSCALL msg=" STAMP SHORT,
	};
	struct audit_record r;

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++)
		assert_int_equal(parse(&r, cases[i]), -EINVAL);
}

static void garbage_behind_it_does_not_matter(void **state)
{
	static const char garbage[] = STAMP SHORT " \xff\0=\" pid= comm=\n";
	struct audit_record r;

	(void)state;
	assert_int_equal(parse_bytes(&r, garbage, sizeof(garbage)), 0);
	assert_string_equal(r.comm, "ls");
	/* Blanks in a row, and names without a value, are no fields. */
	assert_int_equal(parse(&r, STAMP "   arch=c000003e  x y= = =z syscall="
			       "257 ppid=41 pid=42 success  comm=\"ls\""), 0);
	assert_false(r.ended);
	/* A number ends at its field's end, not at a zero byte before. */
	assert_int_equal(parse_bytes(&r, STAMP "arch=c000003e syscall=2\0005 "
				     "ppid=41 pid=42 comm=\"ls\"",
				     sizeof(STAMP "arch=c000003e syscall=2\0005 "
					    "ppid=41 pid=42 comm=\"ls\"") - 1),
			 -EINVAL);
}

/* Each of a record's beginnings: refused until it has its name. */
static void cut_anywhere(void **state)
{
	static const char quoted[] = FAILED;
	static const char hex[] = STAMP SHORT " comm=";
	size_t named = (size_t)(strstr(quoted, "\"ls\"") - quoted) + 4;
	struct audit_record r;
	char text[256];

	(void)state;
	for (size_t size = 0; size < sizeof(quoted); size++) {
		int err = parse_bytes(&r, quoted, size);

		assert_int_equal(err, size < named ? -EINVAL : 0);
		if (!err) {
			assert_int_equal(r.pid, 42);
			assert_string_equal(r.comm, "ls");
		}
	}
	/* Half a byte is none; whole ones are a shorter name. */
	named = (size_t)(strstr(hex, " comm=") - hex);
	snprintf(text, sizeof(text), "%.*s comm=7773206D61696E", (int)named,
		 hex);
	for (size_t size = 0; size < strlen(text); size++) {
		size_t digits = size < named + 6 ? 0 : size - named - 6;
		int err = parse_bytes(&r, text, size);

		assert_int_equal(err, digits && digits % 2 == 0 ? 0 :
							 -EINVAL);
		if (!err)
			assert_int_equal(strlen(r.comm), digits / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_that_failed),
		cmocka_unit_test(a_call_that_succeeded),
		cmocka_unit_test(exit_group_never_returns),
		cmocka_unit_test(other_abis),
		cmocka_unit_test(names),
		cmocka_unit_test(names_that_no_kernel_writes),
		cmocka_unit_test(a_name_fakes_nothing),
		cmocka_unit_test(the_first_of_a_name_counts),
		cmocka_unit_test(what_is_missing_is_missed),
		cmocka_unit_test(numbers_have_a_range),
		cmocka_unit_test(stamps),
		cmocka_unit_test(records_of_other_types),
		cmocka_unit_test(garbage_behind_it_does_not_matter),
		cmocka_unit_test(cut_anywhere),
	};

	return cmocka_run_group_tests_name("audit_record", tests, NULL, NULL);
}
