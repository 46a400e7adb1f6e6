/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "report/verdict.h"

/* The parts of a process's wall, in percent of 100 s. */
static void set_parts(struct account *account, int user, int system,
		      int blocked, int runq)
{
	struct cell *cell = &account->cell;

	cell_add(cell, MEASURE_WALL, 100 * SEC);
	cell_add(cell, MEASURE_USER, user * SEC);
	cell_add(cell, MEASURE_SYSTEM, system * SEC);
	cell_add(cell, MEASURE_BLOCKED, blocked * SEC);
	cell_add(cell, MEASURE_RUNQ, runq * SEC);
}

static void set_wait(struct account *account, const char *call, int percent,
		     bool estimated)
{
	account->waits[account->n_waits++] = (struct wait){
		.call = call, .ns = percent * SEC, .estimated = estimated,
	};
}

static struct account *add_process(struct snapshot *snap, int pid,
				   const char *name)
{
	struct account *account = &snap->processes[snap->n_processes++];

	account->key.pid = pid;
	account->name = name;
	return account;
}

static char *verdict(const struct snapshot *snap)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	verdict_print(out, snap);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_verdict(const struct snapshot *snap, const char *wanted)
{
	char *text = verdict(snap);

	assert_string_equal(text, wanted);
	free(text);
}

static void one_process_is_one_line(void **state)
{
	struct account processes[1] = { 0 }, *smbd;
	struct snapshot snap = { .processes = processes, .n_threads = 1 };

	(void)state;
	smbd = add_process(&snap, 4711, "smbd");
	set_parts(smbd, 20, 11, 60, 5);
	set_wait(smbd, "epoll_wait", 43, true);
	assert_verdict(&snap, "smbd 4711: ~43% waiting for events "
		       "(epoll_wait), 31% on the CPU (20% user, 11% system), "
		       "17% blocked elsewhere, 5% waiting for a CPU\n");
}

static void small_parts_are_left_out(void **state)
{
	struct account processes[1] = { 0 }, *smbd;
	struct snapshot snap = { .processes = processes, .n_threads = 1 };

	(void)state;
	smbd = add_process(&snap, 1, "smbd");
	set_parts(smbd, 0, 0, 100, 0);
	set_wait(smbd, "fsync", 100, false);
	smbd->ended = true;
	assert_verdict(&snap, "smbd 1: 100% waiting for the disk in fsync "
		       "(fsync); it has ended\n");
}

static void calls_without_words_are_named(void **state)
{
	struct account processes[1] = { 0 }, *smbd;
	struct snapshot snap = { .processes = processes, .n_threads = 1 };

	(void)state;
	smbd = add_process(&snap, 1, "smbd");
	set_parts(smbd, 0, 0, 100, 0);
	set_wait(smbd, "newfstatat", 60, true);
	set_wait(smbd, "[asleep]", 40, false);
	assert_verdict(&snap, "smbd 1: ~60% blocked in newfstatat, "
		       "40% [asleep]\n");
}

static void names_are_not_trusted(void **state)
{
	struct account processes[1] = { 0 }, *evil;
	struct snapshot snap = { .processes = processes, .n_threads = 2 };
	char *text;

	(void)state;
	evil = add_process(&snap, 666, "\033]0;owned\a\n");
	set_parts(evil, 50, 0, 50, 0);
	set_wait(evil, "[asleep in \033[2J]", 50, false);
	snap.busiest = *evil;
	snap.busiest.key.tid = 667;
	snap.busiest.name = "\xc2\x9b" "31m";
	text = verdict(&snap);
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\a'));
	assert_null(strstr(text, "\xc2\x9b"));
	assert_non_null(strstr(text, "\\033]0;owned\\007\\012 666: "));
	assert_non_null(strstr(text, "[asleep in \\033[2J]"));
	free(text);
}

static void many_processes_have_a_line_of_all(void **state)
{
	struct account processes[8] = { 0 };
	struct snapshot snap = { .processes = processes, .n_threads = 8 };
	char *text, *line;
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 8; i++) {
		set_parts(add_process(&snap, 10 + i, "smbd"), 10, 0, 90, 0);
		cell_merge(&snap.all.cell, &processes[i].cell);
	}
	text = verdict(&snap);
	assert_memory_equal(text, "8 processes: 90% blocked, "
			    "10% on the CPU", 40);
	for (line = text; (line = strchr(line, '\n')); line++)
		lines++;
	/* Not one line for each of thousands. */
	assert_in_range(lines, 2, 5);
	free(text);
}

