/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that do not go with another one: which of them was given. */
#ifndef OPTION_USE_H
#define OPTION_USE_H

#include <stdbool.h>
#include <stddef.h>

struct option_use {
	bool given;
	const char *option;	/* as the user may have written it */
};

/* The first that was given, or NULL. */
const char *option_given(const struct option_use *uses, size_t n);

#define OPTION_GIVEN(uses) option_given(uses, sizeof(uses) / sizeof(*(uses)))

#endif
