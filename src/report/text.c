/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for a terminal: verdict, table, ledger, and what was lost,
 * what it cost and what could not be measured.
 */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/functions.h"
#include "report/grid.h"
#include "report/latency.h"
#include "report/rows.h"
#include "report/slowest.h"
#include "report/smb.h"
#include "report/value.h"
#include "report/verdict.h"

#define MAX_PROCESSES 20	/* lines of the ledger */
#define MAX_NOTES 6

static void put_ns(struct grid *grid, bool known, bool estimated, int64_t ns)
{
	char text[VALUE_MAX];

	grid_put(grid, known ? value_seconds(text, sizeof(text), estimated, ns,
					     "") : "-");
}

/* The ledger's terms; the last ones have a column where there is some. */
static const struct {
	enum measure measure;
	const char *title;
	bool always;
} ledger_terms[] = {
	{ MEASURE_WALL, "wall s", true },
	{ MEASURE_USER, "= user", true },
	{ MEASURE_SYSTEM, "+ system", true },
	{ MEASURE_BLOCKED, "+ blocked", true },
	{ MEASURE_RUNQ, "+ runq", true },
	{ MEASURE_STOLEN, "+ stolen", false },
	{ MEASURE_PARKED, "+ parked", false },
};

#define N_TERMS (sizeof(ledger_terms) / sizeof(*ledger_terms))

static bool has_term(const struct snapshot *snap, size_t i)
{
	return ledger_terms[i].always ||
	       cell_has(&snap->all.cell, ledger_terms[i].measure);
}

static void put_account(struct grid *grid, const struct snapshot *snap,
			const struct account *account, const char *name)
{
	for (size_t i = 0; i < N_TERMS; i++) {
		enum measure m = ledger_terms[i].measure;

		if (!has_term(snap, i))
			continue;
		put_ns(grid, cell_has(&account->cell, m),
		       cell_is_estimate(&account->cell, m),
		       account->cell.value[m]);
	}
	put_ns(grid, account->has_residual, false, account->residual_ns);
	if (account->key.pid)
		grid_printf(grid, "%d", account->key.pid);
	else
		grid_put(grid, "");
	grid_put_untrusted(grid, name);
}

/* wall = user + system + blocked + runq + residual, by process. */
static int print_ledger(FILE *out, const struct snapshot *snap)
{
	size_t n = snap->n_processes, terms = 0;
	struct grid grid;

	for (size_t i = 0; i < N_TERMS; i++)
		terms += has_term(snap, i);
	grid_init(&grid, (int)terms + 3);
	for (size_t i = 0; i < N_TERMS; i++)
		if (has_term(snap, i))
			grid_head(&grid, ledger_terms[i].title, false);
	grid_head(&grid, "+ residual", false);
	grid_head(&grid, "pid", false);
	grid_head(&grid, "process", true);
	if (n > MAX_PROCESSES)
		n = MAX_PROCESSES;
	for (size_t i = 0; i < n; i++)
		put_account(&grid, snap, &snap->processes[i],
			    snap->processes[i].name);
	grid_rule(&grid);
	put_account(&grid, snap, &snap->all, "total");
	if (n < snap->n_processes)
		fprintf(out, "(the first %zu of %zu processes)\n", n,
			snap->n_processes);
	return grid_print(&grid, out);
}

static void print_loss(FILE *out, const struct snapshot *snap)
{
	bool any = false;
	char amount[32];

	for (int i = 0; i < LOSS_COUNT; i++) {
		/* It is shown with what is in flight. */
		if (!snap->lost[i] || i == LOSS_PARTIAL)
			continue;
		if (loss_table[i].unit == UNIT_NS)
			snprintf(amount, sizeof(amount), "%.3f s",
				 (double)snap->lost[i] / NS_PER_SEC);
		else
			snprintf(amount, sizeof(amount), "%lld",
				 (long long)snap->lost[i]);
		fputs(any ? "; " : "lost: ", out);
		fprintf(out, loss_table[i].words, amount);
		any = true;
	}
	fputs(any ? "\n" : "lost: nothing\n", out);
}

static bool any_doubt(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_rows; i++)
		if (cell_is_doubtful(&snap->rows[i].cell))
			return true;
	return false;
}

static bool any_estimate(const struct snapshot *snap)
{
	/* An age is a lower bound, and says so where it is shown. */
	unsigned bounds = measure_bit(MEASURE_AGE);

	for (size_t i = 0; i < snap->n_rows; i++)
		if (snap->rows[i].cell.estimated & ~bounds)
			return true;
	return snap->all.cell.estimated;
}

static bool any_histogram(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->n_rows; i++)
		if (snap->rows[i].hist)
			return true;
	return false;
}

/* Worth a line from 0.5% of the interval on. */
static void print_machine(FILE *out, const struct snapshot *snap)
{
	const struct machine *machine = &snap->machine;

	if (machine->stolen_ns + machine->interrupts_ns <
	    snap->cfg.interval_ns / 200)
		return;
	fprintf(out, "machine: %.2f s stolen by the hypervisor and %.2f s in "
		"interrupts, on all CPUs\n",
		(double)machine->stolen_ns / NS_PER_SEC,
		(double)machine->interrupts_ns / NS_PER_SEC);
}

