/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parsers of /proc files: recorded files in recorded/, and strings. */
#include "../unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/procparse.h"

/* As Linux 6.18 gave it; the process calls itself ") R 1 (x\ny". */
static const char *recorded(const char *name)
{
	static char text[8192];
	const char *top = getenv("top_srcdir");
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/proc/recorded/%s",
		 top ? top : ".", name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("cannot open %s", path);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static void recorded_stat(void **state)
{
	struct proc_stat stat;

	(void)state;
	assert_int_equal(proc_parse_stat(recorded("hostile.stat"), &stat), 0);
	assert_string_equal(stat.comm, ") R 1 (x\ny");
	assert_int_equal(stat.state, 'S');
	assert_int_equal(stat.ppid, 13349);
	assert_int_equal(stat.threads, 2);
	assert_int_equal(stat.utime, 135);
	assert_int_equal(stat.stime, 2);
	assert_int_equal(stat.cutime, 5);
	assert_int_equal(stat.cstime, 1);
	assert_int_equal(stat.start, 570823);
	assert_false(stat.bare);
	assert_int_equal(stat.cpu, 0);
	/* A kernel thread: no parent, nothing ever counted. */
	assert_int_equal(proc_parse_stat(recorded("kthread.stat"), &stat), 0);
	assert_string_equal(stat.comm, "kthreadd");
	assert_int_equal(stat.ppid, 0);
	assert_int_equal(stat.utime, 0);
	assert_int_equal(stat.start, 21);
	assert_true(stat.bare);
}

static void recorded_siblings(void **state)
{
	struct proc_sched sched;
	struct proc_syscall call;
	struct proc_status status;
	struct proc_io io;
	pid_t last;

	(void)state;
	assert_int_equal(proc_parse_sched(recorded("hostile.schedstat"),
					  &sched), 0);
	assert_true(sched.cpu_ns == 1375993212);
	assert_true(sched.runq_ns == 1210635);
	assert_true(sched.slices == 112);
	assert_int_equal(proc_parse_io(recorded("hostile.io"), &io), 0);
	assert_int_equal(io.read_chars, 1720406);
	assert_int_equal(io.write_chars, 1715);
	assert_int_equal(io.reads, 681);
	assert_int_equal(io.writes, 29);
	assert_int_equal(io.read_bytes, 6778880);
	assert_int_equal(io.write_bytes, 8192);
	assert_int_equal(proc_parse_syscall(recorded("hostile.syscall"),
					    &call), 0);
	assert_int_equal(call.where, WHERE_CALL);
	assert_int_equal(call.nr, 230);
	assert_true(call.sp == 0x7ffe42f0a650);
	assert_int_equal(proc_parse_status(recorded("hostile.status"),
					   &status), 0);
	assert_int_equal(status.uid, 0);
	assert_int_equal(status.tgid, 13353);
	assert_true(status.caught == 0x100000000);
	assert_int_equal(status.vcsw, 103);
	assert_int_equal(status.icsw, 9);
	assert_int_equal(proc_parse_status(recorded("kthread.status"),
					   &status), 0);
	assert_int_equal(status.tgid, 2);
	assert_int_equal(proc_parse_loadavg(recorded("loadavg"), &last), 0);
	assert_int_equal(last, 13401);
}

#define REST " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19\n"

static void names_may_hold_anything(void **state)
{
	static const char *const names[] = {
		"", "a", " ", "()", ")", "(", ") (", ")) S 1", "a b c",
		") R 7 (", "\n", ") Z 1\n2 (x) S 1 (", "smbd[10.0.0.1]",
		"kworker/u8:2-events_unbound+some_longer_name_of_a_workqueue",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(names); i++) {
		struct proc_stat stat;
		char text[256];

		snprintf(text, sizeof(text), "77 (%s) D" REST, names[i]);
		assert_int_equal(proc_parse_stat(text, &stat), 0);
		assert_string_equal(stat.comm, names[i]);
		assert_int_equal(stat.state, 'D');
		assert_int_equal(stat.ppid, 1);
		assert_int_equal(stat.utime, 11);
		assert_int_equal(stat.stime, 12);
		assert_int_equal(stat.cutime, 13);
		assert_int_equal(stat.cstime, 14);
		assert_int_equal(stat.threads, 17);
		assert_int_equal(stat.start, 19);
	}
}

#define HEAD "1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19"

/* Fields behind the start time: what is missing there is no error. */
static void what_comes_last_may_be_missing(void **state)
{
	static const struct {
		const char *text;
		bool bare;
		int cpu;
	} cases[] = {
		/* memory, field 23; the CPU, field 39 */
		{ HEAD " 4096 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 "
		  "3 40 41\n", false, 3 },
		{ HEAD " 0 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 "
		  "11 40 41\n", true, 11 },
		{ HEAD " 0 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 "
		  "2147483647", true, 2147483647 },
		{ HEAD, false, -1 },
		{ HEAD "\n", false, -1 },
		{ HEAD " 0", true, -1 },
		{ HEAD " 0 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38\n",
		  true, -1 },
		{ HEAD " 4096 24 25 26 27 28 29 30 31 32 33 34 35 36 37\n",
		  false, -1 },
		/* no CPU has such a number */
		{ HEAD " 4096 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 "
		  "-1 40 41\n", false, -1 },
		{ HEAD " 4096 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 "
		  "2147483648 40\n", false, -1 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct proc_stat stat = { .bare = !cases[i].bare, .cpu = 9 };

		assert_int_equal(proc_parse_stat(cases[i].text, &stat), 0);
		assert_int_equal(stat.start, 19);
		assert_int_equal(stat.bare, cases[i].bare);
		assert_int_equal(stat.cpu, cases[i].cpu);
	}
}

static void bad_stat_is_refused(void **state)
{
	static const char *const cases[] = {
		"", " ", "1", "1 ", "1 (", "1 (a", "1 (a)", "1 (a) ",
		"1 (a) S", "1 (a) S ", "1 a S" REST, "1 )a( S" REST,
		"1 (a)S" REST, "1 (a)  1 2", "1 (a)  " REST, "1 (a) SS" REST,
		/* negative, or beyond what a type holds */
		"1 (a) S -1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19",
		"1 (a) S 1 2 3 4 5 6 7 8 9 10 -1 12 13 14 15 16 17 18 19",
		"1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 -7 18 19",
		"1 (a) S 2147483648 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 "
		"18 19",
		"1 (a) S 1 2 3 4 5 6 7 8 9 10 18446744073709551616 12 13 14 "
		"15 16 17 18 19",
		"1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "
		"99999999999999999999999",
		"1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 99999999999 "
		"18 19",
		/* too few fields, letters */
		"1 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18",
		"1 (a) S 1 2 3 4 5 6 7 8 9 10 x 12 13 14 15 16 17 18 19",
		/* a name that no kernel gives */
		"1 (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaa) S" REST,
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct proc_stat stat;

		if (proc_parse_stat(cases[i], &stat) != -EINVAL)
			fail_msg("taken: %s", cases[i]);
	}
}

static void the_largest_numbers_fit(void **state)
{
	struct proc_stat stat;
	struct proc_sched sched;

	(void)state;
	assert_int_equal(proc_parse_stat("1 (a) S 2147483647 2 3 4 5 6 7 8 9 "
		"10 18446744073709551615 12 13 14 15 16 17 18 "
		"18446744073709551615", &stat), 0);
	assert_int_equal(stat.ppid, 2147483647);
	assert_true(stat.utime == UINT64_MAX);
	assert_true(stat.start == UINT64_MAX);
	assert_int_equal(proc_parse_sched("18446744073709551615 0 1", &sched),
			 0);
	assert_true(sched.cpu_ns == UINT64_MAX);
}

/* Cut anywhere: an error or a whole number fewer, never a crash. */
static void every_truncation(void **state)
{
	static const char *const files[] = {
		"hostile.stat", "hostile.io", "hostile.status",
		"hostile.schedstat", "hostile.syscall", "loadavg"
	};

	(void)state;
	for (size_t i = 0; i < N_OF(files); i++) {
		size_t len = strlen(recorded(files[i]));

		for (size_t cut = 0; cut < len; cut++) {
			char *text = strndup(recorded(files[i]), cut);
			struct proc_stat stat;
			struct proc_sched sched;
			struct proc_io io;
			struct proc_syscall call;
			struct proc_status status;
			pid_t last;

			proc_parse_stat(text, &stat);
			proc_parse_sched(text, &sched);
			proc_parse_io(text, &io);
			proc_parse_syscall(text, &call);
			proc_parse_status(text, &status);
			proc_parse_loadavg(text, &last);
			free(text);
		}
	}
}

static void bad_siblings_are_refused(void **state)
{
	static const char *const scheds[] = {
		"", " ", "1", "1 2", "1 2 x", "-1 2 3", "1 -2 3",
		"18446744073709551616 2 3", "a b c", "1\n-2 3",
	};
	static const char *const ios[] = {
		"", "rchar: 1\n", "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\n"
		"read_bytes: 5\n",
		"rchar: x\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"
		"write_bytes: 6\n",
		"rchar: 1\nwchar: -2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"
		"write_bytes: 6\n",
	};
	static const char *const statuses[] = {
		"", "Uid:\t0\n", "Uid:\t0\nTgid:\t1\n",
		"Uid:\t4294967296\nTgid:\t1\nvoluntary_ctxt_switches:\t1\n"
		"nonvoluntary_ctxt_switches:\t1\n",
		"Uid:\t1\nTgid:\t2147483648\nvoluntary_ctxt_switches:\t1\n"
		"nonvoluntary_ctxt_switches:\t1\n",
	};
	static const char *const loads[] = {
		"", "0.1", "0.1 0.2 0.3 1/2", "0.1 0.2 0.3 1/2 x",
		"0.1 0.2 0.3 1/2 -5", "0.1 0.2 0.3 1/2 2147483648",
	};
	struct proc_sched sched;
	struct proc_io io;
	struct proc_status status;
	pid_t last;

	(void)state;
	for (size_t i = 0; i < N_OF(scheds); i++)
		if (proc_parse_sched(scheds[i], &sched) != -EINVAL)
			fail_msg("taken: %s", scheds[i]);
	for (size_t i = 0; i < N_OF(ios); i++)
		if (proc_parse_io(ios[i], &io) != -EINVAL)
			fail_msg("taken: %s", ios[i]);
	for (size_t i = 0; i < N_OF(statuses); i++)
		if (proc_parse_status(statuses[i], &status) != -EINVAL)
			fail_msg("taken: %s", statuses[i]);
	for (size_t i = 0; i < N_OF(loads); i++)
		if (proc_parse_loadavg(loads[i], &last) != -EINVAL)
			fail_msg("taken: %s", loads[i]);
}

/* The first line of /proc/stat. */
static void what_the_machine_lost(void **state)
{
	static const char *const bad[] = {
		"", "cpu", "cpu0 1 2 3 4 5 6 7 8", "intr 1 2 3 4 5 6 7 8 9",
		"cpu  1 2 3 4 5 6 7", "cpu  1 2 3 4 5 x 7 8",
		"cpu  1 2 3 4 5 6 -7 8",
	};
	struct proc_machine machine;

	(void)state;
	assert_int_equal(proc_parse_machine("cpu  10 20 30 40 50 6 7 8 0 0\n"
					    "cpu0 1 1 1 1 1 1 1 1 1 1\n",
					    &machine), 0);
	assert_int_equal(machine.interrupts, 13);
	assert_int_equal(machine.stolen, 8);
	for (size_t i = 0; i < N_OF(bad); i++)
		if (proc_parse_machine(bad[i], &machine) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
}

/* Labels count at the start of a line only, and whole. */
static void labels_are_whole_words(void **state)
{
	struct proc_io io;
	struct proc_status status;

	(void)state;
	assert_int_equal(proc_parse_io("xrchar: 9\nrchars: 9\n"
		"rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\n"
		"cancelled_write_bytes: 8\nread_bytes: 5\nwrite_bytes: 6\n", &io), 0);
	assert_int_equal(io.read_chars, 1);
	assert_int_equal(io.write_bytes, 6);
	assert_int_equal(proc_parse_status("Name:\tTgid: 9 Uid: 9\n\n\n"
		"Uid:\t4294967295\t7\nTgid:\t5\n"
		"nonvoluntary_ctxt_switches:\t3\n"
		"voluntary_ctxt_switches:\t2\n", &status), 0);
	assert_int_equal(status.tgid, 5);
	assert_true(status.uid == 4294967295u);
	assert_int_equal(status.vcsw, 2);
	assert_int_equal(status.icsw, 3);
	/* Not every line has to be there. */
	assert_true(status.caught == 0);
	assert_int_equal(proc_parse_status("Uid:\t0\nTgid:\t5\n"
		"SigIgn:\tffffffffffffffff\nSigCgt:\t8000000000004a02\n"
		"voluntary_ctxt_switches:\t2\n"
		"nonvoluntary_ctxt_switches:\t3\n", &status), 0);
	assert_true(status.caught == 0x8000000000004a02);
}

static void check_syscall(const char *text, enum proc_where where, long nr,
			  uint64_t sp)
{
	struct proc_syscall call;

	assert_int_equal(proc_parse_syscall(text, &call), 0);
	assert_int_equal(call.where, where);
	if (where == WHERE_CALL)
		assert_int_equal(call.nr, nr);
	if (where != WHERE_RUNNING)
		assert_true(call.sp == sp);
}

static void where_a_thread_is(void **state)
{
	(void)state;
	check_syscall("running\n", WHERE_RUNNING, 0, 0);
	check_syscall("running", WHERE_RUNNING, 0, 0);
	check_syscall("-1 0x7ffc9b6e5ae8 0x7f6a4c1d9a47\n", WHERE_OUTSIDE, 0,
		      0x7ffc9b6e5ae8);
	check_syscall("0 0x3 0x7f0000 0x1000 0x0 0x0 0x0 0x7ffd5d0 0x7f00\n",
		      WHERE_CALL, 0, 0x7ffd5d0);
	/* i386: the stack is below 4 GiB */
	check_syscall("162 0xffb9c2ac 0x0 0x0 0x0 0x0 0x0 0xffb9c27c "
		      "0xf7f3e559\n", WHERE_CALL, 162, 0xffb9c27c);
	/* x32: bit 30 */
	check_syscall("1073741827 0x0 0x0 0x0 0x0 0x0 0x0 0xffe1a2b8 "
		      "0x412345\n", WHERE_CALL, 1073741827, 0xffe1a2b8);
	check_syscall("9 0xffffffffffffffff 0xffffffffffffffff 0x0 0x0 0x0 "
		      "0x0 0xffffffffffffffff 0x0", WHERE_CALL, 9,
		      UINT64_MAX);
}

static void bad_syscall_lines_are_refused(void **state)
{
	static const char *const cases[] = {
		"", "\n", "x", "-1", "-1 ", "-1 x", "-2 0x1 0x2", "+1 0x1",
		"1", "1 0x1", "1 0x1 0x2 0x3 0x4 0x5 0x6",
		"1 0x1 0x2 0x3 0x4 0x5 0x6 x",
		"1 0x1 0x2 y 0x4 0x5 0x6 0x7 0x8",
		"2147483648 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8",
		"99999999999999999999 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8",
		"1 0x1 0x2 0x3 0x4 0x5 0x6 0x10000000000000000 0x8",
		"1 0x1 0x2 0x3 0x4 0x5 0x6 -7 0x8",
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct proc_syscall call;

		if (proc_parse_syscall(cases[i], &call) != -EINVAL)
			fail_msg("taken: %s", cases[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_stat),
		cmocka_unit_test(recorded_siblings),
		cmocka_unit_test(names_may_hold_anything),
		cmocka_unit_test(what_comes_last_may_be_missing),
		cmocka_unit_test(bad_stat_is_refused),
		cmocka_unit_test(the_largest_numbers_fit),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(bad_siblings_are_refused),
		cmocka_unit_test(what_the_machine_lost),
		cmocka_unit_test(labels_are_whole_words),
		cmocka_unit_test(where_a_thread_is),
		cmocka_unit_test(bad_syscall_lines_are_refused),
	};

	return cmocka_run_group_tests_name("procparse", tests, NULL, NULL);
}
