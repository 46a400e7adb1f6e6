/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "option_use.h"

const char *option_given(const struct option_use *uses, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (uses[i].given)
			return uses[i].option;
	return NULL;
}
