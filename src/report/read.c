/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_JANSSON

#include <jansson.h>

#include "base/text.h"
#include "model/abi.h"
#include "report/keys.h"

/* Sums of two, and differences, are numbers still. */
#define MAX_NUMBER (INT64_MAX / 4)
#define MAX_REPORTS 100000

struct reader {
	const char *path;
	size_t rows;		/* of all reports */
	size_t number;		/* of the report, from 1 */
	struct why *why;
};

static int bad(const struct reader *r, const char *what)
{
	return why_set(r->why, EINVAL, "%s: object %zu is no report of "
		       "smbsysacct --format=json: %s", r->path, r->number,
		       what);
}

static int no_memory(const struct reader *r)
{
	return why_set(r->why, ENOMEM, "%s: out of memory", r->path);
}

static bool get_int(const json_t *object, const char *key, int64_t *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) ||
	    json_integer_value(value) > MAX_NUMBER ||
	    json_integer_value(value) < -MAX_NUMBER)
		return false;
	*ret = json_integer_value(value);
	return true;
}

static unsigned measure_bits(const json_t *names)
{
	unsigned bits = 0;
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)names, i, item)
		for (int m = 0; m < MEASURE_COUNT; m++)
			if (json_is_string(item) &&
			    !strcmp(json_string_value(item),
				    measure_table[m].name))
				bits |= measure_bit(m);
	return bits;
}

static void take_cell(struct cell *cell, const json_t *object)
{
	for (int m = 0; m < MEASURE_COUNT; m++) {
		char key[KEY_MAX];

		if (get_int(object, measure_key(key, sizeof(key), m), &cell->value[m]))
			cell->have |= measure_bit(m);
	}
	cell->estimated = cell->have &
			  measure_bits(json_object_get(object, "estimated"));
}

/* Of a table, in any order: what a getter finds in the key, and not in the
 * row itself. */
static void take_id(struct key *key, const json_t *object)
{
	const char *abi = json_string_value(json_object_get(object, "abi"));
	int64_t id;

	if (get_int(object, "pid", &id))
		key->pid = (int32_t)(id & INT32_MAX);
	if (get_int(object, "tid", &id))
		key->tid = (int32_t)(id & INT32_MAX);
	if (get_int(object, "fd", &id))
		key->fd = (int32_t)((id + 1) & INT32_MAX);
	/* A call has one; of another machine's the name is not known here. */
	key->abi = abi ? ABI_NATIVE : ABI_STATE;
	for (int i = ABI_NATIVE; abi && i <= ABI_X32; i++)
		if (!strcmp(abi, abi_name(i)))
			key->abi = i;
}

/* What the writer made safe is as it was: it is made so again by whoever
 * prints it. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		unsigned byte = 0;
		int len = 0;

		if (*text == '\\')
			while (len < 3 && text[1 + len] >= '0' &&
			       text[1 + len] <= '7')
				byte = 8 * byte + (unsigned)(text[1 + len++] -
							     '0');
		if (len == 3 && byte && byte < 256) {
			*to++ = (char)byte;
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

static bool take_text(struct snapshot *snap, const char **ret,
		      const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	*ret = text ? snapshot_text(snap, text) : NULL;
	if (*ret)
		unescape(snap->texts[snap->n_texts - 1]);
	return !text || *ret;
}

static bool take_texts(struct snapshot *snap, struct row *row,
		       const json_t *object)
{
	bool kept = take_text(snap, &row->error, object, "errno") &&
		    take_text(snap, &row->phase, object, "phase");

	for (int i = 0; kept && i < column_count; i++) {
		const struct column *column = &column_table[i];

		if (column->kind == KIND_TEXT && column->in_json &&
		    column->at)
			kept = take_text(snap, (const char **)((char *)row +
							       column->at),
					 object, column->id);
	}
	return kept;
}

static void take_percentiles(struct row *row, const json_t *object)
{
	int n = 0;

	for (int i = 0; i < column_count && n < TOLD_PERCENTILES; i++) {
		const struct column *column = &column_table[i];
		char key[KEY_MAX];

		if (column->needs_hist && column->in_json &&
		    get_int(object, column_key(key, sizeof(key),
						column),
			    &row->told[n].ns))
			row->told[n++].share = column->share;
	}
}

static int take_row(const struct reader *r, struct snapshot *snap,
		    struct row *row, const json_t *object)
{
	if (!json_is_object(object))
		return bad(r, "a row is no object");
	take_id(&row->key, object);
	take_cell(&row->cell, object);
	take_percentiles(row, object);
	if (!take_texts(snap, row, object))
		return no_memory(r);
	get_int(object, "blocked_lo_ns", &row->blocked_lo_ns);
	get_int(object, "blocked_hi_ns", &row->blocked_hi_ns);
	/* Of a row by call it is not how many requests there were in it. */
	if (row->syscall && cell_has(&row->cell, MEASURE_REQUESTS)) {
		row->requests = row->cell.value[MEASURE_REQUESTS];
		row->cell.value[MEASURE_REQUESTS] = 0;
		row->cell.have &= ~measure_bit(MEASURE_REQUESTS);
	}
	return 0;
}

