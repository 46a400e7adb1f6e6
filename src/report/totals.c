/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sums of a report, for a program of ours to read: a line "KEY VALUE"
 * each, what is not measured being absent, and the notes.
 */
#include "report/totals.h"

#include <inttypes.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"

static int print_totals(FILE *out, const struct snapshot *snap,
			const struct report_cfg *cfg, struct why *why)
{
	const struct cell *rows = &snap->total.cell, *all = &snap->all.cell;
	char safe[512];

	(void)cfg;
	(void)why;
	fprintf(out, "collector %s\n", snap->cfg.collector);
	fprintf(out, "interval_ns %" PRId64 "\n", snap->cfg.interval_ns);
	fprintf(out, "own_cpu_ns %" PRId64 "\n", snap->cfg.own_cpu_ns);
	if (cell_has(all, MEASURE_WALL))
		fprintf(out, "wall_ns %" PRId64 "\n",
			all->value[MEASURE_WALL]);
	if (cell_has(rows, MEASURE_CALLS))
		fprintf(out, "calls %" PRId64 "\n",
			rows->value[MEASURE_CALLS]);
	/* A name in one may hold a line that looks like a sum. */
	for (size_t i = 0; i < snap->n_notes; i++)
		fprintf(out, "note %s\n", text_untrusted(safe, sizeof(safe),
							 snap->notes[i]));
	return 0;
}

const struct reporter report_totals = { .name = "totals",
					.print = print_totals };

/* Where the value of a line begins that has this key, or NULL. */
static const char *value_of(const char *line, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(line, key, len) && line[len] == ' ' ?
	       line + len + 1 : NULL;
}

static void add_number(const char *line, const char *key, int64_t *sum)
{
	const char *value = value_of(line, key);
	uint64_t number;

	if (value && !num_parse(value, INT64_MAX / 2, &number) &&
	    *sum <= INT64_MAX / 2)
		*sum += (int64_t)number;
}

void totals_parse(struct totals *totals, char *text)
{
	char *line;

	*totals = (struct totals){ .collector = "" };
	while ((line = strsep(&text, "\n"))) {
		const char *collector = value_of(line, "collector");
		const char *note = value_of(line, "note");

		if (collector)
			totals->collector = collector;
		totals->counted |= !!value_of(line, "calls");
		add_number(line, "calls", &totals->calls);
		add_number(line, "interval_ns", &totals->interval_ns);
		add_number(line, "wall_ns", &totals->wall_ns);
		add_number(line, "own_cpu_ns", &totals->own_cpu_ns);
		if (note && totals->n_notes < TOTALS_NOTES)
			totals->notes[totals->n_notes++] = note;
	}
}