static void print_witness(FILE *out, const struct account *all)
{
	double wall = (double)all->looked_wall_ns / 100;

	if (!all->has_seen || wall <= 0)
		return;
	fprintf(out, "witness: %.1f%% to %.1f%% asleep by looks alone (95%%)",
		(double)all->seen_lo_ns / wall,
		(double)all->seen_hi_ns / wall);
	if (all->by_clocks)
		fprintf(out, ", %.1f%% by clocks",
			(double)all->looked_blocked_ns / wall);
	putc('\n', out);
}

/* The rows with the oldest calls in flight. */
#define MAX_FLIGHTS 3

/* Of those of one age, the ones further down in the table. */
static bool is_younger(const struct row *row, const struct row *than)
{
	int64_t age = row->cell.value[MEASURE_AGE];

	if (!than || age < than->cell.value[MEASURE_AGE])
		return true;
	return age == than->cell.value[MEASURE_AGE] && row > than;
}

static const struct row *oldest_flight(const struct snapshot *snap,
				       const struct row *than)
{
	const struct row *oldest = NULL;

	for (size_t i = 0; i < snap->n_rows; i++) {
		const struct row *row = &snap->rows[i];

		if (!cell_has(&row->cell, MEASURE_AGE) ||
		    !is_younger(row, than))
			continue;
		if (!oldest || is_younger(oldest, row))
			oldest = row;
	}
	return oldest;
}

static void print_flights(FILE *out, const struct snapshot *snap)
{
	const struct row *row = NULL;
	char safe[256];

	fprintf(out, "in flight: %llu of %llu threads in a call now",
		(unsigned long long)snap->now.in_flight,
		(unsigned long long)snap->now.threads);
	for (int i = 0; i < MAX_FLIGHTS &&
	     (row = oldest_flight(snap, row)); i++) {
		fprintf(out, "%s %s for %.3f s%s", i ? "," : ":",
			text_untrusted(safe, sizeof(safe), row->syscall ?
				       row->syscall : "the oldest"),
			(double)row->cell.value[MEASURE_AGE] / NS_PER_SEC,
			cell_is_estimate(&row->cell, MEASURE_AGE) ?
			" and longer (before the attachment)" : "");
	}
	if (snap->lost[LOSS_PARTIAL])
		fprintf(out, "; ended since: %lld that had begun before the "
			"attachment",
			(long long)snap->lost[LOSS_PARTIAL]);
	putc('\n', out);
}

void report_foot(FILE *out, const struct snapshot *snap)
{
	double interval = (double)snap->cfg.interval_ns;
	char safe[512];

	fprintf(out, "collector: %s\n", snap->cfg.collector);
	print_loss(out, snap);
	print_flights(out, snap);
	print_witness(out, &snap->all);
	print_machine(out, snap);
	fprintf(out, "our cost: %.3f s of CPU in %.3f s, %.2f%% of a core; "
		"%.3f s to start",
		(double)snap->cfg.own_cpu_ns / NS_PER_SEC,
		interval / NS_PER_SEC,
		100.0 * (double)snap->cfg.own_cpu_ns / interval,
		(double)snap->cfg.start_cpu_ns / NS_PER_SEC);
	if (snap->programs_ns)
		fprintf(out, "; %.3f s by the bpf programs (bpf_stats)",
			(double)snap->programs_ns / NS_PER_SEC);
	putc('\n', out);
	if (any_estimate(snap))
		fprintf(out, "~ is estimated from %s; - is not measured\n",
			snapshot_has(snap, MEASURE_PARKED) ?
			"the time until the next call, less our answers', and "
			"from looks" :
			"looks, with its 95% interval in +/-");
	if (any_histogram(snap))
		fputs("percentiles are read off histograms: ~ is within "
		      "25%\n", out);
	if (any_doubt(snap))
		fputs("? is less than three times what our answers took, by "
		      "their trial: it may be nothing\n", out);
	for (size_t i = 0; i < snap->n_notes && i < MAX_NOTES; i++)
		fprintf(out, "note: %s\n", text_untrusted(safe, sizeof(safe),
							  snap->notes[i]));
	if (snap->n_notes > MAX_NOTES)
		fprintf(out, "and %zu more notes of this kind\n",
			snap->n_notes - MAX_NOTES);
}

static int print_latency(FILE *out, const struct snapshot *snap,
			 const struct report_cfg *cfg)
{
	int *order = column_order(snap, cfg->sort);
	size_t n = snap->n_rows;

	if (!order)
		return -ENOMEM;
	if (cfg->max_rows && n > cfg->max_rows)
		n = cfg->max_rows;
	latency_print(out, snap, order, n);
	free(order);
	return 0;
}

static int print_rows(FILE *out, const struct snapshot *snap,
		      const struct report_cfg *cfg)
{
	int err;

	verdict_print(out, snap);
	putc('\n', out);
	err = rows_print(out, snap, &cfg->columns, cfg->sort, cfg->max_rows,
			 NULL);
	if (!err && cfg->histograms)
		err = print_latency(out, snap, cfg);
	return err;
}

static int print_text(FILE *out, const struct snapshot *snap,
		      const struct report_cfg *cfg, struct why *why)
{
	int err;

	if (cfg->again)
		putc('\n', out);
	err = snap->cfg.smb ? smb_print(out, snap, cfg) :
			      print_rows(out, snap, cfg);
	if (!err)
		err = slowest_print(out, snap);
	if (!err)
		err = functions_print(out, snap);
	putc('\n', out);
	if (!err)
		err = print_ledger(out, snap);
	putc('\n', out);
	report_foot(out, snap);
	return err ? why_set(why, -err, "out of memory for the report") : 0;
}

const struct reporter report_text = { .name = "text", .print = print_text };