/* Whatever rows are summed up later, it does not overflow. */
static bool sums_fit(const struct snapshot *snap)
{
	for (int m = 0; m < MEASURE_COUNT; m++) {
		int64_t sum = 0;

		for (size_t i = 0; i < snap->n_rows; i++) {
			int64_t value = snap->rows[i].cell.value[m];

			if (__builtin_add_overflow(sum, value < 0 ? -value :
						   value, &sum) ||
			    sum > MAX_NUMBER)
				return false;
		}
	}
	return true;
}

static int take_rows(struct reader *r, struct snapshot *snap,
		     const json_t *rows)
{
	size_t n = json_array_size(rows);
	int err = 0;

	if (!json_is_array(rows))
		return bad(r, "it has no list of rows");
	r->rows += n;
	if (r->rows > READ_MAX_ROWS)
		return why_set(r->why, EFBIG, "%s has more than %d rows; give "
			       "fewer reports at once", r->path,
			       READ_MAX_ROWS);
	snap->rows = calloc(n + 1, sizeof(*snap->rows));
	if (!snap->rows)
		return no_memory(r);
	snap->n_rows = n;
	for (size_t i = 0; !err && i < n; i++)
		err = take_row(r, snap, &snap->rows[i],
			       json_array_get(rows, i));
	if (err)
		return err;
	if (!sums_fit(snap))
		return bad(r, "its numbers are too large");
	for (size_t i = 0; i < n; i++)
		cell_merge(&snap->total.cell, &snap->rows[i].cell);
	return 0;
}

/* What rows have, where a report does not say what they are by. */
static unsigned by_rows(const struct snapshot *snap)
{
	unsigned by = 0;

	for (size_t n = 0; n < snap->n_rows; n++)
		for (int i = 0; i < column_count; i++) {
			const struct column *column = &column_table[i];

			if (column->dim && !(column->dim & by) &&
			    column->in_json &&
			    column->get(snap, &snap->rows[n], column).known)
				by |= column->dim;
		}
	return by;
}

static void take_by(struct snapshot *snap, const json_t *names)
{
	size_t i;
	json_t *item;

	if (!json_is_array(names))
		snap->cfg.by = by_rows(snap);
	json_array_foreach((json_t *)names, i, item)
		for (int d = 0; d < DIM_COUNT; d++)
			if (json_is_string(item) &&
			    !strcmp(json_string_value(item),
				    dim_table[d].name))
				snap->cfg.by |= dim_bit(d);
}

static int take_parts(struct reader *r, struct snapshot *snap,
		      const json_t *smb)
{
	static const struct {
		const char *name;
		unsigned by;
	} parts[PART_COUNT] = {
		[PART_PHASES] = { "phases", 1u << DIM_PHASE },
		[PART_REQUESTS] = { "requests", 1u << DIM_REQUEST },
		[PART_STATUSES] = { "statuses", 1u << DIM_REQUEST |
						1u << DIM_STATUS },
		[PART_BILL] = { "bill", 1u << DIM_REQUEST |
					1u << DIM_SYSCALL },
		[PART_WHO] = { "who", 1u << DIM_PROCESS | 1u << DIM_CLIENT |
				      1u << DIM_USER | 1u << DIM_SHARE },
		[PART_WORKERS] = { "workers", 1u << DIM_PROCESS |
					      1u << DIM_PHASE },
	};
	int err = 0;

	snap->cfg.smb = true;
	for (int i = 0; !err && i < PART_COUNT; i++) {
		struct snapshot *part = calloc(1, sizeof(*part));

		if (!part)
			return no_memory(r);
		snap->parts[i] = part;
		part->cfg = snap->cfg;
		part->cfg.by = parts[i].by;
		part->cfg.smb = false;
		part->all = snap->all;
		err = take_rows(r, part, json_object_get(smb, parts[i].name));
	}
	return err;
}

static void take_loss(struct snapshot *snap, const json_t *loss)
{
	for (int i = 0; i < LOSS_COUNT; i++)
		get_int(loss, loss_table[i].name, &snap->lost[i]);
}

static int take_report(struct reader *r, struct snapshot *snap,
		       const json_t *report)
{
	const json_t *smb = json_object_get(report, "smb");
	struct snapshot_cfg *cfg = &snap->cfg;
	const char *collector;
	int64_t left_out = 0;
	int err;

	if (!json_is_object(report) ||
	    !take_text(snap, &collector, report, "collector"))
		return bad(r, "it is no object");
	if (!collector || !get_int(report, "interval_ns", &cfg->interval_ns) ||
	    cfg->interval_ns <= 0)
		return bad(r, "it has no collector and no interval");
	get_int(report, "end_ns", &cfg->end_ns);
	get_int(report, "rows_left_out", &left_out);
	cfg->collector = collector;
	cfg->measures = measure_bits(json_object_get(report, "measures"));
	cfg->estimated = measure_bits(json_object_get(report, "estimated"));
	cfg->all_calls = !left_out &&
		json_is_true(json_object_get(report, "all_calls"));
	cfg->call_cost_ns = -1;
	take_cell(&snap->all.cell, json_object_get(report, "ledger"));
	take_loss(snap, json_object_get(report, "loss"));
	err = take_rows(r, snap, json_object_get(report, "rows"));
	if (err)
		return err;
	take_by(snap, json_object_get(report, "by"));
	return smb ? take_parts(r, snap, smb) : 0;
}