static void small_processes_get_no_line(void **state)
{
	struct account processes[2] = { 0 };
	struct snapshot snap = { .processes = processes, .n_threads = 2 };
	char *text;

	(void)state;
	set_parts(add_process(&snap, 10, "large"), 10, 0, 90, 0);
	cell_add(&add_process(&snap, 11, "small")->cell, MEASURE_WALL, SEC);
	cell_merge(&snap.all.cell, &processes[0].cell);
	cell_merge(&snap.all.cell, &processes[1].cell);
	text = verdict(&snap);
	assert_non_null(strstr(text, "2 processes: "));
	assert_non_null(strstr(text, "\nlarge 10: "));
	assert_null(strstr(text, "small"));
	free(text);
}

/* What ended children used is not one more process. */
static void children_are_no_process(void **state)
{
	struct account processes[2] = { 0 };
	struct snapshot snap = { .processes = processes, .n_threads = 1 };
	char *text;

	(void)state;
	set_parts(add_process(&snap, 10, "sh (its ended children)"), 90, 0, 0,
		  0);
	processes[0].key.tid = TID_CHILDREN;
	set_parts(add_process(&snap, 10, "sh"), 10, 0, 90, 0);
	text = verdict(&snap);
	assert_null(strstr(text, "processes"));
	assert_memory_equal(text, "sh 10: 90% blocked", 18);
	assert_null(strstr(text, "children"));
	free(text);
}

static void the_busiest_of_several_threads_has_a_line(void **state)
{
	struct account processes[1] = { 0 };
	struct snapshot snap = { .processes = processes, .n_threads = 5 };
	struct account *busiest = &snap.busiest;
	char *text;

	(void)state;
	set_parts(add_process(&snap, 10, "smbd"), 10, 0, 90, 0);
	busiest->key.pid = 10;
	busiest->key.tid = 12;
	busiest->name = "worker";
	cell_add(&busiest->cell, MEASURE_WALL, 100 * SEC);
	cell_add(&busiest->cell, MEASURE_CPU, 70 * SEC);
	cell_add(&busiest->cell, MEASURE_BLOCKED, 30 * SEC);
	text = verdict(&snap);
	assert_non_null(strstr(text, "\nbusiest thread, worker 12: 70% on "
			       "the CPU, 30% blocked\n"));
	free(text);
	snap.n_threads = 1;
	text = verdict(&snap);
	assert_null(strstr(text, "busiest"));
	free(text);
}

/* Where calls are timed, how much of the CPU they had is known. */
static void calls_share_of_the_cpu_is_told(void **state)
{
	struct account processes[1] = { 0 }, *smbd;
	struct snapshot snap = { .processes = processes, .n_threads = 1 };

	(void)state;
	smbd = add_process(&snap, 4711, "smbd");
	set_parts(smbd, 20, 11, 60, 5);
	smbd->has_calls = true;
	smbd->calls_cpu_ns = 8 * SEC;
	smbd->dearest = "getdents64";
	smbd->dearest_ns = 6 * SEC;
	assert_verdict(&snap, "smbd 4711: 60% blocked, "
		       "31% on the CPU (8% in calls), "
		       "5% waiting for a CPU; dearest call getdents64 (6%)\n");
	/* What the scheduler says goes before the ticks. */
	cell_add(&smbd->cell, MEASURE_CPU, 34 * SEC);
	smbd->dearest_ns = SEC / 4;
	smbd->ended = true;
	assert_verdict(&snap, "smbd 4711: 60% blocked, "
		       "34% on the CPU (8% in calls), "
		       "5% waiting for a CPU; it has ended\n");
}

static void nothing_seen_is_said(void **state)
{
	struct account processes[1] = { 0 };
	struct snapshot snap = { .processes = processes };

	(void)state;
	add_process(&snap, 5, "sh");
	assert_verdict(&snap, "sh 5: nothing was seen\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_process_is_one_line),
		cmocka_unit_test(small_parts_are_left_out),
		cmocka_unit_test(calls_without_words_are_named),
		cmocka_unit_test(names_are_not_trusted),
		cmocka_unit_test(many_processes_have_a_line_of_all),
		cmocka_unit_test(small_processes_get_no_line),
		cmocka_unit_test(children_are_no_process),
		cmocka_unit_test(the_busiest_of_several_threads_has_a_line),
		cmocka_unit_test(calls_share_of_the_cpu_is_told),
		cmocka_unit_test(nothing_seen_is_said),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
