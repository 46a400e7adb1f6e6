/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole reports as they were recorded, in tests/trace; UPDATE_GOLDEN=1 in the
 * environment writes them anew.
 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <stdlib.h>

#include "unit.h"

static inline FILE *open_golden(const char *name, const char *mode)
{
	const char *top = getenv("top_srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/trace/%s", top ? top : ".",
		 name);
	return fopen(path, mode);
}

/* The golden file, after it was replaced by @text where that is asked for. */
static inline char *golden(const char *name, const char *text)
{
	const size_t room = 1 << 17;
	char *wanted = calloc(1, room);
	FILE *f;

	assert_non_null(wanted);
	if (getenv("UPDATE_GOLDEN")) {
		f = open_golden(name, "w");
		assert_non_null(f);
		fputs(text, f);
		fclose(f);
	}
	f = open_golden(name, "r");
	if (!f)
		fail_msg("no tests/trace/%s below $top_srcdir", name);
	assert_true(fread(wanted, 1, room - 1, f) > 0);
	fclose(f);
	return wanted;
}

#endif
