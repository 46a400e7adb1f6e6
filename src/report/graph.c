/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flame graphs' reporters: where all of wall went, by the functions that
 * led there. Each row is a place in the tree: its process, the SMB2 command
 * that it was for, its stack and its call.
 */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/abi.h"
#include "report/flame.h"
#include "report/verdict.h"

#define MAX_FRAMES FLAME_DEPTH

/* Cuts @stack at its separators; frames point into it. */
static size_t cut(char *stack, const char **frames, size_t max)
{
	char *rest = stack, *frame;
	size_t n = 0;

	while (n < max && (frame = strsep(&rest, ";")))
		frames[n++] = frame;
	return n;
}

static int add_times(struct flame *flame, const struct row *row,
		     const char *const *frames, size_t n)
{
	const int64_t *value = row->cell.value;
	int64_t known = value[MEASURE_CPU] + value[MEASURE_RUNQ] +
			value[MEASURE_BLOCKED];
	/* What a collector cannot tell apart, it was not seen waiting for. */
	int64_t rest = value[MEASURE_WALL] - known;
	const char *reason = row->key.reason ? row->reason : NULL;
	int err = flame_add(flame, frames, n, FLAME_CPU, NULL,
			    value[MEASURE_CPU] + rest);

	if (!err)
		err = flame_add(flame, frames, n, FLAME_RUNQ, NULL,
				value[MEASURE_RUNQ]);
	if (!err)
		err = flame_add(flame, frames, n, FLAME_BLOCKED, reason,
				value[MEASURE_BLOCKED]);
	return err;
}

static int add_row(struct flame *flame, const struct row *row)
{
	const char *frames[MAX_FRAMES];
	char process[64], *stack = NULL;
	size_t n = 0;
	int err;

	if (row->process) {
		snprintf(process, sizeof(process), "%.40s", row->process);
		frames[n++] = process;
	}
	if (row->request)
		frames[n++] = row->request;
	if (row->stack) {
		stack = strdup(row->stack);
		if (!stack)
			return -ENOMEM;
		n += cut(stack, frames + n, MAX_FRAMES - n - 1);
	}
	if (row->syscall && row->key.abi != ABI_STATE)
		frames[n++] = row->syscall;
	err = add_times(flame, row, frames, n);
	free(stack);
	return err;
}

static struct flame *make_flame(const struct snapshot *snap)
{
	struct flame *flame = flame_new();
	int err = flame ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < snap->n_rows; i++)
		err = add_row(flame, &snap->rows[i]);
	if (err) {
		flame_free(flame);
		return NULL;
	}
	return flame;
}

static int print_folded(FILE *out, const struct snapshot *snap,
			const struct report_cfg *cfg, struct why *why)
{
	struct flame *flame = make_flame(snap);
	int err = flame ? flame_folded(flame, out) : -ENOMEM;

	(void)cfg;
	flame_free(flame);
	return err ? why_set(why, ENOMEM, "out of memory for the stacks") : 0;
}

/* The answer in a line, and how it was found. */
static char *subtitle_of(const struct snapshot *snap)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	verdict_print(out, snap);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int print_graph(FILE *out, const struct snapshot *snap,
		       const struct report_cfg *cfg, struct why *why,
		       int (*print)(const struct flame *flame, FILE *to,
				    const struct flame_cfg *how))
{
	struct flame *flame = make_flame(snap);
	char *subtitle = subtitle_of(snap), title[256];
	struct flame_cfg how = { .title = title, .subtitle = subtitle };
	int err = flame && subtitle ? 0 : -ENOMEM;

	snprintf(title, sizeof(title), "Where the time went%s%s",
		 cfg->command ? ": " : "", cfg->command ? cfg->command : "");
	if (!err)
		err = print(flame, out, &how);
	flame_free(flame);
	free(subtitle);
	return err ? why_set(why, ENOMEM, "out of memory for the graph") : 0;
}

static int print_svg(FILE *out, const struct snapshot *snap,
		     const struct report_cfg *cfg, struct why *why)
{
	return print_graph(out, snap, cfg, why, flame_svg);
}

static int print_html(FILE *out, const struct snapshot *snap,
		      const struct report_cfg *cfg, struct why *why)
{
	return print_graph(out, snap, cfg, why, flame_html);
}

const struct reporter report_folded = {
	.name = "folded", .of_stacks = true, .print = print_folded,
};

const struct reporter report_svg = {
	.name = "svg", .of_stacks = true, .whole = true, .print = print_svg,
};

const struct reporter report_html = {
	.name = "html", .of_stacks = true, .whole = true,
	.print = print_html,
};
