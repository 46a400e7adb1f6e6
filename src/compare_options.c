/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "compare_options.h"

#include <errno.h>
#include <string.h>

#include "option_use.h"

int compare_set_diff(struct options *o, const char *arg, struct why *why)
{
	if (o->diff[0])
		return why_set(why, EINVAL, "--diff is given twice; several "
			       "files of one side are separated by commas");
	if (!*arg)
		return options_bad(why, "--diff", arg, "give a file name");
	o->diff[0] = arg;
	return 0;
}

int compare_set_budget(struct options *o, const char *arg, struct why *why)
{
	return budget_add(&o->budget, arg, why);
}

int compare_take(struct options *o, const char *word, struct why *why)
{
	int err;

	if (o->diff[0] && !o->diff[1]) {
		o->diff[1] = word;
		return 1;
	}
	/* A command is not called so. */
	if (!o->budget.n || !strpbrk(word, "<>="))
		return 0;
	err = budget_add(&o->budget, word, why);
	if (!err)
		return 1;
	return strpbrk(word, "<>") ? err : 0;
}

static const char *out_of_place(const struct options *o)
{
	const struct option_use others[] = {
		{ *o->command, "a command" },
		{ options_attach(o), "a target" },
		{ o->smb, "--smb" },
		{ o->collector, "--collector" },
		{ o->contrast, "--contrast" },
		{ o->record, "--record" },
		{ o->check, "--check" },
		{ o->top, "--top" },
		{ o->delay_ns, "-d" },
		{ o->seconds_ns, "--seconds" },
		{ o->histogram, "-D" },
		{ o->columns, "-U" },
		{ o->sort, "-S" },
		{ o->has_by, "--by" },
		{ o->outcome != OUTCOME_ANY, "-z or -Z" },
		{ o->has_calls, "-e" },
		{ o->all_calls, "-A" },
		{ o->stacks, "--stacks" },
		{ o->slowest, "--slowest" },
		{ o->probes, "--probe" },
		{ o->reporter != &report_text && o->reporter != &report_json,
		  "this --format" },
	};

	return OPTION_GIVEN(others);
}

static int check_diff(const struct options *o, struct why *why)
{
	const char *option = out_of_place(o);

	if (!o->diff[1] && !o->budget.n)
		return why_set(why, EINVAL, "--diff needs two: what was "
			       "before, and what is now");
	if (option)
		return why_set(why, EINVAL, "%s does not go with --diff, "
			       "which compares reports that there are",
			       option);
	return 0;
}

/* What no report of this session could answer. */
static int check_rule(const struct options *o, const struct rule *rule,
		      struct why *why)
{
	unsigned bill = dim_bit(DIM_REQUEST) | dim_bit(DIM_SYSCALL);
	struct callset both = rule->calls;

	if (rule->request >= 0 && !o->smb)
		return why_set(why, EINVAL, "--budget '%.*s' is about SMB2 "
			       "requests; give --smb, too", rule->len,
			       rule->text);
	if (rule->request >= 0 && o->has_by && o->by != (rule->has_calls ?
			bill : dim_bit(DIM_REQUEST)))
		return why_set(why, EINVAL, "--budget '%.*s' is about SMB2 "
			       "requests; leave out --by", rule->len,
			       rule->text);
	if (rule->has_calls && !rule->every_call &&
	    !(o->by & dim_bit(DIM_SYSCALL)))
		return why_set(why, EINVAL, "--budget '%.*s' is about system "
			       "calls; add syscall to --by", rule->len,
			       rule->text);
	callset_intersect(&both, &o->calls);
	if (o->has_calls && rule->has_calls && !rule->every_call &&
	    !callset_equal(&both, &rule->calls))
		return why_set(why, EINVAL, "--budget '%.*s' is about calls "
			       "that -e leaves out", rule->len, rule->text);
	return 0;
}

int compare_complete(const struct options *o, struct why *why)
{
	int err = 0;

	if (o->diff[0])
		return check_diff(o, why);
	if (o->budget.n && (o->contrast || o->check))
		return why_set(why, EINVAL, "--budget judges reports, which "
			       "%s does not make", o->check ? "--check" :
							      "--contrast");
	for (size_t i = 0; !err && i < o->budget.n; i++)
		err = check_rule(o, &o->budget.rules[i], why);
	return err;
}
