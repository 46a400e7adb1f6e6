/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "contrast.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/outfile.h"
#include "base/scratch.h"
#include "collect/registry.h"
#include "compare/contest.h"
#include "contrast_print.h"
#include "forecast.h"
#include "session.h"
#include "signals.h"

#define DEFAULT_ROUNDS 5
/* So often at most is a command run that does nothing. */
#define STARTS 3
/* Of a table of counts, and of what a program says, no more is read. */
#define MAX_TEXT (1 << 20)

/* Files of the scratch folder. */
enum { COUNTS, SAID, N_FILES };

struct contrast {
	const struct options *options;
	struct signals signals;
	struct run_with with;
	struct contest contest;
	struct outfile *out;
	char *path;		/* of the command */
	char *nothing;		/* of a command that does nothing, or NULL */
	char **programs;	/* the ways', by their index */
	struct scratch scratch;
	size_t shown;		/* characters of a line that is rewritten */
	int status;
};

/* --- messages ---------------------------------------------------------- */

/* A line of its own, or where a terminal is, one that the next one replaces. */
static void say(struct contrast *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct contrast *c, const char *fmt, ...)
{
	bool rewrite = isatty(STDERR_FILENO);
	char text[256];
	va_list ap;
	int n;

	if (c->options->quiet)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* Blanks for what was longer before. */
	fprintf(stderr, "%ssmbsysacct: %-*s%s", rewrite ? "\r" : "",
		rewrite ? (int)c->shown : 0, text, rewrite ? "" : "\n");
	c->shown = n > 0 ? (size_t)n : 0;
}

/* What is to stay. */
static void end_line(struct contrast *c)
{
	if (c->shown && isatty(STDERR_FILENO))
		putc('\n', stderr);
	c->shown = 0;
}

/* --- one run ----------------------------------------------------------- */

static const char *path_of(const struct contrast *c, size_t way,
			   const char *command)
{
	if (c->programs[way])
		return c->programs[way];
	/* Ourselves, even where somebody has installed another one. */
	return way_table[way].collector ? "/proc/self/exe" : command;
}

/* -EINTR where the end is wanted. */
static int run_way(struct contrast *c, size_t way, const char *path,
		   char **command, int said, struct run_result *result,
		   struct why *why)
{
	char **argv = ways_argv(&way_table[way], c->scratch.file[COUNTS],
				path, command);
	int err;

	if (!argv)
		return why_set(why, ENOMEM, "out of memory");
	unlink(c->scratch.file[COUNTS]);
	err = run_once(&c->with, path_of(c, way, path), argv, said, result,
		       why);
	ways_free(argv);
	if (err == -EINTR)
		c->status = result->status;
	return err;
}

/* What the way has written. */
static int read_counts(struct contrast *c, size_t way, struct counts *counts,
		       struct why *why)
{
	char *text = scratch_read(c->scratch.file[COUNTS], MAX_TEXT);
	int err = text ? counts_parse(counts, way_table[way].format, text) :
			 -ENOMEM;

	free(text);
	return err ? why_set(why, ENOMEM, "out of memory") : 0;
}

/* --- which ways there are ---------------------------------------------- */

static bool is_there(struct contrast *c, size_t i)
{
	const struct way *way = &way_table[i];
	const struct collector_ops *ops = way->collector ?
					  registry_find(way->collector) : NULL;
	struct contest_way *to = &c->contest.ways[i];
	struct why why = { 0 };

	if (way->collector && (!ops || ops->missing))
		why_set(&why, ENOTSUP, "%s", ops ? ops->missing :
			"no such collector");
	else
		ways_find(&c->programs[i], way, c->options->command, &why);
	to->there = !why.err;
	snprintf(to->reason, sizeof(to->reason), "%s", why.text);
	return to->there;
}

/* The line that says most: the last one with an error in it, as some draw
 * arrows below it; else the last one. */
static char *line_of_error(char *text)
{
	char *found = text, *line;
	bool error = false;

	while ((line = strsep(&text, "\n"))) {
		bool has = strcasestr(line, "error");

		if (has || (*line && !error))
			found = line;
		error |= has;
	}
	return found;
}

