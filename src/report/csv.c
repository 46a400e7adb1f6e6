/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables for spreadsheets and data frames, as RFC 4180 has them. The header
 * is the same whatever was measured, and stands once in a file; what is not
 * known is an empty field. Each line says by its kind what it is about.
 */
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/abi.h"
#include "report/keys.h"

#define MAX_TEXT 16384		/* bytes; more of a text is no name */

struct csv {
	FILE *out;
	const struct report_cfg *cfg;
	const struct snapshot *snap;	/* that is reported */
	char *buf;
	size_t size;
	bool failed;		/* out of memory */
	bool begun;		/* there is a field in the line */
};

/* What a line has beside the values of columns. */
struct line {
	const char *kind, *name;	/* NULL: no name */
	bool has_amount;
	int64_t amount;
	const struct account *account;	/* NULL: none */
};

static const char *const head[] = {
	"end", "end_ns", "interval_ns", "target", "collector", "kind", "name",
	"amount", "estimated", "residual_ns", "blocked_lo_ns",
	"blocked_hi_ns",
};

/* --- fields ------------------------------------------------------------------- */

static void begin_field(struct csv *csv)
{
	if (csv->begun)
		putc(',', csv->out);
	csv->begun = true;
}

static void put_empty(struct csv *csv)
{
	begin_field(csv);
}

static void put_number(struct csv *csv, bool known, int64_t number)
{
	begin_field(csv);
	if (known)
		fprintf(csv->out, "%" PRId64, number);
}

/* What spreadsheets take for the beginning of a formula, also in its full
 * width. */
static bool begins_formula(uint32_t c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == 0xff1d ||
	       c == 0xff0b || c == 0xff0d || c == 0xff20;
}

/* Of bytes that are no control characters, and so in one line. */
static void put_safe(struct csv *csv, const char *text)
{
	bool quote = strpbrk(text, ",\"");
	uint32_t c = 0;
	size_t len = text_decode(text, &c);

	if (quote)
		putc('"', csv->out);
	/* As the bytes that cannot be printed, which names are not told from
	 * if they look so: a backslash is escaped, too. */
	if (begins_formula(c))
		for (; len; len--)
			fprintf(csv->out, "\\%03o", (unsigned char)*text++);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', csv->out);
		putc(*text, csv->out);
	}
	if (quote)
		putc('"', csv->out);
}

static void put_text(struct csv *csv, const char *text)
{
	/* Each byte can become four. */
	size_t size = 4 * strnlen(text, MAX_TEXT) + 1;

	begin_field(csv);
	if (size > csv->size) {
		char *more = realloc(csv->buf, size);

		if (!more) {
			csv->failed = true;
			return;
		}
		csv->buf = more;
		csv->size = size;
	}
	put_safe(csv, text_untrusted(csv->buf, size, text));
}

static void put_value(struct csv *csv, const struct column *column,
		      const struct value *value)
{
	if (column->kind == KIND_TEXT && value->known)
		put_text(csv, value->text);
	else if (column->kind == KIND_TEXT || !value->known)
		put_empty(csv);
	else if (column->kind == KIND_PERCENT || column->kind == KIND_RATIO) {
		begin_field(csv);
		fprintf(csv->out, "%.4f", value->percent);
	} else {
		put_number(csv, true, value->number);
	}
}

static void end_line(struct csv *csv)
{
	fputs("\r\n", csv->out);
	csv->begun = false;
}

/* --- lines -------------------------------------------------------------------- */

static void put_header(struct csv *csv)
{
	const struct column_list *list = &csv->cfg->columns;
	char key[KEY_MAX];

	for (size_t i = 0; i < sizeof(head) / sizeof(*head); i++)
		put_text(csv, head[i]);
	for (int i = 0; i < list->n; i++)
		put_text(csv, column_key(key, sizeof(key), list->columns[i]));
	end_line(csv);
}

