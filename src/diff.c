/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/outfile.h"
#include "compare/diff.h"
#include "diff_print.h"
#include "judged.h"
#include "replay.h"
#include "report/read.h"
#include "session.h"

#define MAX_FILES 1000
/* So many intervals of a record say all that more of them would. */
#define MAX_INTERVALS 60

/* The reports of one side, file by file. */
struct files {
	char *names;		/* a copy, with ends in place of commas */
	struct read_reports *list;
	size_t n;
};

struct job {
	const struct options *options;
	struct outfile *out;
	struct files sides[SIDES];
	struct observations seen;
	struct diff diff;
	struct judged judged;
};

static int take_interval(void *arg, struct snapshot *snap,
			 const char *target, struct why *why)
{
	struct read_reports *ret = arg;
	struct read_report *list = realloc(ret->list, (ret->n + 1) *
						      sizeof(*list));

	if (list)
		ret->list = list;
	snap->cfg.collector = snapshot_text(snap, snap->cfg.collector);
	if (!list || !snap->cfg.collector) {
		snapshot_free(snap);
		return why_set(why, ENOMEM, "out of memory");
	}
	list[ret->n++] = (struct read_report){ snap, *target != '-' };
	return 0;
}

/* JSON begins with a brace, records with what they are. */
static bool is_json(const char *path)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	int c = '{';

	if (file && !fstat(fileno(file), &st) && S_ISREG(st.st_mode))
		do
			c = getc(file);
		while (c == ' ' || c == '\n' || c == '\r' || c == '\t');
	if (file)
		fclose(file);
	return c == '{' || c == EOF;
}

static int read_file(struct read_reports *ret, const struct options *options,
		     const char *path, struct why *why)
{
	int err;

	if (is_json(path))
		return read_reports(ret, path, why);
	err = replay_each(options, path, MAX_INTERVALS, take_interval, ret,
			  why);
	if (err)
		read_done(ret);
	return err;
}

static int read_side(struct job *j, enum side side, struct why *why)
{
	struct files *files = &j->sides[side];
	char *rest, *name;
	int err = 0;

	files->names = strdup(j->options->diff[side]);
	files->list = calloc(MAX_FILES, sizeof(*files->list));
	if (!files->names || !files->list)
		return why_set(why, ENOMEM, "out of memory");
	rest = files->names;
	while (!err && (name = strsep(&rest, ","))) {
		if (files->n == MAX_FILES)
			return why_set(why, E2BIG, "--diff: more than %d "
				       "files", MAX_FILES);
		err = read_file(&files->list[files->n], j->options, name, why);
		files->n += !err;
	}
	return err;
}

static void free_side(struct files *files)
{
	while (files->n)
		read_done(&files->list[--files->n]);
	free(files->list);
	free(files->names);
}

static const struct snapshot *first_of(const struct files *files)
{
	return files->list[0].list[0].snap;
}

/* All have to have rows of the same kind; SMB's parts are taken if all have
 * them. */
static int check_kind(const struct job *j, const struct files *files,
		      const char *names, bool *smb, struct why *why)
{
	unsigned by = first_of(&j->sides[SIDE_BEFORE])->cfg.by;

	for (size_t i = 0; i < files->n; i++)
		for (size_t k = 0; k < files->list[i].n; k++) {
			const struct snapshot *snap =
				files->list[i].list[k].snap;

			*smb &= snap->cfg.smb;
			if (snap->cfg.by != by)
				return why_set(why, EINVAL, "%.200s has rows "
					       "by something else than "
					       "%.200s; give reports of the "
					       "same --by", names,
					       j->options->diff[0]);
		}
	return 0;
}

static int observe(struct job *j, struct why *why)
{
	bool smb = true;
	int err = 0;

	for (int i = 0; !err && i < SIDES; i++)
		err = check_kind(j, &j->sides[i], j->options->diff[i], &smb,
				 why);
	observe_init(&j->seen, smb);
	for (int i = 0; !err && i < SIDES; i++)
		for (size_t n = 0; n < j->sides[i].n; n++) {
			const struct read_reports *file =
				&j->sides[i].list[n];

			for (size_t k = 0; !err && k < file->n; k++)
				err = observe_add(&j->seen, (enum side)i, n,
						  file->list[k].snap,
						  file->list[k].launched,
						  why);
		}
	return err ? err : observe_finish(&j->seen, why);
}

static int print(FILE *to, const void *ctx, struct why *why)
{
	const struct job *j = ctx;
	const struct options *o = j->options;

	return (o->reporter == &report_json ? diff_print_json :
		diff_print_text)(to, &j->seen, &j->diff, o, why);
}

static int compare(struct job *j, struct why *why)
{
	int err = read_side(j, SIDE_BEFORE, why);

	if (!err)
		err = read_side(j, SIDE_AFTER, why);
	if (!err)
		err = observe(j, why);
	if (!err)
		err = diff_compute(&j->diff, &j->seen, why);
	return err ? err : outfile_print(j->out, print, j, why);
}

/* The last report there is. */
static void judge(struct job *j)
{
	const struct files *files = &j->sides[j->options->diff[1] ?
					      SIDE_AFTER : SIDE_BEFORE];
	const struct read_reports *last = &files->list[files->n - 1];

	judged_take(&j->judged, &j->options->budget,
		    last->list[last->n - 1].snap, NULL);
}

static int run(struct job *j, int *status, struct why *why)
{
	int err = outfile_open(&j->out, j->options->output, why);

	if (!err)
		err = j->options->diff[1] ? compare(j, why) :
		      read_side(j, SIDE_BEFORE, why);
	if (err)
		return err;
	judge(j);
	*status = judged_say(&j->judged);
	if (j->diff.differing)
		*status = EXIT_VIOLATED;
	return 0;
}

int diff_run(const struct options *options, int *status, struct why *why)
{
	struct job j = { .options = options };
	int err;

	observe_init(&j.seen, false);
	*status = EXIT_OURS;
	err = run(&j, status, why);
	diff_done(&j.diff);
	judged_done(&j.judged);
	observe_done(&j.seen);
	for (int i = 0; i < SIDES; i++)
		free_side(&j.sides[i]);
	outfile_close(j.out);
	return err;
}
