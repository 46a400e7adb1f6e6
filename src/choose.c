/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "choose.h"

#include <errno.h>
#include <string.h>

#include "collect/registry.h"

/* Percentiles are read off histograms. */
static bool wants_histograms(const struct options *o)
{
	struct column_list list;

	if (o->histogram || (o->sort && column_find(o->sort, strlen(o->sort))
					->needs_hist))
		return true;
	for (size_t i = 0; i < o->budget.n; i++)
		if (o->budget.rules[i].column->needs_hist)
			return true;
	if (!o->columns)
		return false;
	column_parse(o->columns, &list, NULL);
	for (int i = 0; i < list.n; i++)
		if (list.columns[i]->needs_hist)
			return true;
	return false;
}

unsigned choose_needs(const struct options *o, const char **words)
{
	const struct {
		bool asked;
		unsigned bit;
		const char *words;
	} features[] = {
		{ *o->command && options_attach(o), COLLECT_BOTH,
		  "-p together with a command" },
		{ o->has_name, COLLECT_NAMES, "--name" },
		{ o->cgroup, COLLECT_CGROUP, "--cgroup" },
		{ o->everyone, COLLECT_EVERYONE, "-a" },
		{ o->smb, COLLECT_SMB, "--smb" },
		{ wants_histograms(o), COLLECT_HISTOGRAMS, o->histogram ?
		  "-D" : "a percentile" },
		{ o->by & dim_bit(DIM_ERRNO), COLLECT_ERRORS,
		  "--by=errno" },
		{ o->by & DIMS_OF_DETAIL, COLLECT_DETAIL,
		  o->stacks ? "--stacks" : "--by" },
		{ o->slowest, COLLECT_SLOWEST, "--slowest" },
		{ o->n_probes, COLLECT_PROBES, "--probe" },
		{ o->outcome != OUTCOME_ANY, COLLECT_ERRORS,
		  o->outcome == OUTCOME_SUCCESS ? "-z" : "-Z" },
	};
	unsigned needs = o->mode == MODE_LAUNCH ? COLLECT_LAUNCH :
						  COLLECT_ATTACH;

	*words = NULL;
	for (size_t i = 0; i < sizeof(features) / sizeof(*features); i++)
		if (features[i].asked) {
			needs |= features[i].bit;
			*words = features[i].words;
		}
	return needs;
}

static const char *mode_words(const struct options *o)
{
	return o->mode == MODE_LAUNCH ? "to launch a command" :
					"to attach to what runs";
}

/* Columns that were asked for and it would leave empty. */
static bool lacks(const struct options *o, const struct collector_ops *ops)
{
	struct column_list list = { .n = 0 };
	unsigned needs = 0;

	if (o->columns)
		column_parse(o->columns, &list, NULL);
	for (int i = 0; i < list.n; i++)
		needs |= list.columns[i]->needs;
	if (o->sort)
		needs |= column_find(o->sort, strlen(o->sort))->needs;
	for (size_t i = 0; i < o->budget.n; i++)
		if (o->budget.rules[i].has_calls)
			needs |= o->budget.rules[i].column->needs;
	return needs & ~(o->by & dim_bit(DIM_SYSCALL) ? ops->by_call :
							ops->measures);
}

static int count_collectors(void)
{
	int n = 0;

	while (collector_registry[n])
		n++;
	return n;
}

bool choose_can(const struct options *o, const struct collector_ops *ops,
		struct why *why)
{
	const char *words;
	unsigned needs = choose_needs(o, &words);

	if (!(~ops->modes & needs))
		return true;
	if (~ops->modes & needs & (COLLECT_ATTACH | COLLECT_LAUNCH))
		why_set(why, EINVAL, "it only %s", o->mode == MODE_LAUNCH ?
			"attaches to what runs" : "launches commands");
	else
		why_set(why, EINVAL, "%s is beyond it", words);
	return false;
}

/* What none, or not the one that was named, can do. */
static int explain(const struct options *o, const char *missing,
		   struct why *why)
{
	const char *words;

	choose_needs(o, &words);
	if (missing)
		return why_set(why, EINVAL, "%s needs a collector that is "
			       "missing here: %s", words ? words :
			       mode_words(o), missing);
	return why_set(why, EINVAL, "%s needs another collector than %s: "
		       "leave out --collector%s", words ? words :
		       mode_words(o), o->collector ? o->collector : "these",
		       words || o->mode != MODE_LAUNCH ? "" : ", or start the "
		       "command and attach with -p");
}

const struct collector_ops *choose_next(struct choice *choice,
					struct why *why)
{
	const struct options *o = choice->options;
	const char *name = o->collector;
	int n = count_collectors();

	for (; choice->pos < 2 * n; choice->pos++) {
		const struct collector_ops *ops =
			collector_registry[choice->pos % n];

		/* Those that lack something come after the others. */
		if (lacks(o, ops) != (choice->pos >= n))
			continue;
		if (name ? strcmp(name, ops->name) : ops->only_by_name)
			continue;
		if (!choose_can(o, ops, NULL))
			continue;
		if (!ops->missing) {
			choice->pos++;
			return ops;
		}
		if (!choice->passed)
			choice->passed = ops;
	}
	if (!*why->text)
		explain(o, choice->passed ? choice->passed->missing : NULL,
			why);
	return NULL;
}
