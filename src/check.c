/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "acct/ledger.h"
#include "choose.h"
#include "collect/registry.h"
#include "report/grid.h"
#include "setup.h"
#include "target.h"

#define MAX_COLLECTORS 16

/* What one collector would do in one mode. */
struct verdict {
	const struct collector_ops *ops;
	bool serves;
	unsigned measures;	/* at best, where it does not serve */
	struct why why;
};

/* One way to ask: "attach" and "launch" where no target says which. */
struct question {
	const char *name;
	struct options options;
	struct verdict verdicts[MAX_COLLECTORS];
	int n;
	const struct collector_ops *choice;	/* NULL: none serves */
};

static void judge(struct verdict *v, const struct setup_with *with)
{
	struct setup setup = { .collector = NULL };

	v->measures = v->ops->measures;
	if (v->ops->missing)
		why_set(&v->why, ENOTSUP, "%s", v->ops->missing);
	else if (choose_can(with->options, v->ops, &v->why))
		v->serves = !setup_try(&setup, with, v->ops, &v->why);
	if (!v->serves)
		return;
	v->measures = setup.measures;
	v->ops->close(setup.collector);
}

/* What would be chosen: the first that serves, in the order of choice. */
static void find_choice(struct question *q)
{
	struct choice choice = { .options = &q->options };
	const struct collector_ops *ops;
	struct why why = { 0 };

	while (!q->choice && (ops = choose_next(&choice, &why)))
		for (int i = 0; i < q->n; i++)
			if (q->verdicts[i].ops == ops && q->verdicts[i].serves)
				q->choice = ops;
}

static void ask(struct question *q, const struct procfs *fs,
		const struct launch_cfg *launch)
{
	struct ledger ledger;
	struct sink sink;
	const struct setup_with with = {
		.options = &q->options, .procfs = fs, .sink = &sink,
		.launch = launch,
	};

	ledger_init(&ledger, LEDGER_MAX_RECORDS);
	sink = ledger_sink(&ledger);
	for (; collector_registry[q->n] && q->n < MAX_COLLECTORS; q->n++) {
		q->verdicts[q->n].ops = collector_registry[q->n];
		judge(&q->verdicts[q->n], &with);
	}
	ledger_done(&ledger);
	find_choice(q);
}

/* In brackets: of threads and processes, but not of single calls. */
static const char *grade(const struct verdict *v, int m)
{
	bool by_call = v->ops->by_call & measure_bit(m);

	if (!(v->measures & measure_bit(m)))
		return "-";
	if (v->ops->estimated & measure_bit(m))
		return by_call ? "~" : "(~)";
	return by_call ? "exact" : "(exact)";
}

/* Of several questions, the one that it serves says most. */
static const struct verdict *best_of(const struct question *q, int n, int i)
{
	for (int k = 0; k < n; k++)
		if (q[k].verdicts[i].serves)
			return &q[k].verdicts[i];
	return &q->verdicts[i];
}

static int print_table(FILE *out, const struct question *q, int n)
{
	struct grid grid;

	grid_init(&grid, q->n + 1);
	grid_head(&grid, "", true);
	for (int i = 0; i < q->n; i++)
		grid_head(&grid, q->verdicts[i].ops->name, true);
	for (int k = 0; k < n; k++) {
		grid_put(&grid, q[k].name);
		for (int i = 0; i < q->n; i++)
			grid_put(&grid, q[k].verdicts[i].serves ? "yes" :
								  "no");
	}
	grid_rule(&grid);
	for (int m = 0; m < MEASURE_COUNT; m++) {
		grid_put(&grid, measure_table[m].name);
		for (int i = 0; i < q->n; i++)
			grid_put(&grid, grade(best_of(q, n, i), m));
	}
	return grid_print(&grid, out);
}

static void print_reasons(FILE *out, const struct question *q)
{
	for (int i = 0; i < q->n; i++) {
		const struct verdict *v = &q->verdicts[i];

		if (!v->serves)
			fprintf(out, "%s: not by %s: %s\n", q->name,
				v->ops->name, v->why.text);
		else if (v->ops->only_by_name)
			fprintf(out, "%s: by %s only with --collector=%s\n",
				q->name, v->ops->name, v->ops->name);
	}
	if (q->choice)
		fprintf(out, "%s: by %s, which is the choice\n", q->name,
			q->choice->name);
}

/* Each line once, whatever it is asked for. */
static void print_grants(FILE *out, const struct question *q, int n)
{
	for (int i = 0; i < n * q->n; i++) {
		const struct verdict *v = &q[i / q->n].verdicts[i % q->n];
		bool said = i >= q->n && !strcmp(v->why.grant,
			q->verdicts[i % q->n].why.grant);

		if (*v->why.grant && !said)
			fprintf(out, "to have %s: %s\n", v->ops->name,
				v->why.grant);
	}
}

static void print_where(FILE *out, const struct options *o)
{
	struct utsname machine;
	char target[256];

	if (uname(&machine))
		return;
	target_words(target, sizeof(target), o);
	fprintf(out, "smbsysacct %s on %s %s %s, as user %u%s%s\n\n",
		PACKAGE_VERSION, machine.sysname, machine.release,
		machine.machine, geteuid(), *target ? ", for " : "", target);
}

/* Whoever asks has a parent that can be attached to. */
static int ask_about_all(FILE *out, const struct options *o,
			 const struct procfs *fs, struct question *q)
{
	char name[] = "true", *command[] = { name, NULL };
	const struct launch_cfg launch = { .argv = command,
					   .path = "/bin/true" };
	/* In a container, one may be the first there is. */
	pid_t parent = getppid() ? getppid() : 1;
	int n = o->mode == MODE_NOTHING ? 2 : 1, serve = 0;

	q[0].name = o->mode == MODE_LAUNCH ? "launch" : "attach";
	q[0].options = q[1].options = *o;
	if (n == 2) {
		q[0].options.mode = MODE_ATTACH;
		q[0].options.pids = &parent;
		q[0].options.n_pids = 1;
		q[1].name = "launch";
		q[1].options.mode = MODE_LAUNCH;
		q[1].options.command = command;
	}
	print_where(out, o);
	for (int i = 0; i < n; i++) {
		ask(&q[i], fs, &launch);
		for (int k = 0; k < q[i].n; k++)
			serve += q[i].verdicts[k].serves;
	}
	if (print_table(out, q, n))
		return -ENOMEM;
	fputs("exact: measured; ~: estimated; (): of threads and processes, "
	      "not of single calls; -: not measured\n\n", out);
	for (int i = 0; i < n; i++)
		print_reasons(out, &q[i]);
	print_grants(out, q, n);
	return serve;
}

int check_print(FILE *out, const struct options *o, struct why *why)
{
	struct question *q = calloc(2, sizeof(*q));
	struct procfs fs = { .root = -1 };
	char *path = NULL;
	int err = q ? procfs_init(&fs, "/proc", why) : -ENOMEM;

	if (!err && o->mode == MODE_LAUNCH)
		err = launch_find(&path, *o->command, why);
	if (!err)
		err = target_check_all(&fs, o, why);
	if (!err)
		err = ask_about_all(out, o, &fs, q);
	if (err == -ENOMEM)
		why_set(why, ENOMEM, "out of memory");
	procfs_done(&fs);
	free(path);
	free(q);
	return err;
}
