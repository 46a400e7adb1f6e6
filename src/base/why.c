/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/why.h"

#include <stdarg.h>
#include <stdio.h>

int why_set(struct why *why, int err, const char *fmt, ...)
{
	va_list ap;

	if (why) {
		why->err = err;
		va_start(ap, fmt);
		vsnprintf(why->text, sizeof(why->text), fmt, ap);
		va_end(ap);
		*why->grant = '\0';
	}
	return -err;
}

void why_grant(struct why *why, const char *fmt, ...)
{
	va_list ap;

	if (!why)
		return;
	va_start(ap, fmt);
	vsnprintf(why->grant, sizeof(why->grant), fmt, ap);
	va_end(ap);
}