/* Why it does not run, without our own name in front, and what is only of use
 * to who names a collector. */
static void take_reason(struct contrast *c, struct contest_way *way,
			const char *otherwise)
{
	static const char own[] = "smbsysacct: ";
	char *text = scratch_read(c->scratch.file[SAID], MAX_TEXT);
	char *line, *advice;

	way->there = false;
	if (!text)
		return;
	line = line_of_error(text);
	if (!strncmp(line, own, strlen(own)))
		line += strlen(own);
	advice = strstr(line, "; without --collector");
	if (advice)
		*advice = '\0';
	snprintf(way->reason, sizeof(way->reason), "%.500s",
		 *line ? line : otherwise);
	free(text);
}

/* By a command that does nothing: whether it works, and what it takes. */
static int try_way(struct contrast *c, size_t i, struct why *why)
{
	char name[] = "true", *command[] = { name, NULL };
	_cleanup_(close_fd) int said = open(c->scratch.file[SAID],
					    O_WRONLY | O_CREAT | O_TRUNC |
					    O_CLOEXEC, 0600);
	struct contest_way *way = &c->contest.ways[i];
	enum ways_scope scope = way_table[i].scope;
	struct counts counts = { .list = NULL };
	struct run_result result;
	int err = run_way(c, i, c->nothing, command, said, &result, why);

	if (err == -EINTR)
		return err;
	/* Once it has worked, it is not that it cannot. */
	if ((err || result.status) && way->n_starts)
		return 0;
	if (err || result.status) {
		take_reason(c, way, err ? why->text : "it fails to run true");
		return 0;
	}
	err = read_counts(c, i, &counts, why);
	/* Of a command that waits for nothing, some calls may be none. */
	if (!err && !counts.total && scope != SCOPE_NONE &&
	    scope != SCOPE_SOME && !way->n_starts)
		take_reason(c, way, "it counts nothing here");
	else if (!err)
		contest_add_start(&c->contest, i, result.wall_ns);
	counts_done(&counts);
	return err;
}

static int try_ways(struct contrast *c, struct why *why)
{
	size_t rounds = c->contest.rounds < STARTS ? c->contest.rounds : STARTS;
	int err = 0;

	for (size_t i = 0; i < way_count; i++)
		is_there(c, i);
	if (launch_find(&c->nothing, "true", NULL))
		return 0;
	for (size_t k = 0; k < rounds; k++)
		for (size_t i = 0; !err && i < way_count; i++) {
			if (!c->contest.ways[i].there)
				continue;
			if (!k && isatty(STDERR_FILENO))
				say(c, "trying %s", way_table[i].name);
			err = try_way(c, i, why);
		}
	if (!c->contest.ways[0].there)
		return why_set(why, EIO, "cannot run %s: %s", c->nothing,
			       c->contest.ways[0].reason);
	return err;
}

/* --- rounds ------------------------------------------------------------ */

static void say_round(struct contrast *c, size_t round, size_t way)
{
	if (isatty(STDERR_FILENO))
		say(c, "round %zu of %zu: %s", round + 1, c->contest.rounds,
		    way_table[way].name);
	else if (way == round % way_count)
		say(c, "round %zu of %zu", round + 1, c->contest.rounds);
}

/* The command's own failure, which is none of ours. */
static void say_failing(struct contrast *c)
{
	const struct contest_way *bare = &c->contest.ways[0];

	if (!bare->status || bare->runs != 1)
		return;
	end_line(c);
	say(c, "%s fails by itself, with %s %d; the ways by which it does so "
	    "are compared", *c->options->command, bare->signal ? "signal" :
	    "exit status", bare->signal ? bare->signal : bare->status);
	end_line(c);
}

