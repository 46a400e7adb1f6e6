/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/latency.h"

#include "base/text.h"

#define BAR_WIDTH 40
#define OCTAVES (1 + (BUCKETS - 1) / 4)

/* What is shorter than the first octave, then the octaves. */
static void fold(const struct hist *hist, uint64_t *counts)
{
	for (int i = 0; i < OCTAVES; i++)
		counts[i] = 0;
	for (uint32_t i = 0; i < BUCKETS; i++)
		counts[i ? 1 + (i - 1) / 4 : 0] += hist->count[i];
}

static void print_time(FILE *out, const char *fmt, uint64_t ns)
{
	static const struct {
		uint64_t below_ns;
		double unit;
		const char *name;
	} units[] = {
		{ 1000, 1, "ns" }, { 1000000, 1e3, "us" },
		{ 1000000000, 1e6, "ms" }, { UINT64_MAX, 1e9, "s" },
	};
	char text[32];
	int i = 0;

	/* What would round up to the next one is in it. */
	while (ns >= units[i].below_ns - units[i].below_ns / 2000)
		i++;
	snprintf(text, sizeof(text), "%.3g %s", (double)ns / units[i].unit,
		 units[i].name);
	fprintf(out, fmt, text);
}

static void print_lines(FILE *out, const struct hist *hist)
{
	static const char bar[] = "****************************************";
	uint64_t counts[OCTAVES], most = 0;
	int first = OCTAVES, last = 0;

	fold(hist, counts);
	for (int i = 0; i < OCTAVES; i++) {
		if (!counts[i])
			continue;
		first = i < first ? i : first;
		last = i;
		most = counts[i] > most ? counts[i] : most;
	}
	for (int i = first; i <= last; i++) {
		int width = (int)((double)counts[i] / (double)most *
				  BAR_WIDTH + 0.5);

		print_time(out, "%10s .. ", i ? bucket_from(
				(uint32_t)(4 * i - 3)) : 0);
		if (i == OCTAVES - 1)
			fprintf(out, "%-9s", "");
		else
			print_time(out, "%-9s", bucket_from(
					(uint32_t)(4 * i + 1)));
		fprintf(out, " %10llu |%-*.*s|\n",
			(unsigned long long)counts[i], BAR_WIDTH, width, bar);
	}
}

static void print_head(FILE *out, const struct row *row)
{
	static const struct {
		const char *name;
		double share;
	} shares[] = {
		{ "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 },
		{ "p99.9", 0.999 },
	};
	char safe[256];

	if (row->process)
		fprintf(out, "%s %d ", text_untrusted(safe, sizeof(safe),
						      row->process),
			row->key.tid > 0 ? row->key.tid : row->key.pid);
	if (row->request)
		fprintf(out, "%s%s%s%s", row->request,
			row->status ? " " : "",
			row->status ? row->status : "",
			row->syscall ? " " : "");
	fprintf(out, "%s%s%s: %llu %s",
		row->syscall ? text_untrusted(safe, sizeof(safe),
					      row->syscall) :
		row->request ? "" : "all calls",
		row->error && *row->error ? " " : "",
		row->error ? row->error : "",
		(unsigned long long)hist_total(row->hist),
		row->request && !row->syscall ? "requests" : "calls");
	for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++) {
		fprintf(out, ", %s ", shares[i].name);
		print_time(out, "~%s", (uint64_t)row_percentile(
				row, shares[i].share));
	}
	putc('\n', out);
}

void latency_print(FILE *out, const struct snapshot *snap, const int *order,
		   size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *row = &snap->rows[order[i]];

		if (!row->hist || !hist_total(row->hist))
			continue;
		putc('\n', out);
		print_head(out, row);
		print_lines(out, row->hist);
	}
}
