/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One JSON object per report, on a line of its own; docs/report.schema.json
 * describes it. A key that was not measured is absent.
 */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_JANSSON

#include <jansson.h>

#include "base/text.h"
#include "model/errname.h"
#include "report/keys.h"
#include "report/slowest.h"

#define MAX_TEXT 16384

/* jansson refuses text that is not UTF-8, which names need not be. */
static json_t *untrusted(const char *text)
{
	/* Each byte can become four, and more of a text is no name. */
	size_t size = 4 * strnlen(text, MAX_TEXT) + 1;
	char *safe = malloc(size);
	json_t *ret;

	if (!safe)
		return NULL;
	ret = json_string(text_untrusted(safe, size, text));
	free(safe);
	return ret;
}

static json_t *measure_names(unsigned measures)
{
	json_t *names = json_array();

	for (int m = 0; m < MEASURE_COUNT; m++)
		if (measures & measure_bit(m))
			json_array_append_new(names, json_string(
				measure_table[m].name));
	return names;
}

static void set_measure(json_t *object, enum measure m, int64_t number)
{
	char key[KEY_MAX];

	json_object_set_new(object, measure_key(key, sizeof(key), m),
			    json_integer(number));
}

static void set_estimated(json_t *object, const struct cell *cell)
{
	if (cell->estimated)
		json_object_set_new(object, "estimated",
				    measure_names(cell->estimated));
}

static void set_cell(json_t *object, const struct cell *cell)
{
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (cell_has(cell, m))
			set_measure(object, m, cell->value[m]);
	set_estimated(object, cell);
}

static void set_value(json_t *object, const struct column *column,
		      const struct value *value)
{
	char key[KEY_MAX];

	json_object_set_new(object, column_key(key, sizeof(key), column),
			    column->kind == KIND_TEXT ?
			    untrusted(value->text) :
			    json_integer(value->number));
}

static json_t *json_row(const struct snapshot *snap, const struct row *row)
{
	json_t *object = json_object();

	for (int i = 0; i < column_count; i++) {
		const struct column *column = &column_table[i];
		struct value value = column->get(snap, row, column);

		if (column->in_json && value.known)
			set_value(object, column, &value);
	}
	set_estimated(object, &row->cell);
	if (row->blocked_hi_ns > row->blocked_lo_ns) {
		json_object_set_new(object, "blocked_lo_ns",
				    json_integer(row->blocked_lo_ns));
		json_object_set_new(object, "blocked_hi_ns",
				    json_integer(row->blocked_hi_ns));
	}
	return object;
}

static json_t *json_account(const struct account *account)
{
	json_t *object = json_object();

	if (account->name) {
		json_object_set_new(object, "pid",
				    json_integer(account->key.pid));
		json_object_set_new(object, "name", untrusted(account->name));
		json_object_set_new(object, "ended",
				    json_boolean(account->ended));
		json_object_set_new(object, "children",
				    json_boolean(account->key.tid ==
						 TID_CHILDREN));
	}
	set_cell(object, &account->cell);
	if (account->has_residual)
		json_object_set_new(object, "residual_ns",
				    json_integer(account->residual_ns));
	if (account->blocked_hi_ns > account->blocked_lo_ns) {
		json_object_set_new(object, "blocked_lo_ns",
				    json_integer(account->blocked_lo_ns));
		json_object_set_new(object, "blocked_hi_ns",
				    json_integer(account->blocked_hi_ns));
	}
	if (account->has_seen) {
		json_object_set_new(object, "seen_blocked_ns",
				    json_integer(account->seen_ns));
		json_object_set_new(object, "seen_blocked_lo_ns",
				    json_integer(account->seen_lo_ns));
		json_object_set_new(object, "seen_blocked_hi_ns",
				    json_integer(account->seen_hi_ns));
	}
	return object;
}

static json_t *json_loss(const struct snapshot *snap)
{
	json_t *loss = json_object();

	for (int i = 0; i < LOSS_COUNT; i++)
		json_object_set_new(loss, loss_table[i].name,
				    json_integer(snap->lost[i]));
	return loss;
}

static void set_head(json_t *report, const struct snapshot *snap,
		     const struct report_cfg *cfg)
{
	json_object_set_new(report, "version", json_string(PACKAGE_VERSION));
	json_object_set_new(report, "collector",
			    json_string(snap->cfg.collector));
	json_object_set_new(report, "measures",
			    measure_names(snap->cfg.measures));
	json_object_set_new(report, "estimated",
			    measure_names(snap->cfg.estimated));
	json_object_set_new(report, "end_ns", json_integer(snap->cfg.end_ns));
	json_object_set_new(report, "interval_ns",
			    json_integer(snap->cfg.interval_ns));
	json_object_set_new(report, "command", untrusted(cfg->command));
	json_object_set_new(report, "loss", json_loss(snap));
	json_object_set_new(report, "in_flight",
			    json_integer((json_int_t)snap->now.in_flight));
	json_object_set_new(report, "machine", json_pack("{s:I,s:I}",
		"interrupts_ns", (json_int_t)snap->machine.interrupts_ns,
		"stolen_ns", (json_int_t)snap->machine.stolen_ns));
	json_object_set_new(report, "cost", json_pack("{s:I,s:I}",
		"cpu_ns", (json_int_t)snap->cfg.own_cpu_ns,
		"start_cpu_ns", (json_int_t)snap->cfg.start_cpu_ns));
	if (snap->programs_ns)
		json_object_set_new(json_object_get(report, "cost"),
				    "programs_ns",
				    json_integer(snap->programs_ns));
	json_object_set_new(report, "threads",
			    json_integer((json_int_t)snap->n_threads));
}

