/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list to choose from, and a line to type. Private to src/tui. */
#ifndef TUI_MENU_H
#define TUI_MENU_H

#include <stdbool.h>

struct dash;

struct menu {
	const char *title;
	int (*count)(const struct dash *dash);
	const char *(*item)(const struct dash *dash, int i);
	unsigned (*choose)(struct dash *dash, int i);
};

struct prompt {
	const char *title;
	/* After each key; NULL: nothing. */
	void (*typed)(struct dash *dash);
	/* Enter, or not. */
	unsigned (*done)(struct dash *dash, bool kept);
};

#endif
