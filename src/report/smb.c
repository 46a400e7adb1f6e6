/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/smb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/abi.h"
#include "model/smb2.h"
#include "report/grid.h"
#include "report/latency.h"
#include "report/rows.h"

#define MAX_BILL 40		/* rows, unless --rows says otherwise */
#define MAX_WHO 20
#define MAX_LINES 3		/* of clients that get words of their own */
#define LEAST_SHARE 5.0		/* of all requests' time, for that */

static const struct row *phase_row(const struct snapshot *snap, int phase)
{
	const struct snapshot *part = snap->parts[PART_PHASES];

	for (size_t i = 0; i < part->n_rows; i++)
		if (part->rows[i].key.nr == phase)
			return &part->rows[i];
	return NULL;
}

static int64_t phase_value(const struct snapshot *snap, int phase,
			   enum measure m)
{
	const struct row *row = phase_row(snap, phase);

	return row ? row->cell.value[m] : 0;
}

/* Of the main threads that serve somebody. */
static int64_t loop_value(const struct snapshot *snap, enum measure m)
{
	int64_t sum = 0;

	for (int phase = 0; phase < PHASE_LOOP_COUNT; phase++)
		sum += phase_value(snap, phase, m);
	return sum;
}

static double share(int64_t part, int64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

/* --- in words ------------------------------------------------------------------ */

/* The call that took the most time of a request's. */
static const struct row *dearest_call(const struct snapshot *snap,
				      int32_t request)
{
	const struct snapshot *bill = snap->parts[PART_BILL];
	const struct row *ret = NULL;

	for (size_t i = 0; i < bill->n_rows; i++) {
		const struct row *row = &bill->rows[i];

		if (row->key.request == request &&
		    (!ret || row->cell.value[MEASURE_WALL] >
			     ret->cell.value[MEASURE_WALL]))
			ret = row;
	}
	return ret;
}

static int64_t run_ns(const struct row *row)
{
	return row->cell.value[MEASURE_WALL] -
	       row->cell.value[MEASURE_ASYNC];
}

/* By what it kept its process busy, or waiting. */
static const struct row *dearest_request(const struct snapshot *snap)
{
	const struct snapshot *part = snap->parts[PART_REQUESTS];
	const struct row *ret = NULL;

	for (size_t i = 0; i < part->n_rows; i++)
		if (!ret || run_ns(&part->rows[i]) > run_ns(ret))
			ret = &part->rows[i];
	return ret && run_ns(ret) > 0 ? ret : NULL;
}

static void print_dearest(FILE *out, const struct snapshot *snap)
{
	const struct row *request = dearest_request(snap), *call;
	int64_t running = phase_value(snap, PHASE_RUNNING, MEASURE_WALL);
	int64_t requests;

	if (!request)
		return;
	requests = request->cell.value[MEASURE_REQUESTS];
	fprintf(out, "; dearest request %s (%.0f%% of running, %.0f us each)",
		request->request, share(run_ns(request), running),
		requests ? (double)run_ns(request) / 1000 /
			   (double)requests : 0);
	call = dearest_call(snap, request->key.request);
	if (!call || call->key.abi < ABI_NATIVE)
		return;
	fprintf(out, ", its dearest call %s", call->syscall);
	if (requests)
		fprintf(out, " (%.1f times, %.0f us a request)",
			(double)call->cell.value[MEASURE_CALLS] /
			(double)requests,
			(double)call->cell.value[MEASURE_WALL] / 1000 /
			(double)requests);
}

static void print_summary(FILE *out, const struct snapshot *snap)
{
	int64_t wall = loop_value(snap, MEASURE_WALL);
	int64_t requests = snap->parts[PART_REQUESTS]->total.cell.value
			   [MEASURE_REQUESTS];

	if (!wall) {
		fputs("smbd served nobody\n", out);
		return;
	}
	fprintf(out, "smbd: %lld requests; %.0f%% waiting for events, %.0f%% "
		"running requests, %.0f%% receiving, parsing and sending",
		(long long)requests,
		share(phase_value(snap, PHASE_WAITING, MEASURE_WALL), wall),
		share(phase_value(snap, PHASE_RUNNING, MEASURE_WALL), wall),
		share(phase_value(snap, PHASE_RECEIVING, MEASURE_WALL) +
		      phase_value(snap, PHASE_PARSING, MEASURE_WALL) +
		      phase_value(snap, PHASE_SENDING, MEASURE_WALL), wall));
	if (phase_value(snap, PHASE_CTDB, MEASURE_TIMES))
		fprintf(out, ", %.0f%% waiting for ctdb",
			share(phase_value(snap, PHASE_CTDB, MEASURE_WALL),
			      wall));
	print_dearest(out, snap);
	putc('\n', out);
}

/* What a client's requests waited for: their whole time is one of these. */
static void print_client(FILE *out, const struct row *row)
{
	const int64_t *value = row->cell.value;
	int64_t wall = value[MEASURE_WALL];
	char client[64], user[64], where[64];

	fprintf(out, "client %s, user %s, share %s (smbd %d): %lld requests "
		"took %.3f s: %.0f%% on a CPU, %.0f%% blocked, %.0f%% waiting "
		"for a CPU, %.0f%% for helper threads, other clients or "
		"events\n",
		row->client ? text_untrusted(client, sizeof(client),
					     row->client) : "-",
		row->user ? text_untrusted(user, sizeof(user), row->user) :
			    "-",
		row->share ? text_untrusted(where, sizeof(where),
					    row->share) : "-",
		row->key.pid, (long long)value[MEASURE_REQUESTS],
		(double)wall / NS_PER_SEC, share(value[MEASURE_CPU], wall),
		share(value[MEASURE_BLOCKED], wall),
		share(value[MEASURE_RUNQ], wall),
		share(value[MEASURE_ASYNC], wall));
}

static int print_words(FILE *out, const struct snapshot *snap)
{
	const struct snapshot *who = snap->parts[PART_WHO];
	int *order = column_order(who, column_find("wall", 4));

	if (!order)
		return -ENOMEM;
	print_summary(out, snap);
	for (size_t i = 0; i < who->n_rows && i < MAX_LINES; i++)
		if (share(who->rows[order[i]].cell.value[MEASURE_WALL],
			  who->total.cell.value[MEASURE_WALL]) >= LEAST_SHARE)
			print_client(out, &who->rows[order[i]]);
	free(order);
	return 0;
}

/* --- phases --------------------------------------------------------------------- */

static void put_ms(struct grid *grid, int64_t ns)
{
	grid_printf(grid, "%.1f", (double)ns / NS_PER_MS);
}

static void put_line(struct grid *grid, const char *title,
		     const int64_t *value, int64_t whole, const char *counts)
{
	put_ms(grid, value[MEASURE_WALL]);
	grid_printf(grid, "%.1f", share(value[MEASURE_WALL], whole));
	put_ms(grid, value[MEASURE_CPU]);
	put_ms(grid, value[MEASURE_BLOCKED]);
	put_ms(grid, value[MEASURE_RUNQ]);
	grid_printf(grid, "%lld", (long long)value[MEASURE_CALLS]);
	put_ms(grid, value[MEASURE_ENDED]);
	if (counts)
		grid_printf(grid, "%lld %s",
			    (long long)value[MEASURE_TIMES], counts);
	else
		grid_put(grid, "");
	grid_put(grid, title);
}

static const char *counts_of(int phase)
{
	static const char *const counts[PHASE_COUNT] = {
		[PHASE_WAITING] = "events", [PHASE_RUNNING] = "requests",
		[PHASE_CTDB] = "requests", [PHASE_READ_IO] = "calls",
		[PHASE_WRITE_IO] = "calls", [PHASE_FLUSH_IO] = "calls",
	};

	return counts[phase];
}

static void put_phase(struct grid *grid, const struct snapshot *snap,
		      int phase, int64_t whole)
{
	static const int64_t nothing[MEASURE_COUNT];
	const struct row *row = phase_row(snap, phase);
	char title[64];

	snprintf(title, sizeof(title), "%s%s", phase < PHASE_LOOP_COUNT ?
		 "time " : "", smb2_phase(phase));
	put_line(grid, title, row ? row->cell.value : nothing, whole,
		 counts_of(phase));
}

static void head(struct grid *grid)
{
	static const char *const titles[] = {
		"ms", "%", "cpu", "blocked", "runq", "calls", "in calls",
		"number",
	};

	grid_init(grid, 9);
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		grid_head(grid, titles[i], false);
	grid_head(grid, "of smbd's main threads", true);
}

static int print_phases(FILE *out, const struct snapshot *snap)
{
	int64_t sums[MEASURE_COUNT], whole = loop_value(snap, MEASURE_WALL);
	struct grid grid;

	head(&grid);
	for (int phase = 0; phase < PHASE_LOOP_COUNT; phase++)
		put_phase(&grid, snap, phase, whole);
	grid_rule(&grid);
	for (int m = 0; m < MEASURE_COUNT; m++)
		sums[m] = loop_value(snap, m);
	put_line(&grid, "ran for", sums, whole, NULL);
	return grid_print(&grid, out);
}

/* What helper threads did for requests, and what these waited beside it. */
static void print_io(FILE *out, const struct snapshot *snap)
{
	static const struct {
		int phase, command;
		const char *name;
	} kinds[] = {
		{ PHASE_READ_IO, SMB2_READ, "read" },
		{ PHASE_WRITE_IO, SMB2_WRITE, "write" },
		{ PHASE_FLUSH_IO, SMB2_FLUSH, "flush" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct row *row = phase_row(snap, kinds[i].phase);
		const struct row *request = NULL;
		const struct snapshot *part = snap->parts[PART_REQUESTS];
		int64_t rest;

		for (size_t n = 0; n < part->n_rows; n++)
			if (part->rows[n].key.request ==
			    kinds[i].command + 1)
				request = &part->rows[n];
		if (!row)
			continue;
		fprintf(out, "%s disk I/O by helper threads: %lld calls, "
			"%.1f ms (%.1f on a CPU, %.1f blocked, %.1f waiting "
			"for a CPU)", kinds[i].name,
			(long long)row->cell.value[MEASURE_TIMES],
			(double)row->cell.value[MEASURE_WALL] / NS_PER_MS,
			(double)row->cell.value[MEASURE_CPU] / NS_PER_MS,
			(double)row->cell.value[MEASURE_BLOCKED] / NS_PER_MS,
			(double)row->cell.value[MEASURE_RUNQ] / NS_PER_MS);
		rest = request ? request->cell.value[MEASURE_ASYNC] -
				 row->cell.value[MEASURE_WALL] : 0;
		if (rest > 0)
			fprintf(out, "; %.1f ms queued, and on the way there "
				"and back", (double)rest / NS_PER_MS);
		putc('\n', out);
	}
}

/* --- tables ----------------------------------------------------------------------- */

static bool is_for_request(const struct row *row)
{
	return row->key.request > 0;
}

static int print_part(FILE *out, const struct snapshot *snap,
		      enum smb_part part, const char *columns,
		      size_t max_rows)
{
	const struct snapshot *rows = snap->parts[part];
	struct column_list list;

	if (!rows->n_rows)
		return 0;
	putc('\n', out);
	column_parse(columns, &list, NULL);
	return rows_print(out, rows, &list, column_find("wall", 4), max_rows,
			  part == PART_BILL ? is_for_request : NULL);
}

/* What no request has made, so that the bill is seen to be whole. */
static void print_unbilled(FILE *out, const struct snapshot *snap)
{
	static const struct {
		int32_t request;
		const char *words;
	} others[] = {
		{ REQUEST_NONE, "in the event loop" },
		{ REQUEST_HELPERS, "by helper threads between jobs" },
		{ REQUEST_OTHERS, "by smbds that serve nobody" },
	};
	const struct snapshot *bill = snap->parts[PART_BILL];
	int64_t calls[4] = { 0 };

	for (size_t i = 0; i < bill->n_rows; i++) {
		const struct row *row = &bill->rows[i];
		int64_t n = row->cell.value[MEASURE_CALLS];

		calls[3] += row->key.request > 0 ? n : 0;
		for (int o = 0; o < 3; o++)
			if (row->key.request == others[o].request)
				calls[o] += n;
	}
	fprintf(out, "%lld calls for requests", (long long)calls[3]);
	for (int o = 0; o < 3; o++)
		fprintf(out, ", %lld %s", (long long)calls[o],
			others[o].words);
	putc('\n', out);
}

/* Disk I/O of the command that it is for. */
static bool is_io(const struct row *row)
{
	int io;

	return row->key.request > 0 && row->key.abi >= ABI_NATIVE &&
	       smb2_helps(row->syscall, &io) + 1 == row->key.request;
}

static int print_latency(FILE *out, const struct snapshot *part,
			 bool (*wants)(const struct row *row))
{
	int *order = column_order(part, column_find("wall", 4));
	size_t n = 0;

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < part->n_rows; i++)
		if (!wants || wants(&part->rows[order[i]]))
			order[n++] = order[i];
	latency_print(out, part, order, n);
	free(order);
	return 0;
}

static int print_histograms(FILE *out, const struct snapshot *snap)
{
	int err = print_latency(out, snap->parts[PART_REQUESTS], NULL);

	return err ? err : print_latency(out, snap->parts[PART_BILL], is_io);
}

int smb_print(FILE *out, const struct snapshot *snap,
	      const struct report_cfg *cfg)
{
	size_t max = cfg->max_rows;
	int err = print_words(out, snap);

	putc('\n', out);
	if (!err)
		err = print_phases(out, snap);
	if (!err)
		print_io(out, snap);
	if (!err)
		err = print_part(out, snap, PART_REQUESTS,
				 "requests,errors,wall,average,min,max,p50,"
				 "p90,p99,p999,cpu,blocked,runq,async,"
				 "in-flight,request", max);
	if (!err)
		err = print_part(out, snap, PART_BILL,
				 "requests,calls-per-request,wall-per-request,"
				 "cpu-per-request,blocked-per-request,calls,"
				 "errors,wall,request,syscall",
				 max ? max : MAX_BILL);
	if (!err)
		print_unbilled(out, snap);
	if (!err)
		err = print_part(out, snap, PART_WHO,
				 "requests,errors,wall,average,cpu,blocked,"
				 "runq,async,pid,client,username,share",
				 max ? max : MAX_WHO);
	if (!err && cfg->histograms)
		err = print_histograms(out, snap);
	return err;
}