/* What is told of SMB, each part as rows of its own. */
static json_t *json_parts(const struct snapshot *snap)
{
	json_t *parts = json_object();

	for (int i = 0; i < PART_COUNT; i++) {
		const struct snapshot *part = snap->parts[i];
		json_t *rows = json_array();

		for (size_t n = 0; n < part->n_rows; n++)
			json_array_append_new(rows, json_row(part,
							     &part->rows[n]));
		json_object_set_new(parts, part_keys[i], rows);
	}
	return parts;
}

/* Percentiles and what is not in columns of calls. */
static json_t *json_function(const struct snapshot *part,
			     const struct row *row)
{
	static const enum measure counts[] = { MEASURE_NESTED,
					       MEASURE_UNMATCHED };
	json_t *object = json_row(part, row);

	json_object_set_new(object, "function", untrusted(row->function));
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		if (cell_has(&row->cell, counts[i]))
			set_measure(object, counts[i],
				    row->cell.value[counts[i]]);
	return object;
}

/* A single call or request: a row, and what only one has. */
static json_t *json_slow(const struct snapshot *snap,
			 const struct snapshot *part, const struct row *row)
{
	const struct slow *slow = row->slow;
	json_t *object = json_row(part, row);
	char text[SLOWEST_CALL_MAX];

	json_object_set_new(object, "began_ns",
			    json_integer(slowest_since_ns(snap, slow)));
	json_object_set_new(object, "time_ns",
			    json_integer(snap->cfg.end_ns -
					 (snap->cfg.end_mono_ns -
					  slow->began_ns)));
	if (!row->syscall)
		return object;
	json_object_set_new(object, "partial", json_boolean(slow->partial));
	json_object_set_new(object, "return", json_integer(slow->ret));
	if (slow->ret < 0 && slow->ret >= -4095)
		json_object_set_new(object, "errno", json_string(errname(text,
					sizeof(text), (int)-slow->ret)));
	json_object_set_new(object, "call",
			    untrusted(slowest_call(text, sizeof(text), row)));
	if (slow->has_args) {
		json_t *args = json_array();

		for (int i = 0; i < ARGUMENTS; i++) {
			snprintf(text, sizeof(text), "0x%llx",
				 (unsigned long long)slow->args[i]);
			json_array_append_new(args, json_string(text));
		}
		json_object_set_new(object, "registers", args);
	}
	return object;
}

/* What there is beside the table, if it was asked for. */
static void set_aside(json_t *report, const struct snapshot *snap)
{
	const struct {
		const char *name;
		const struct snapshot *part;
	} parts[] = {
		{ "slowest", snap->slow_calls },
		{ "slowest_requests", snap->slow_requests },
		{ "functions", snap->functions },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const struct snapshot *part = parts[i].part;
		json_t *rows = part ? json_array() : NULL;

		for (size_t n = 0; part && n < part->n_rows; n++)
			json_array_append_new(rows, part->rows[n].slow ?
				json_slow(snap, part, &part->rows[n]) :
				json_function(part, &part->rows[n]));
		if (part)
			json_object_set_new(report, parts[i].name, rows);
	}
}

static json_t *build(const struct snapshot *snap,
		     const struct report_cfg *cfg, const int *order)
{
	json_t *report = json_object(), *processes = json_array();
	json_t *rows = json_array(), *notes = json_array();
	size_t n = snap->n_rows;

	if (cfg->max_rows && n > cfg->max_rows)
		n = cfg->max_rows;
	set_head(report, snap, cfg);
	for (size_t i = 0; i < snap->n_notes; i++)
		json_array_append_new(notes, untrusted(snap->notes[i]));
	for (size_t i = 0; i < snap->n_processes; i++)
		json_array_append_new(processes,
				      json_account(&snap->processes[i]));
	for (size_t i = 0; i < n; i++)
		json_array_append_new(rows, json_row(snap,
						     &snap->rows[order[i]]));
	json_object_set_new(report, "notes", notes);
	json_object_set_new(report, "ledger", json_account(&snap->all));
	json_object_set_new(report, "processes", processes);
	json_object_set_new(report, "rows", rows);
	if (snap->cfg.smb)
		json_object_set_new(report, "smb", json_parts(snap));
	set_aside(report, snap);
	return report;
}

static int print_json(FILE *out, const struct snapshot *snap,
		      const struct report_cfg *cfg, struct why *why)
{
	int *order = column_order(snap, cfg->sort);
	json_t *report = order ? build(snap, cfg, order) : NULL;
	int err = report ? json_dumpf(report, out, JSON_COMPACT) : -1;

	putc('\n', out);
	json_decref(report);
	free(order);
	return err ? why_set(why, ENOMEM, "out of memory for the report") : 0;
}

const struct reporter report_json = { .name = "json", .print = print_json };

#else

const struct reporter report_json = {
	.name = "json",
	.missing = "built without jansson",
};

#endif
