/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/history.h"

void history_add(struct history *history, double calls, double errors)
{
	int place = history->n++ % HISTORY_LENGTH;

	history->calls[place] = calls;
	history->errors[place] = errors;
}

double history_get(const struct history *history, const double *what,
		   int back)
{
	if (back >= history->n || back >= HISTORY_LENGTH)
		return -1;
	return what[(history->n - 1 - back) % HISTORY_LENGTH];
}
