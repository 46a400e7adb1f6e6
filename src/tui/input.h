/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A key or a mouse event, as views get it. */
#ifndef TUI_INPUT_H
#define TUI_INPUT_H

/* Codes: a character is its code point, what has none is above them all. */
enum {
	INPUT_TAB = '\t',
	INPUT_ENTER = '\n',
	INPUT_ESCAPE = 27,
	INPUT_BACKSPACE = 127,
	INPUT_UP = 0x200000,
	INPUT_DOWN,
	INPUT_LEFT,
	INPUT_RIGHT,
	INPUT_PAGE_UP,
	INPUT_PAGE_DOWN,
	INPUT_HOME,
	INPUT_END,
	INPUT_DELETE,
	INPUT_BACKTAB,
	INPUT_CLICK,		/* row and col say where */
	INPUT_WHEEL_UP,
	INPUT_WHEEL_DOWN,
	INPUT_OTHER,		/* nothing that is known */
	INPUT_F0,		/* F1 is the next one */
	INPUT_F12 = INPUT_F0 + 12
};

#define INPUT_F(n)	(INPUT_F0 + (n))
#define INPUT_CTRL(c)	((c) & 31)

struct input {
	int code;
	int row, col;
};

#endif
