/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "judged.h"

#include <stdio.h>
#include <stdlib.h>

#include "session.h"

void judged_take(struct judged *judged, const struct budget *budget,
		 const struct snapshot *snap, const struct callset *counted)
{
	size_t len = 0;
	FILE *out;

	judged_done(judged);
	if (!budget->n)
		return;
	out = open_memstream(&judged->text, &len);
	judged->verdict = BUDGET_UNKNOWN;
	if (!out)
		return;
	judged->verdict = budget_judge(out, budget, snap, counted);
	fclose(out);
}

int judged_say(const struct judged *judged)
{
	if (judged->text)
		fputs(judged->text, stderr);
	return judged->verdict == BUDGET_VIOLATED ? EXIT_VIOLATED :
	       judged->verdict == BUDGET_UNKNOWN ? EXIT_OURS : 0;
}

void judged_done(struct judged *judged)
{
	free(judged->text);
	*judged = (struct judged){ 0 };
}
