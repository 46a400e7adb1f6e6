/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates of the last intervals, for sparklines. */
#ifndef TUI_HISTORY_H
#define TUI_HISTORY_H

#define HISTORY_LENGTH 240

struct history {
	int n;			/* ever; the last HISTORY_LENGTH are kept */
	double calls[HISTORY_LENGTH], errors[HISTORY_LENGTH];	/* per second */
};

void history_add(struct history *history, double calls, double errors);
/* @back intervals ago, 0 is the last one; -1: not known. */
double history_get(const struct history *history, const double *what,
		   int back);

#endif
