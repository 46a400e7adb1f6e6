/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of calls as users write them: no crash, and the same set each time. */
#define FUZZ_ROUNDS 4000	/* it looks up thousands of names each time */
#include "fuzz.h"

#include <errno.h>

#include "model/callset.h"

#define MAX_REGEX 20

/*
 * What regcomp() takes time and memory without end for: what is repeated
 * within what is repeated. The user's own business, but not ours to wait for.
 */
static bool is_slow(const char *text)
{
	const char *regex = strchr(text, '/');
	size_t repeats = 0;

	if (!regex)
		return false;
	if (strlen(regex) > MAX_REGEX)
		return true;
	while (*regex)
		repeats += strchr("*+{", *regex++) != NULL;
	return repeats > 1;
}

/* All that is not in @set. */
static struct callset others(const struct callset *set)
{
	struct callset ret;

	for (int abi = 0; abi < CALLSET_ABIS; abi++)
		for (int i = 0; i < CALLSET_NUMBERS / 64; i++)
			ret.bits[abi][i] = ~set->bits[abi][i];
	return ret;
}

static void check_inverted(const struct callset *set, const char *text)
{
	struct callset inverted, wanted = others(set);
	char *with_mark = malloc(strlen(text) + 2);

	must(with_mark);
	sprintf(with_mark, "!%s", text);
	must(!callset_parse(&inverted, with_mark, NULL));
	must(callset_equal(&inverted, &wanted));
	free(with_mark);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct callset first, second;
	struct why why = { 0 };
	int err;

	if (is_slow(text)) {
		free(text);
		return 0;
	}
	err = callset_parse(&first, text, &why);
	must(!err || err == -EINVAL);
	if (err) {
		must(why.err == EINVAL && *why.text);
	} else {
		must(!callset_parse(&second, text, NULL));
		must(callset_equal(&first, &second));
		if (*text != '!')
			check_inverted(&first, text);
	}
	free(text);
	return 0;
}

FUZZ_CORPUS("callsets")