/* An attached target is named by options. */
static bool is_launched(const json_t *report)
{
	const char *command = json_string_value(json_object_get(report,
								"command"));

	return command && *command && *command != '-';
}

static int add_report(struct reader *r, struct read_reports *ret,
		      const json_t *report)
{
	struct read_report *list = realloc(ret->list, (ret->n + 1) *
						      sizeof(*list));
	struct snapshot *snap;

	if (list)
		ret->list = list;
	snap = list ? calloc(1, sizeof(*snap)) : NULL;
	if (!snap)
		return no_memory(r);
	list[ret->n++] = (struct read_report){ snap, is_launched(report) };
	return take_report(r, snap, report);
}

static bool at_end(FILE *file)
{
	int c = ' ';

	while (c == ' ' || c == '\n' || c == '\r' || c == '\t')
		c = getc(file);
	if (c != EOF)
		ungetc(c, file);
	return c == EOF;
}

static int take_all(struct reader *r, struct read_reports *ret, FILE *file)
{
	int err = 0;

	while (!err && !at_end(file)) {
		char safe[4 * JSON_ERROR_TEXT_LENGTH];
		json_error_t error;
		json_t *report = json_loadf(file, JSON_DISABLE_EOF_CHECK |
						  JSON_REJECT_DUPLICATES,
					    &error);

		r->number++;
		if (!report)
			return why_set(r->why, EINVAL, "%s: object %zu is no "
				       "JSON, at its line %d: %s", r->path,
				       r->number, error.line, text_untrusted(safe,
				       sizeof(safe), error.text));
		err = r->number > MAX_REPORTS ?
		      why_set(r->why, EFBIG, "%s has more than %d reports",
			      r->path, MAX_REPORTS) :
		      add_report(r, ret, report);
		json_decref(report);
	}
	if (!err && !ret->n)
		err = why_set(r->why, EINVAL, "%s is empty: no report of "
			      "smbsysacct --format=json is in it", r->path);
	return err;
}

/* A copy of it, whose size has a limit also where it is a pipe. */
static int copy(const struct reader *r, FILE *file, char **ret, size_t *len)
{
	size_t size = 0, n = 1;
	char *text = NULL;

	*len = 0;
	while (n) {
		if (size - *len < 2) {
			char *more;

			size = size ? 2 * size : 65536;
			more = realloc(text, size);
			if (!more) {
				free(text);
				return no_memory(r);
			}
			text = more;
		}
		n = fread(text + *len, 1, size - *len - 1, file);
		*len += n;
		if (*len > READ_MAX_BYTES)
			break;
	}
	*ret = text;
	if (ferror(file))
		return why_set(r->why, errno, "%s: %s", r->path,
			       strerror(errno));
	if (*len > READ_MAX_BYTES)
		return why_set(r->why, EFBIG, "%s is larger than %u MiB; give "
			       "fewer reports at once", r->path,
			       READ_MAX_BYTES >> 20);
	return 0;
}

static int read_text(struct reader *r, struct read_reports *ret, char *text,
		     size_t len)
{
	FILE *file;
	int err;

	if (!len)
		return why_set(r->why, EINVAL, "%s is empty: no report of "
			       "smbsysacct --format=json is in it", r->path);
	file = fmemopen(text, len, "r");
	if (!file)
		return no_memory(r);
	err = take_all(r, ret, file);
	fclose(file);
	return err;
}

int read_reports(struct read_reports *ret, const char *path, struct why *why)
{
	struct reader r = { .path = path, .why = why };
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t len;
	int err;

	*ret = (struct read_reports){ 0 };
	if (!file)
		return why_set(why, errno, "%s: %s", path, strerror(errno));
	err = copy(&r, file, &text, &len);
	fclose(file);
	if (!err)
		err = read_text(&r, ret, text, len);
	free(text);
	if (err)
		read_done(ret);
	return err;
}

#else

int read_reports(struct read_reports *ret, const char *path, struct why *why)
{
	*ret = (struct read_reports){ 0 };
	return why_set(why, ENOTSUP, "%s: JSON cannot be read: built without "
		       "jansson", path);
}

#endif

void read_done(struct read_reports *reports)
{
	while (reports->n)
		snapshot_free(reports->list[--reports->n].snap);
	free(reports->list);
	*reports = (struct read_reports){ 0 };
}