/* Of the coordinated universal time, in what spreadsheets take for one. */
static void put_end(struct csv *csv)
{
	int64_t end_ns = csv->snap->cfg.end_ns;
	time_t second = (time_t)(end_ns / NS_PER_SEC);
	char text[32];
	struct tm tm;

	begin_field(csv);
	if (gmtime_r(&second, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		fprintf(csv->out, "%s.%03d", text,
			(int)(end_ns % NS_PER_SEC / NS_PER_MS));
}

static void put_estimated(struct csv *csv, const struct snapshot *part,
			  const struct row *row)
{
	const struct column_list *list = &csv->cfg->columns;
	const char *separator = "";
	char key[KEY_MAX];

	begin_field(csv);
	for (int i = 0; row && i < list->n; i++) {
		const struct column *column = list->columns[i];
		struct value value = column->get(part, row, column);

		if (!value.known || !value.estimated)
			continue;
		fprintf(csv->out, "%s%s", separator,
			column_key(key, sizeof(key), column));
		separator = " ";
	}
}

/* An option is no formula: its dashes are left out. */
static const char *target_of(const struct csv *csv)
{
	return csv->cfg->command + strspn(csv->cfg->command, "-");
}

static void put_line(struct csv *csv, const struct snapshot *part,
		     const struct row *row, const struct line *line)
{
	const struct snapshot_cfg *cfg = &csv->snap->cfg;
	const struct column_list *list = &csv->cfg->columns;
	const struct account *account = line->account;
	bool bounds = row && row->blocked_hi_ns > row->blocked_lo_ns;

	put_end(csv);
	put_number(csv, true, cfg->end_ns);
	put_number(csv, true, cfg->interval_ns);
	put_text(csv, target_of(csv));
	put_text(csv, cfg->collector);
	put_text(csv, line->kind);
	put_text(csv, line->name ? line->name : "");
	put_number(csv, line->has_amount, line->amount);
	put_estimated(csv, part, row);
	put_number(csv, account && account->has_residual,
		   account ? account->residual_ns : 0);
	put_number(csv, bounds, bounds ? row->blocked_lo_ns : 0);
	put_number(csv, bounds, bounds ? row->blocked_hi_ns : 0);
	for (int i = 0; i < list->n; i++) {
		const struct column *column = list->columns[i];
		struct value value = { .known = false };

		if (row)
			value = column->get(part, row, column);
		put_value(csv, column, &value);
	}
	end_line(csv);
}

static int put_rows(struct csv *csv)
{
	const struct snapshot *snap = csv->snap;
	const struct line line = { .kind = "row" };
	int *order = column_order(snap, csv->cfg->sort);
	size_t n = snap->n_rows;

	if (!order)
		return -ENOMEM;
	if (csv->cfg->max_rows && n > csv->cfg->max_rows)
		n = csv->cfg->max_rows;
	for (size_t i = 0; i < n; i++)
		put_line(csv, snap, &snap->rows[order[i]], &line);
	free(order);
	return 0;
}

static void put_parts(struct csv *csv)
{
	for (int i = 0; i < PART_COUNT; i++) {
		const struct snapshot *part = csv->snap->parts[i];
		const struct line line = { .kind = part_keys[i] };

		for (size_t n = 0; n < part->n_rows; n++)
			put_line(csv, part, &part->rows[n], &line);
	}
}

static void put_account(struct csv *csv, const struct account *account,
			const char *kind)
{
	const struct line line = { .kind = kind, .account = account };
	struct row row = {
		.key = account->key,
		.cell = account->cell,
		.process = account->name,
		.blocked_lo_ns = account->blocked_lo_ns,
		.blocked_hi_ns = account->blocked_hi_ns,
	};

	/* It is of no call. */
	row.key.abi = ABI_STATE;
	put_line(csv, csv->snap, &row, &line);
}

static void put_amount(struct csv *csv, const char *kind, const char *name,
		       int64_t amount)
{
	const struct line line = { .kind = kind, .name = name,
				   .has_amount = true, .amount = amount };

	put_line(csv, csv->snap, NULL, &line);
}

/* What is neither of a process nor of a call. */
static void put_foot(struct csv *csv)
{
	const struct snapshot *snap = csv->snap;

	put_amount(csv, "report", "threads", (int64_t)snap->n_threads);
	put_amount(csv, "report", "in_flight", (int64_t)snap->now.in_flight);
	put_amount(csv, "report", "cost_cpu_ns", snap->cfg.own_cpu_ns);
	put_amount(csv, "report", "cost_start_cpu_ns",
		   snap->cfg.start_cpu_ns);
	if (snap->programs_ns)
		put_amount(csv, "report", "cost_programs_ns",
			   snap->programs_ns);
	put_amount(csv, "report", "machine_interrupts_ns",
		   snap->machine.interrupts_ns);
	put_amount(csv, "report", "machine_stolen_ns",
		   snap->machine.stolen_ns);
	for (int i = 0; i < LOSS_COUNT; i++)
		if (snap->lost[i])
			put_amount(csv, "loss", loss_table[i].name,
				   snap->lost[i]);
	for (size_t i = 0; i < snap->n_notes; i++) {
		const struct line line = { .kind = "note",
					   .name = snap->notes[i] };

		put_line(csv, snap, NULL, &line);
	}
}

static int print_csv(FILE *out, const struct snapshot *snap,
		     const struct report_cfg *cfg, struct why *why)
{
	struct csv csv = { .out = out, .cfg = cfg, .snap = snap };
	int err;

	if (!cfg->again)
		put_header(&csv);
	err = put_rows(&csv);
	if (snap->cfg.smb)
		put_parts(&csv);
	for (size_t i = 0; i < snap->n_processes; i++)
		put_account(&csv, &snap->processes[i], "process");
	put_account(&csv, &snap->all, "total");
	put_foot(&csv);
	free(csv.buf);
	return err || csv.failed ?
	       why_set(why, ENOMEM, "out of memory for the report") : 0;
}

const struct reporter report_csv = { .name = "csv", .all_columns = true,
				     .print = print_csv };
