/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules of budgets: no crash, and a sentence for what is none. */
#define FUZZ_ROUNDS 2000	/* it looks up thousands of names each time */
#include "fuzz.h"

#include <errno.h>

#include "compare/budget.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct snapshot nothing = {
		.cfg = { .collector = "none" },
	};
	struct budget budget = { 0 };
	struct why why = { 0 };
	char *text = fuzz_text(data, size), *said = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&said, &len);
	int err = budget_add(&budget, text, &why);

	must(out && (!err || err == -EINVAL));
	must(err ? why.err == EINVAL && *why.text && !budget.n : budget.n);
	/* Of nothing nothing is known. */
	if (!err)
		must(budget_judge(out, &budget, &nothing, NULL) ==
		     BUDGET_UNKNOWN);
	fclose(out);
	for (size_t i = 0; i < len; i++)
		must(said[i] == '\n' || (unsigned char)said[i] >= 0x20);
	for (const char *p = why.text; *p; p++)
		must((unsigned char)*p >= 0x20);
	free(said);
	budget_done(&budget);
	free(text);
	return 0;
}

FUZZ_CORPUS("budgets")
