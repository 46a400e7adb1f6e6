/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OpenMetrics: what Prometheus and its kin read, and the older text of
 * Prometheus for what cannot read that. What was not measured is absent.
 */
#include "report/report.h"

#include <string.h>

#include "model/abi.h"
#include "model/smb2.h"
#include "report/exposition.h"
#include "report/metrics.h"

static void label_call(char *labels, const struct row *row, unsigned by)
{
	char pid[16];

	*labels = '\0';
	if (by & dim_bit(DIM_PROCESS)) {
		snprintf(pid, sizeof(pid), "%d", row->key.pid);
		if (row->key.pid > 0)
			exposition_label(labels, "pid", pid);
		exposition_label(labels, "process", row->process);
	}
	if (!(by & dim_bit(DIM_SYSCALL)))
		return;
	/* Only where it is not the usual one: that stays as it is when others
	 * come. */
	if (row->key.abi > ABI_NATIVE)
		exposition_label(labels, "abi", abi_name(row->key.abi));
	exposition_label(labels, "syscall", row->syscall);
}

static void label_operation(char *labels, const struct row *row, unsigned by)
{
	(void)by;
	*labels = '\0';
	exposition_label(labels, "operation", row->key.request > 0 ?
			 smb2_operation(row->key.request - 1) : row->request);
}

static void label_phase(char *labels, const struct row *row, unsigned by)
{
	(void)by;
	*labels = '\0';
	exposition_label(labels, "phase", row->phase);
}

static const struct metrics of_calls = {
	.scope = "syscall", .label = label_call,
	.duration = "how long system calls took that ended",
}, of_processes = {
	.scope = "process", .label = label_call,
}, of_requests = {
	.scope = "smb2", .label = label_operation,
	.errors = "SMB2 requests that failed",
	.duration = "how long SMB2 requests took, from dispatch to reply",
}, of_phases = {
	.scope = "smb_phase", .label = label_phase,
};

static void info(struct exposition *e, const char *name, const char *help,
		 const char *label, const char *value)
{
	char labels[LABELS_MAX] = "";

	exposition_label(labels, label, value);
	exposition_begin(e, FAMILY_INFO, name, NULL, help);
	exposition_count(e, labels, 1);
}

static void print_head(struct exposition *e, const struct snapshot *snap,
		       const struct report_cfg *cfg)
{
	const struct snapshot_cfg *of = &snap->cfg;
	char labels[LABELS_MAX] = "";

	info(e, "smbsysacct_build", "the program that tells this", "version",
	     PACKAGE_VERSION);
	if (cfg->command)
		info(e, "smbsysacct_target", "what is accounted", "target",
		     cfg->command);
	exposition_label(labels, "name", of->collector);
	exposition_label(labels, "exact", of->estimated & of->measures ?
			 "false" : "true");
	exposition_begin(e, FAMILY_INFO, "smbsysacct_collector", NULL,
			 "how it is measured, and whether nothing of it is "
			 "estimated");
	exposition_count(e, labels, 1);
}

/* Of a value that is in part an estimate in any row, or of all. */
static bool is_estimated(const struct snapshot *snap, enum measure m)
{
	const struct snapshot *part = snap->parts[PART_REQUESTS];

	if (snap->cfg.estimated & measure_bit(m) ||
	    cell_is_estimate(&snap->all.cell, m))
		return true;
	for (size_t i = 0; i < snap->n_rows; i++)
		if (cell_is_estimate(&snap->rows[i].cell, m))
			return true;
	for (size_t i = 0; part && i < part->n_rows; i++)
		if (cell_is_estimate(&part->rows[i].cell, m))
			return true;
	return false;
}

static void print_measures(struct exposition *e, const struct snapshot *snap)
{
	exposition_begin(e, FAMILY_INFO, "smbsysacct_measure", NULL,
			 "what is measured, and whether exactly or as an "
			 "estimate");
	for (int m = 0; m < MEASURE_COUNT; m++) {
		char labels[LABELS_MAX] = "";

		if (!(snap->cfg.measures & measure_bit(m)) ||
		    !measure_table[m].metric)
			continue;
		exposition_label(labels, "measure", measure_table[m].metric);
		exposition_label(labels, "exact", is_estimated(snap, m) ?
				 "false" : "true");
		exposition_count(e, labels, 1);
	}
}

static void gauge(struct exposition *e, const char *name, const char *help,
		  uint64_t value)
{
	exposition_begin(e, FAMILY_GAUGE, name, NULL, help);
	exposition_count(e, "", (int64_t)value);
}

static void seconds(struct exposition *e, enum family_kind kind,
		    const char *name, const char *help, int64_t ns)
{
	exposition_begin(e, kind, name, "seconds", help);
	exposition_seconds(e, "", ns);
}

