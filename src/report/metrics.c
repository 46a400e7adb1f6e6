/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct series {
	char labels[LABELS_MAX];
	struct cell cell;
	struct hist hist;
	bool has_hist;
};

/* What is beyond the limit are the smaller ones. */
static int by_size(const void *a, const void *b)
{
	static const enum measure sizes[] = { MEASURE_WALL, MEASURE_BLOCKED,
					      MEASURE_CALLS };
	const struct row *left = *(const struct row *const *)a;
	const struct row *right = *(const struct row *const *)b;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		int64_t l = left->cell.value[sizes[i]];
		int64_t r = right->cell.value[sizes[i]];

		if (l != r)
			return l < r ? 1 : -1;
	}
	return memcmp(&left->key, &right->key, sizeof(left->key));
}

static int by_labels(const void *a, const void *b)
{
	return strcmp(((const struct series *)a)->labels,
		      ((const struct series *)b)->labels);
}

static void merge(struct series *into, const struct cell *cell,
		  const struct hist *hist)
{
	cell_merge(&into->cell, cell);
	if (hist)
		hist_merge(&into->hist, hist);
	into->has_hist |= hist != NULL;
}

/* No two have the same labels, whatever names are cut or repeated. */
static size_t merge_same(struct series *series, size_t n)
{
	size_t kept = 0;

	qsort(series, n, sizeof(*series), by_labels);
	for (size_t i = 0; i < n; i++)
		if (kept && !by_labels(&series[kept - 1], &series[i]))
			merge(&series[kept - 1], &series[i].cell,
			      series[i].has_hist ? &series[i].hist : NULL);
		else if (kept++ != i)
			series[kept - 1] = series[i];
	return kept;
}

static const struct row others = {
	.key = { .pid = -1, .abi = -1 },
	.process = SNAPSHOT_OTHERS, .syscall = SNAPSHOT_OTHERS,
	.request = SNAPSHOT_OTHERS, .phase = SNAPSHOT_OTHERS,
};

/* A sum has one row more, for what it left out itself. */
#define MAX_ROWS (SNAPSHOT_MAX_SERIES + 1)

static int take_series(const struct metrics *metrics,
		       const struct snapshot *table, struct series **ret,
		       size_t *ret_n, size_t *beyond)
{
	const struct row **rows = calloc(table->n_rows + 1, sizeof(*rows));
	size_t n = table->n_rows < MAX_ROWS ? table->n_rows :
					      SNAPSHOT_MAX_SERIES;
	struct series *series = calloc(n + 1, sizeof(*series));

	if (!rows || !series) {
		free(rows);
		free(series);
		return -ENOMEM;
	}
	for (size_t i = 0; i < table->n_rows; i++)
		rows[i] = &table->rows[i];
	if (n < table->n_rows)
		qsort(rows, table->n_rows, sizeof(*rows), by_size);
	for (size_t i = 0; i < table->n_rows; i++) {
		struct series *one = &series[i < n ? i : n];

		if (i <= n)
			metrics->label(one->labels, i < n ? rows[i] : &others,
				       table->cfg.by);
		merge(one, &rows[i]->cell, rows[i]->hist);
	}
	*beyond += table->n_rows - n + table->beyond;
	*ret = series;
	*ret_n = merge_same(series, n + (n < table->n_rows));
	free(rows);
	return 0;
}

/* As rows' labels say: the measure of no cell is below 0 but for clocks that
 * are read one after the other, and a counter may not be. */
static void print_value(const struct exposition *e, enum measure m,
			const char *labels, int64_t value)
{
	value = value < 0 ? 0 : value;
	if (measure_table[m].unit == UNIT_NS)
		exposition_seconds(e, labels, value);
	else
		exposition_count(e, labels, value);
}

static void begin(struct exposition *e, const char *scope, enum measure m,
		  const char *help)
{
	static const char *const units[] = {
		[UNIT_NS] = "seconds", [UNIT_COUNT] = NULL,
		[UNIT_BYTES] = "bytes",
	};
	const struct measure_desc *desc = &measure_table[m];
	char name[sizeof(e->name)];

	snprintf(name, sizeof(name), "smbsysacct_%s_%s", scope, desc->metric);
	exposition_begin(e, desc->momentary ? FAMILY_GAUGE : FAMILY_COUNTER,
			 name, units[desc->unit], help ? help : desc->help);
}

void metrics_print_cell(struct exposition *e, const char *scope,
			const struct cell *cell)
{
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (cell_has(cell, m) && measure_table[m].metric) {
			begin(e, scope, m, NULL);
			print_value(e, m, "", cell->value[m]);
		}
}

static void print_measure(struct exposition *e, const struct metrics *metrics,
			  enum measure m, const struct series *series,
			  size_t n)
{
	const char *help = m == MEASURE_ERRORS ? metrics->errors : NULL;
	bool begun = false;

	for (size_t i = 0; i < n; i++) {
		if (!cell_has(&series[i].cell, m))
			continue;
		if (!begun)
			begin(e, metrics->scope, m, help);
		begun = true;
		print_value(e, m, series[i].labels, series[i].cell.value[m]);
	}
}

/*
 * Each fourth of the powers of two from a microsecond on, where buckets of
 * ours end as well: what is in them is counted, not estimated. The longest
 * time in a bucket is a nanosecond less than where the next one begins.
 */
#define FIRST_LOG2 10
#define LAST_LOG2 34

static void print_hist(const struct exposition *e,
		       const struct series *series)
{
	const struct cell *cell = &series->cell;
	uint64_t sum = 0;
	uint32_t next = 0;

	for (uint32_t log2 = FIRST_LOG2; log2 <= LAST_LOG2; log2 += 2) {
		uint64_t end = 1ull << log2;

		for (; bucket_from(next) < end; next++)
			sum += series->hist.count[next];
		exposition_bucket(e, series->labels, (int64_t)end - 1, sum);
	}
	sum = hist_total(&series->hist);
	exposition_bucket(e, series->labels, -1, sum);
	exposition_sum(e, series->labels, sum, cell_has(cell, MEASURE_ENDED) ?
		       cell->value[MEASURE_ENDED] : -1);
}

static void print_hists(struct exposition *e, const struct metrics *metrics,
			const struct series *series, size_t n)
{
	char name[sizeof(e->name)];
	bool begun = false;

	snprintf(name, sizeof(name), "smbsysacct_%s_duration_seconds",
		 metrics->scope);
	for (size_t i = 0; i < n; i++) {
		if (!series[i].has_hist)
			continue;
		if (!begun)
			exposition_begin(e, FAMILY_HISTOGRAM, name, "seconds",
					 metrics->duration);
		begun = true;
		print_hist(e, &series[i]);
	}
}

int metrics_print(struct exposition *e, const struct metrics *metrics,
		  const struct snapshot *table, size_t *beyond)
{
	struct series *series;
	size_t n;
	int err = take_series(metrics, table, &series, &n, beyond);

	if (err)
		return err;
	for (int m = 0; m < MEASURE_COUNT; m++)
		if (measure_table[m].metric)
			print_measure(e, metrics, m, series, n);
	if (metrics->duration)
		print_hists(e, metrics, series, n);
	free(series);
	return 0;
}
