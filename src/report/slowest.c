/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/slowest.h"

#include <string.h>

#include "base/text.h"
#include "report/grid.h"
#include "report/value.h"

char *slowest_call(char *buf, size_t size, const struct row *row)
{
	if (row->slow->has_args)
		return arguments_text(buf, size, row->key.abi, row->syscall,
				      row->slow->args);
	snprintf(buf, size, "%s(?)", row->syscall);
	return buf;
}

int64_t slowest_since_ns(const struct snapshot *snap, const struct slow *slow)
{
	return slow->began_ns - (snap->cfg.end_mono_ns -
				 snap->cfg.interval_ns);
}

/* Single calls are short beside what reports are of. */
static void put_ms(struct grid *grid, int64_t ns)
{
	grid_printf(grid, "%.3f", (double)ns / 1e6);
}

static void put_s(struct grid *grid, int64_t ns)
{
	char text[VALUE_MAX];

	grid_put(grid, value_seconds(text, sizeof(text), false, ns, ""));
}

static void head_times(struct grid *grid)
{
	static const char *const titles[] = { "wall ms", "cpu ms",
					      "blocked ms", "runq ms" };

	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		grid_head(grid, titles[i], false);
}

static void put_times(struct grid *grid, const struct row *row)
{
	static const enum measure measures[] = { MEASURE_WALL, MEASURE_CPU,
		MEASURE_BLOCKED, MEASURE_RUNQ };

	for (size_t i = 0; i < sizeof(measures) / sizeof(*measures); i++)
		put_ms(grid, row->cell.value[measures[i]]);
}

/* What is known of it beside, in one field. */
static void add(char *text, size_t size, const char *what, const char *value)
{
	size_t used = strlen(text);
	char safe[VALUE_MAX];

	if (value)
		snprintf(text + used, size - used, "%s%s%s", used ? ", " : "",
			 what, text_untrusted(safe, sizeof(safe), value));
}

static void put_call(struct grid *grid, const struct row *row)
{
	char call[SLOWEST_CALL_MAX], result[64], beside[512] = "";

	add(beside, sizeof(beside), "", row->file);
	add(beside, sizeof(beside), "peer ", row->peer);
	add(beside, sizeof(beside), "for ", row->request);
	add(beside, sizeof(beside), "from ", row->caller);
	add(beside, sizeof(beside), "from ", row->stack);
	add(beside, sizeof(beside), "waited for ", row->reason);
	add(beside, sizeof(beside), "woken by ", row->waker);
	grid_printf(grid, "%s = %s%s%s%s%s",
		    slowest_call(call, sizeof(call), row),
		    arguments_result(result, sizeof(result), row->syscall,
				     row->slow->ret),
		    row->slow->partial ? " (begun before the attachment)" :
		    "", *beside ? " (" : "", beside, *beside ? ")" : "");
}

static int print_calls(FILE *out, const struct snapshot *snap)
{
	const struct snapshot *part = snap->slow_calls;
	struct grid grid;

	fprintf(out, "\nslowest calls%s:\n", snap->cfg.left_out ? ", but for "
		"waits for events, timers, children and connections, which "
		"-e trace= asks for" : " of those that -e asks for");
	if (!part->n_rows) {
		fputs("(none has ended)\n", out);
		return 0;
	}
	grid_init(&grid, 8);
	head_times(&grid);
	grid_head(&grid, "at s", false);
	grid_head(&grid, "tid", false);
	grid_head(&grid, "thread", true);
	grid_head(&grid, "call", true);
	for (size_t i = 0; i < part->n_rows; i++) {
		const struct row *row = &part->rows[i];

		put_times(&grid, row);
		put_s(&grid, slowest_since_ns(snap, row->slow));
		grid_printf(&grid, "%d", row->key.tid);
		grid_put_untrusted(&grid, row->thread);
		put_call(&grid, row);
	}
	return grid_print(&grid, out);
}

static void put_text(struct grid *grid, const char *text)
{
	if (text)
		grid_put_untrusted(grid, text);
	else
		grid_put(grid, "-");
}

static int print_requests(FILE *out, const struct snapshot *snap)
{
	const struct snapshot *part = snap->slow_requests;
	struct grid grid;

	fputs("\nslowest SMB2 requests:\n", out);
	if (!part->n_rows) {
		fputs("(none was answered)\n", out);
		return 0;
	}
	grid_init(&grid, 12);
	head_times(&grid);
	grid_head(&grid, "async ms", false);
	grid_head(&grid, "at s", false);
	grid_head(&grid, "pid", false);
	grid_head(&grid, "request", true);
	grid_head(&grid, "status", true);
	grid_head(&grid, "client", true);
	grid_head(&grid, "user", true);
	grid_head(&grid, "share", true);
	for (size_t i = 0; i < part->n_rows; i++) {
		const struct row *row = &part->rows[i];

		put_times(&grid, row);
		put_ms(&grid, row->cell.value[MEASURE_ASYNC]);
		put_s(&grid, slowest_since_ns(snap, row->slow));
		grid_printf(&grid, "%d", row->key.pid);
		put_text(&grid, row->request);
		put_text(&grid, row->status);
		put_text(&grid, row->client);
		put_text(&grid, row->user);
		put_text(&grid, row->share);
	}
	return grid_print(&grid, out);
}

int slowest_print(FILE *out, const struct snapshot *snap)
{
	int err = snap->slow_calls ? print_calls(out, snap) : 0;

	if (!err && snap->slow_requests)
		err = print_requests(out, snap);
	return err;
}
