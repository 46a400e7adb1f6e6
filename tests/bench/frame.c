// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * frame [ROWS [FRAMES]]: how long the dashboard takes for a frame of 160x50
 * with so many rows of threads, all of whose values change each time: to
 * arrange the rows, to draw them on the canvas, and to send what has changed to
 * a terminal, one whose other side reads all at once. Prints each in
 * microseconds, as JSON: the median and the longest of 100.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/abi.h"
#include "tui/dash.h"
#include "tui/term.h"

enum { LINES = 50, COLUMNS = 160, PARTS = 4 };

static const char *const part_names[PARTS] = { "arrange", "draw", "terminal",
					       "frame" };

static void fill_row(struct row *row, int i)
{
	memset(&row->cell, 0, sizeof(row->cell));
	row->key = (struct key){ .process_start = 1, .thread_start = 2,
				 .pid = 1000 + i / 50, .tid = 1000 + i };
	row->process = "some-process";
	row->thread = "some-thread";
	row->syscall = "";
	for (int m = 0; m < MEASURE_COUNT; m++)
		cell_add(&row->cell, (enum measure)m, random() % 1000000000);
}

static void fill(struct snapshot *snap)
{
	memset(&snap->total.cell, 0, sizeof(snap->total.cell));
	for (size_t i = 0; i < snap->n_rows; i++) {
		fill_row(&snap->rows[i], (int)i);
		cell_merge(&snap->total.cell, &snap->rows[i].cell);
	}
	snap->all.cell = snap->total.cell;
}

/* A session has a terminal of its own, and a new one takes a new process. */
static void leave_session(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		setsid();
		return;
	}
	exit(pid > 0 && waitpid(pid, &status, 0) == pid &&
	     WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* A terminal of that size as our standard input and output, with a reader. */
static int take_terminal(void)
{
	struct winsize size = { .ws_row = LINES, .ws_col = COLUMNS };
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	char buf[1 << 16];

	if (master < 0 || grantpt(master) || unlockpt(master))
		return -1;
	slave = open(ptsname(master), O_RDWR);
	if (slave < 0 || ioctl(slave, TIOCSWINSZ, &size))
		return -1;
	if (!fork()) {
		close(slave);
		while (read(master, buf, sizeof(buf)) > 0)
			;
		_exit(0);
	}
	close(master);
	dup2(slave, STDIN_FILENO);
	dup2(slave, STDOUT_FILENO);
	return slave > STDERR_FILENO ? close(slave) : 0;
}

static void measure(struct dash *dash, struct terminal *term,
		    struct snapshot *snap, int64_t *ns)
{
	struct dash_frame frame = { .head = snap, .rows = snap, .fresh = true };
	struct canvas canvas;
	int64_t at[PARTS];

	fill(snap);
	at[0] = clock_mono_ns();
	dash_show(dash, &frame);
	at[1] = clock_mono_ns();
	canvas_init(&canvas, LINES, COLUMNS, true);
	dash_draw(dash, &canvas);
	at[2] = clock_mono_ns();
	term_show(term, &canvas);
	canvas_done(&canvas);
	at[3] = clock_mono_ns();
	for (int i = 0; i < PARTS - 1; i++)
		ns[i] = at[i + 1] - at[i];
	ns[PARTS - 1] = at[3] - at[0];
}

static int by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print(FILE *out, int64_t (*ns)[PARTS], size_t n)
{
	int64_t *one = calloc(n, sizeof(*one));

	for (int part = 0; one && part < PARTS; part++) {
		for (size_t i = 0; i < n; i++)
			one[i] = ns[i][part];
		qsort(one, n, sizeof(*one), by_size);
		fprintf(out, "%s\"%s\": [%.1f, %.1f]", part ? ", " : "{",
			part_names[part], (double)one[n / 2] / 1000,
			(double)one[n - 1 - n / 100] / 1000);
	}
	fputs("}\n", out);
	free(one);
}

int main(int argc, char **argv)
{
	size_t n_rows = argc > 1 ? (size_t)atol(argv[1]) : 2000;
	size_t n_frames = argc > 2 ? (size_t)atol(argv[2]) : 200;
	unsigned by = 1u << DIM_PROCESS | 1u << DIM_THREAD;
	struct dash_cfg cfg = { .collector = "none", .target = "a bench",
				.args = "a bench",
				.exact = true,
				.histograms = true, .errors = true, .by = by };
	struct snapshot snap = { .cfg = { .collector = "none",
					  .measures = ~0u, .by = by,
					  .interval_ns = NS_PER_SEC,
					  .call_cost_ns = 100 },
				 .n_rows = n_rows };
	int64_t (*ns)[PARTS] = calloc(n_frames + 1, sizeof(*ns));
	int out = dup(STDOUT_FILENO);
	struct terminal *term = NULL;
	struct dash *dash = NULL;
	struct why why = { .err = 0 };

	leave_session();
	snap.rows = calloc(n_rows + 1, sizeof(*snap.rows));
	setenv("TERM", "xterm-256color", 1);
	if (!ns || !snap.rows || !n_frames || take_terminal() ||
	    dash_new(&dash, &cfg, &why) || term_open(&term, true, &why)) {
		fprintf(stderr, "no terminal to draw on: %s\n", why.text);
		return 1;
	}
	for (size_t i = 0; i < n_frames; i++)
		measure(dash, term, &snap, ns[i]);
	term_close(term);
	dash_free(dash);
	dup2(out, STDOUT_FILENO);
	print(fdopen(out, "w"), ns, n_frames);
	free(snap.rows);
	free(ns);
	return 0;
}