static void print_now(struct exposition *e, const struct snapshot *snap,
		      size_t beyond)
{
	const struct snapshot_cfg *of = &snap->cfg;

	seconds(e, FAMILY_GAUGE, "smbsysacct_start_time_seconds",
		"when accounting began, since 1970", of->end_ns -
		of->interval_ns);
	seconds(e, FAMILY_GAUGE, "smbsysacct_data_time_seconds",
		"of when these values are, since 1970", of->end_ns);
	seconds(e, FAMILY_COUNTER, "smbsysacct_accounted_seconds",
		"for how long it was accounted", of->interval_ns);
	gauge(e, "smbsysacct_processes", "under accounting now",
	      snap->now.processes);
	gauge(e, "smbsysacct_threads", "under accounting now",
	      snap->now.threads);
	gauge(e, "smbsysacct_calls_in_flight",
	      "threads that are in a system call now", snap->now.in_flight);
	gauge(e, "smbsysacct_rows_folded",
	      "rows without series of their own, in those called "
	      SNAPSHOT_OTHERS, beyond);
	gauge(e, "smbsysacct_rows_limit",
	      "so many rows of a kind have series of their own",
	      SNAPSHOT_MAX_SERIES);
}

static void print_losses(struct exposition *e, const struct snapshot *snap,
			 enum unit unit)
{
	static const char *const names[] = {
		[UNIT_NS] = "smbsysacct_lost_seconds",
		[UNIT_COUNT] = "smbsysacct_lost",
	};

	exposition_begin(e, FAMILY_COUNTER, names[unit], unit == UNIT_NS ?
			 "seconds" : NULL,
			 "what could not be measured, by what that was");
	for (int i = 0; i < LOSS_COUNT; i++) {
		size_t len = strlen(loss_table[i].name);
		char labels[LABELS_MAX] = "", kind[64];

		if (loss_table[i].unit != unit)
			continue;
		if (unit == UNIT_NS)
			len -= strlen("_ns");
		snprintf(kind, sizeof(kind), "%.*s", (int)len,
			 loss_table[i].name);
		exposition_label(labels, "kind", kind);
		if (unit == UNIT_NS)
			exposition_seconds(e, labels, snap->lost[i]);
		else
			exposition_count(e, labels, snap->lost[i]);
	}
}

static void print_cost(struct exposition *e, const struct snapshot *snap)
{
	seconds(e, FAMILY_COUNTER, "smbsysacct_own_cpu_seconds",
		"CPU time of this program and its helpers",
		snap->cfg.own_cpu_ns);
	seconds(e, FAMILY_GAUGE, "smbsysacct_start_cpu_seconds",
		"CPU time that it took to begin", snap->cfg.start_cpu_ns);
	if (snap->programs_ns)
		seconds(e, FAMILY_COUNTER, "smbsysacct_programs_seconds",
			"how long its programs ran in the kernel",
			snap->programs_ns);
	seconds(e, FAMILY_COUNTER, "smbsysacct_machine_interrupts_seconds",
		"time of all CPUs that was spent in interrupts",
		snap->machine.interrupts_ns);
	seconds(e, FAMILY_COUNTER, "smbsysacct_machine_stolen_seconds",
		"time of all CPUs that the hypervisor took",
		snap->machine.stolen_ns);
}

static int print_rows(struct exposition *e, const struct snapshot *snap,
		      size_t *beyond)
{
	bool calls = snap->cfg.by & dim_bit(DIM_SYSCALL);
	const struct {
		const struct metrics *metrics;
		const struct snapshot *table;
	} tables[] = {
		{ calls ? &of_calls : &of_processes, snap },
		{ &of_requests, snap->parts[PART_REQUESTS] },
		{ &of_phases, snap->parts[PART_PHASES] },
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(tables) / sizeof(*tables); i++)
		if (tables[i].table)
			err = metrics_print(e, tables[i].metrics,
					    tables[i].table, beyond);
	return err;
}

static int print(FILE *out, const struct snapshot *snap,
		 const struct report_cfg *cfg, bool plain, struct why *why)
{
	struct exposition e = { .out = out, .plain = plain };
	size_t beyond = 0;
	int err;

	print_head(&e, snap, cfg);
	print_measures(&e, snap);
	err = print_rows(&e, snap, &beyond);
	metrics_print_cell(&e, "ledger", &snap->all.cell);
	if (snap->all.has_residual)
		seconds(&e, FAMILY_GAUGE, "smbsysacct_ledger_residual_seconds",
			"wall less its parts: what the clocks disagree about",
			snap->all.residual_ns);
	print_now(&e, snap, beyond);
	print_losses(&e, snap, UNIT_COUNT);
	print_losses(&e, snap, UNIT_NS);
	print_cost(&e, snap);
	exposition_end(&e);
	return err ? why_set(why, -err, "out of memory for the report") : 0;
}

static int print_open(FILE *out, const struct snapshot *snap,
		      const struct report_cfg *cfg, struct why *why)
{
	return print(out, snap, cfg, false, why);
}

static int print_plain(FILE *out, const struct snapshot *snap,
		       const struct report_cfg *cfg, struct why *why)
{
	return print(out, snap, cfg, true, why);
}

const struct reporter report_openmetrics = {
	.name = "openmetrics", .whole = true, .print = print_open,
};

const struct reporter report_prometheus = {
	.name = "prometheus", .whole = true, .print = print_plain,
};