static int run_in_round(struct contrast *c, size_t i, struct why *why)
{
	bool counted = way_table[i].scope != SCOPE_NONE;
	struct counts counts = { .list = NULL };
	struct run_result result;
	int err = run_way(c, i, c->path, c->options->command, -1, &result,
			  why);

	/* A program that can be run no longer is none. */
	if (err && err != -EINTR && i) {
		c->contest.ways[i].there = false;
		snprintf(c->contest.ways[i].reason,
			 sizeof(c->contest.ways[i].reason), "%s", why->text);
		return 0;
	}
	if (err) {
		c->status = result.status;
		return err;
	}
	if (counted)
		err = read_counts(c, i, &counts, why);
	if (!err && contest_add(&c->contest, i, &result, counted ? &counts :
							       NULL))
		err = why_set(why, ENOMEM, "out of memory");
	counts_done(&counts);
	if (!i)
		say_failing(c);
	return err;
}

/* All ways in turn, beginning with another one each time, so that what one
 * leaves to the next, as a cache, hits all of them. */
static int run_rounds(struct contrast *c, struct why *why)
{
	int err = 0;

	for (size_t round = 0; round < c->contest.rounds; round++)
		for (size_t k = 0; !err && k < way_count; k++) {
			size_t i = (round + k) % way_count;
			struct contest_way *way = &c->contest.ways[i];

			say_round(c, round, i);
			/* One by which it ends otherwise is not run again. */
			if (way->there && (!i || !way->runs ||
					   contest_is_fair(&c->contest, i)))
				err = run_in_round(c, i, why);
		}
	end_line(c);
	return err;
}

/* --- all of it --------------------------------------------------------- */

static int find_command(struct contrast *c, struct why *why)
{
	int err = launch_find(&c->path, *c->options->command, why);

	if (err)
		c->status = err == -EACCES ? EXIT_NOT_RUN :
			    err == -ENOMEM ? EXIT_OURS : EXIT_NOT_FOUND;
	return err;
}

static int prepare(struct contrast *c, struct why *why)
{
	static const char *const files[] = {
		[COUNTS] = "counts", [SAID] = "said",
	};
	const struct options *o = c->options;
	int err = find_command(c, why);

	if (!err)
		err = outfile_open(&c->out, o->output, why);
	if (!err)
		err = signals_catch(&c->signals, true, why);
	if (!err)
		err = scratch_open(&c->scratch, files, N_FILES, why);
	c->programs = calloc(way_count, sizeof(*c->programs));
	if (!err && (contest_init(&c->contest, o->runs ? o->runs :
				DEFAULT_ROUNDS) || !c->programs))
		err = why_set(why, ENOMEM, "out of memory");
	c->with = (struct run_with){
		.child_fd = c->signals.child_fd,
		.end_fd = c->signals.end_fd,
		.mask = &c->signals.old_mask,
		.size_signal = o->size_signal,
		.child_signal_ignored = c->signals.child_ignored,
	};
	return err;
}

static int print(FILE *to, const void *ctx, struct why *why)
{
	const struct contrast *c = ctx;
	const struct options *o = c->options;

	return (o->reporter == &report_json ? contrast_print_json :
		contrast_print_text)(to, &c->contest, o->command, why);
}

static int run(struct contrast *c, struct why *why)
{
	int err = prepare(c, why);

	if (err)
		return err;
	say(c, "comparing ways to run %s, in %zu rounds; its input is empty, "
	    "and what it prints goes nowhere", *c->options->command,
	    c->contest.rounds);
	end_line(c);
	err = try_ways(c, why);
	if (!err)
		err = run_rounds(c, why);
	end_line(c);
	return err ? err : outfile_print(c->out, print, c, why);
}

static void clean_up(struct contrast *c)
{
	for (size_t i = 0; c->programs && i < way_count; i++)
		free(c->programs[i]);
	free(c->programs);
	scratch_close(&c->scratch);
	free(c->path);
	free(c->nothing);
	contest_done(&c->contest);
	outfile_close(c->out);
	signals_done(&c->signals);
}

int contrast_run(const struct options *options, int *status, struct why *why)
{
	struct contrast c = { .options = options,
			      .signals = SIGNALS_NONE };
	int err;

	if (options->mode != MODE_LAUNCH)
		return forecast_run(options, status, why);
	err = run(&c, why);
	*status = !err ? 0 : c.status ? c.status : EXIT_OURS;
	clean_up(&c);
	return err;
}
