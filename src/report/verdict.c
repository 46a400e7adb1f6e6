/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/verdict.h"

#include <stdlib.h>

#include "base/text.h"
#include "model/waits.h"

#define MAX_LINES 3		/* processes that get a line of their own */
#define LEAST_SHARE 0.1		/* of all wall, to get one among several */
#define LEAST_PERCENT 0.5	/* below that a part is not worth a word */

struct part {
	double percent;
	char words[200];
};

static int larger_first(const void *a, const void *b)
{
	double left = ((const struct part *)a)->percent;
	double right = ((const struct part *)b)->percent;

	return (left < right) - (left > right);
}

static double share(const struct account *account, int64_t ns)
{
	return 100.0 * (double)ns /
	       (double)account->cell.value[MEASURE_WALL];
}

static void wait_part(struct part *part, const struct account *account,
		      const struct wait *wait)
{
	const char *words = waits_words(wait->call);
	const char *mark = wait->estimated ? "~" : "";
	char safe[128];

	text_untrusted(safe, sizeof(safe), wait->call);
	part->percent = share(account, wait->ns);
	if (words)
		snprintf(part->words, sizeof(part->words),
			 "%s%.0f%% %s (%s)", mark, part->percent, words, safe);
	else
		snprintf(part->words, sizeof(part->words), "%s%.0f%% %s%s",
			 mark, part->percent, *safe == '[' ? "" :
			 "blocked in ", safe);
}

static int64_t cell_cpu(const struct cell *cell)
{
	if (cell_has(cell, MEASURE_CPU))
		return cell->value[MEASURE_CPU];
	return cell->value[MEASURE_USER] + cell->value[MEASURE_SYSTEM];
}

static void cpu_part(struct part *part, const struct account *account)
{
	double user, system;

	if (account->has_calls) {
		double all = share(account, cell_cpu(&account->cell));
		double calls = share(account, account->calls_cpu_ns);

		part->percent = all;
		snprintf(part->words, sizeof(part->words),
			 "%.0f%% on the CPU (%.0f%% in calls)", all, calls);
		return;
	}
	/* A single thread is known to have run, but not where. */
	if (!cell_has(&account->cell, MEASURE_USER)) {
		part->percent = share(account,
				      account->cell.value[MEASURE_CPU]);
		snprintf(part->words, sizeof(part->words),
			 "%.0f%% on the CPU", part->percent);
		return;
	}
	user = share(account, account->cell.value[MEASURE_USER]);
	system = share(account, account->cell.value[MEASURE_SYSTEM]);
	part->percent = user + system;
	snprintf(part->words, sizeof(part->words),
		 "%.0f%% on the CPU (%.0f%% user, %.0f%% system)",
		 user + system, user, system);
}

static void plain_part(struct part *part, const struct account *account,
		       int64_t ns, const char *words)
{
	part->percent = share(account, ns);
	snprintf(part->words, sizeof(part->words), "%.0f%% %s",
		 part->percent, words);
}

/* What wall is made of, the largest part first. */
static int take_parts(struct part *parts, const struct account *account)
{
	const struct cell *cell = &account->cell;
	int64_t blocked = cell->value[MEASURE_BLOCKED];
	int n = 0;

	for (int i = 0; i < account->n_waits; i++) {
		wait_part(&parts[n++], account, &account->waits[i]);
		blocked -= account->waits[i].ns;
	}
	if (cell_has(cell, MEASURE_BLOCKED))
		plain_part(&parts[n++], account, blocked,
			   account->n_waits ? "blocked elsewhere" : "blocked");
	if (cell_has(cell, MEASURE_USER) || cell_has(cell, MEASURE_CPU))
		cpu_part(&parts[n++], account);
	if (cell_has(cell, MEASURE_RUNQ))
		plain_part(&parts[n++], account, cell->value[MEASURE_RUNQ],
			   "waiting for a CPU");
	if (cell_has(cell, MEASURE_STOLEN))
		plain_part(&parts[n++], account,
			   cell->value[MEASURE_STOLEN],
			   "stolen by the hypervisor or interrupts");
	if (cell_has(cell, MEASURE_PARKED))
		plain_part(&parts[n++], account,
			   cell->value[MEASURE_PARKED],
			   "held up by accounting");
	qsort(parts, (size_t)n, sizeof(*parts), larger_first);
	return n;
}

/* "43% waiting for events, 31% on the CPU ...", without a line's end. */
static void print_parts(FILE *out, const struct account *account)
{
	struct part parts[SNAPSHOT_WAITS + 5];
	char safe[128];
	int n;

	if (account->cell.value[MEASURE_WALL] <= 0) {
		fputs("nothing was seen", out);
		return;
	}
	n = take_parts(parts, account);
	for (int i = 0; i < n; i++)
		if (!i || parts[i].percent >= LEAST_PERCENT)
			fprintf(out, "%s%s", i ? ", " : "", parts[i].words);
	if (account->dearest && share(account, account->dearest_ns) >=
				LEAST_PERCENT)
		fprintf(out, "; dearest call %s (%.0f%%)",
			text_untrusted(safe, sizeof(safe), account->dearest),
			share(account, account->dearest_ns));
}

static void print_process(FILE *out, const struct account *account)
{
	char safe[256];

	fprintf(out, "%s %d: ", text_untrusted(safe, sizeof(safe),
					       account->name),
		account->key.pid);
	print_parts(out, account);
	fputs(account->ended ? "; it has ended\n" : "\n", out);
}

static bool deserves_line(const struct snapshot *snap,
			  const struct account *account)
{
	double all = (double)snap->all.cell.value[MEASURE_WALL];

	return account->key.tid == TID_PROCESS &&
	       (double)account->cell.value[MEASURE_WALL] >= LEAST_SHARE * all;
}

void verdict_print(FILE *out, const struct snapshot *snap)
{
	size_t processes = 0, lines = 0;
	char safe[256];

	for (size_t i = 0; i < snap->n_processes; i++)
		processes += snap->processes[i].key.tid == TID_PROCESS;
	if (processes != 1) {
		fprintf(out, "%zu processes: ", processes);
		print_parts(out, &snap->all);
		putc('\n', out);
	}
	for (size_t i = 0; i < snap->n_processes && lines < MAX_LINES; i++)
		if (processes == 1 ?
		    snap->processes[i].key.tid == TID_PROCESS :
		    deserves_line(snap, &snap->processes[i])) {
			print_process(out, &snap->processes[i]);
			lines++;
		}
	/* Helpers that wait for work would hide what the one at work does. */
	if (snap->n_threads > 1 && snap->busiest.key.tid) {
		fprintf(out, "busiest thread, %s %d: ",
			text_untrusted(safe, sizeof(safe),
				       snap->busiest.name),
			snap->busiest.key.tid);
		print_parts(out, &snap->busiest);
		putc('\n', out);
	}
}
