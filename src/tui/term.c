/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tui/term.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#ifdef HAVE_NCURSES

#include <langinfo.h>
#include <locale.h>
#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

/* An escape sequence of a key comes within so many ms of its beginning, also
 * over a slow line. */
#define ESCAPE_MS 100

struct terminal {
	SCREEN *screen;
	bool utf8, colour, left;
	attr_t attr[LOOK_COUNT];
	short pair[LOOK_COUNT];
};

const char *term_missing(void)
{
	return NULL;
}

/*
 * Colours of 256, and of 8. Those of 256 are near the palette of Okabe and Ito
 * (jfly.uni-koeln.de/color), which colour-blind people can tell apart; those of
 * 8 cannot all be, so bars have letters there, as without colours.
 */
static const struct palette {
	enum look look;
	short fg, bg, fg8, bg8;	/* -1: the terminal's own */
	attr_t attr, mono;
} palette[] = {
	{ LOOK_DIM, 245, -1, -1, -1, A_NORMAL, A_DIM },
	{ LOOK_BOLD, -1, -1, -1, -1, A_BOLD, A_BOLD },
	{ LOOK_TITLE, 16, 250, COLOR_BLACK, COLOR_WHITE, A_NORMAL,
	  A_REVERSE },
	{ LOOK_SORTED, 16, 75, COLOR_BLACK, COLOR_CYAN, A_NORMAL,
	  A_REVERSE | A_BOLD },
	{ LOOK_SELECTED, 231, 25, COLOR_WHITE, COLOR_BLUE, A_BOLD,
	  A_REVERSE },
	{ LOOK_FOUND, 16, 227, COLOR_BLACK, COLOR_YELLOW, A_NORMAL,
	  A_UNDERLINE },
	{ LOOK_KEY, 16, 75, COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_REVERSE },
	{ LOOK_ALERT, 16, 214, COLOR_BLACK, COLOR_YELLOW, A_BOLD,
	  A_REVERSE | A_BOLD },
	{ LOOK_BOX, 231, 237, COLOR_WHITE, COLOR_BLACK, A_NORMAL, A_NORMAL },
	{ LOOK_CHOSEN, 16, 75, COLOR_BLACK, COLOR_CYAN, A_NORMAL,
	  A_REVERSE },
	{ LOOK_USER, 231, 25, COLOR_WHITE, COLOR_BLUE, A_NORMAL, A_BOLD },
	{ LOOK_SYSTEM, 16, 75, COLOR_BLACK, COLOR_CYAN, A_NORMAL, A_BOLD },
	{ LOOK_RUNQ, 231, 166, COLOR_WHITE, COLOR_RED, A_NORMAL, A_BOLD },
	{ LOOK_EVENTS, 16, 252, COLOR_BLACK, COLOR_WHITE, A_NORMAL,
	  A_NORMAL },
	{ LOOK_NETWORK, 16, 36, COLOR_BLACK, COLOR_GREEN, A_NORMAL,
	  A_NORMAL },
	{ LOOK_FILES, 16, 214, COLOR_BLACK, COLOR_YELLOW, A_NORMAL,
	  A_NORMAL },
	{ LOOK_IO, 16, 227, COLOR_BLACK, COLOR_YELLOW, A_NORMAL, A_NORMAL },
	{ LOOK_LOCKS, 16, 175, COLOR_BLACK, COLOR_MAGENTA, A_NORMAL,
	  A_NORMAL },
	{ LOOK_SLEEP, 231, 60, COLOR_WHITE, COLOR_BLACK, A_NORMAL,
	  A_NORMAL },
	{ LOOK_CHILD, 16, 151, COLOR_BLACK, COLOR_GREEN, A_NORMAL,
	  A_NORMAL },
	{ LOOK_FAULT, 16, 210, COLOR_BLACK, COLOR_RED, A_NORMAL, A_NORMAL },
	{ LOOK_OTHER, 231, 242, COLOR_WHITE, COLOR_BLACK, A_NORMAL,
	  A_NORMAL },
	{ LOOK_HEAT, 231, 17, COLOR_WHITE, COLOR_BLUE, A_NORMAL, A_NORMAL },
	{ LOOK_HEAT + 1, 231, 25, COLOR_WHITE, COLOR_BLUE, A_NORMAL,
	  A_NORMAL },
	{ LOOK_HEAT + 2, 16, 75, COLOR_BLACK, COLOR_CYAN, A_NORMAL,
	  A_NORMAL },
	{ LOOK_HEAT + 3, 16, 227, COLOR_BLACK, COLOR_YELLOW, A_NORMAL,
	  A_BOLD },
	{ LOOK_HEAT + 4, 16, 214, COLOR_BLACK, COLOR_RED, A_BOLD,
	  A_REVERSE },
};

static void choose_looks(struct terminal *term)
{
	bool many = COLORS >= 256;

	for (size_t i = 0; i < sizeof(palette) / sizeof(*palette); i++) {
		const struct palette *p = &palette[i];
		short pair = (short)(i + 1);

		if (!term->colour) {
			term->attr[p->look] = p->mono;
			continue;
		}
		init_pair(pair, many ? p->fg : p->fg8,
			  many ? p->bg : p->bg8);
		term->attr[p->look] = p->attr;
		term->pair[p->look] = pair;
	}
}

static bool wants_colour(bool asked)
{
	const char *none = getenv("NO_COLOR");

	/* no-color.org: if it is there and not empty. */
	return asked && has_colors() && !(none && *none);
}

/* To set a terminal's modes from its background stops all of a job. */
static bool is_foreground(void)
{
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* ncurses ends the process where it does not know the terminal. */
int term_check(struct why *why)
{
	const char *name = getenv("TERM");
	bool moves;
	int err;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return why_set(why, ENOTTY, "the dashboard needs a terminal "
			       "as standard input and output; -b writes text");
	if (setupterm(NULL, STDOUT_FILENO, &err) != OK)
		return why_set(why, EINVAL, "the terminal type '%s' is not "
			       "known; set TERM to one that is, or -b writes "
			       "text", name ? name : "");
	if (!is_foreground())
		return why_set(why, EBUSY, "a dashboard needs the terminal's "
			       "foreground, and this is a background job; fg "
			       "first, or -b writes text");
	moves = cursor_address;
	del_curterm(cur_term);
	if (!moves)
		return why_set(why, EINVAL, "a terminal of type '%s' cannot "
			       "show a dashboard; -b writes text", name);
	return 0;
}

static void set_modes(void)
{
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED |
#if NCURSES_MOUSE_VERSION > 1
		  BUTTON5_PRESSED,
#else
		  0,
#endif
		  NULL);
	mouseinterval(0);
}

/* Signals are the caller's: what ncurses does about them is taken back. */
static SCREEN *new_screen(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGTSTP, SIGWINCH };
	struct sigaction actions[sizeof(numbers) / sizeof(*numbers)];
	SCREEN *screen;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaction(numbers[i], NULL, &actions[i]);
	screen = newterm(NULL, stdout, stdin);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaction(numbers[i], &actions[i], NULL);
	return screen;
}

int term_open(struct terminal **ret, bool colour, struct why *why)
{
	struct terminal *term;
	int err = term_check(why);

	if (err)
		return err;
	term = calloc(1, sizeof(*term));
	if (!term)
		return why_set(why, ENOMEM, "out of memory");
	setlocale(LC_CTYPE, "");
	term->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	set_escdelay(ESCAPE_MS);
	use_tioctl(TRUE);
	term->screen = new_screen();
	if (!term->screen) {
		free(term);
		return why_set(why, EINVAL, "the terminal cannot show a "
			       "dashboard; -b writes text");
	}
	term->colour = wants_colour(colour);
	if (term->colour) {
		start_color();
		use_default_colors();
	}
	choose_looks(term);
	set_modes();
	*ret = term;
	return 0;
}

void term_close(struct terminal *term)
{
	if (!term)
		return;
	term_leave(term);
	delscreen(term->screen);
	free(term);
}

int term_fd(const struct terminal *term)
{
	return term->left ? -1 : STDIN_FILENO;
}

bool term_utf8(const struct terminal *term)
{
	return term->utf8;
}

bool term_letters(const struct terminal *term)
{
	return !term->colour || COLORS < 256;
}

void term_size(const struct terminal *term, int *rows, int *cols)
{
	(void)term;
	getmaxyx(stdscr, *rows, *cols);
}

void term_resize(struct terminal *term)
{
	struct winsize size;

	(void)term;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row > 0 &&
	    size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
}

void term_leave(struct terminal *term)
{
	if (!term->left)
		endwin();
	term->left = true;
}

void term_enter(struct terminal *term)
{
	if (!is_foreground())
		return;
	term->left = false;
	/* A shell has its own modes set, where we were stopped unawares. */
	reset_prog_mode();
	term_resize(term);
	clearok(stdscr, TRUE);
	refresh();
}

/* Characters of one look are put together. */
static void show_row(struct terminal *term, const struct canvas *canvas, int row)
{
	const struct canvas_cell *cells = &canvas->cells[row * canvas->cols];

	for (int col = 0; col < canvas->cols; ) {
		unsigned char look = cells[col].look;
		char text[512];
		size_t used = 0;
		int from = col;

		while (col < canvas->cols && cells[col].look == look &&
		       used + sizeof(cells[col].text) < sizeof(text)) {
			size_t len = strlen(cells[col].text);

			memcpy(text + used, cells[col++].text, len);
			used += len;
		}
		text[used] = '\0';
		attr_set(term->attr[look], term->pair[look], NULL);
		mvaddnstr(row, from, text, (int)used);
	}
}

void term_show(struct terminal *term, const struct canvas *canvas)
{
	/* Who was continued in the background is told of nothing when it comes
	 * to the foreground. */
	if (term->left)
		term_enter(term);
	if (term->left)
		return;
	for (int row = 0; row < canvas->rows; row++)
		show_row(term, canvas, row);
	refresh();
}

static const struct {
	int key, code;
} keys[] = {
	{ KEY_UP, INPUT_UP }, { KEY_DOWN, INPUT_DOWN },
	{ KEY_LEFT, INPUT_LEFT }, { KEY_RIGHT, INPUT_RIGHT },
	{ KEY_PPAGE, INPUT_PAGE_UP }, { KEY_NPAGE, INPUT_PAGE_DOWN },
	{ KEY_HOME, INPUT_HOME }, { KEY_END, INPUT_END },
	{ KEY_DC, INPUT_DELETE }, { KEY_BTAB, INPUT_BACKTAB },
	{ KEY_BACKSPACE, INPUT_BACKSPACE }, { KEY_ENTER, INPUT_ENTER },
};

static int code_of(int key)
{
	if (key > KEY_F0 && key <= KEY_F(12))
		return INPUT_F(key - KEY_F0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].key == key)
			return keys[i].code;
	return INPUT_OTHER;
}

static void read_mouse(struct input *ret)
{
	MEVENT event;

	ret->code = INPUT_OTHER;
	if (getmouse(&event) != OK)
		return;
	ret->row = event.y;
	ret->col = event.x;
	if (event.bstate & BUTTON1_PRESSED)
		ret->code = INPUT_CLICK;
	else if (event.bstate & BUTTON4_PRESSED)
		ret->code = INPUT_WHEEL_UP;
#if NCURSES_MOUSE_VERSION > 1
	else if (event.bstate & BUTTON5_PRESSED)
		ret->code = INPUT_WHEEL_DOWN;
#endif
}

static bool has_gone(void)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	int waiting = 0;

	if (poll(&fd, 1, 0) <= 0)
		return false;
	return fd.revents & (POLLHUP | POLLERR | POLLNVAL) ||
	       (!ioctl(STDIN_FILENO, FIONREAD, &waiting) && !waiting);
}

int term_read(struct terminal *term, struct input *ret)
{
	wint_t c;
	int kind;

	*ret = (struct input){ .code = INPUT_OTHER };
	if (term->left)
		return 0;
	/* A new size is no key; the next one would bring it along. */
	do {
		kind = get_wch(&c);
	} while (kind == KEY_CODE_YES && c == KEY_RESIZE);
	if (kind == ERR)
		return has_gone() ? -EIO : 0;
	if (kind == KEY_CODE_YES && c == KEY_MOUSE)
		read_mouse(ret);
	else if (kind == KEY_CODE_YES)
		ret->code = code_of((int)c);
	else
		ret->code = c == '\r' ? INPUT_ENTER :
			    c == INPUT_CTRL('h') ? INPUT_BACKSPACE : (int)c;
	return 1;
}

#else

const char *term_missing(void)
{
	return "built without ncurses";
}

int term_open(struct terminal **ret, bool colour, struct why *why)
{
	(void)ret;
	(void)colour;
	return term_check(why);
}

int term_check(struct why *why)
{
	return why_set(why, ENOTSUP, "no dashboard: %s; -b writes text",
		       term_missing());
}

void term_close(struct terminal *term)
{
	(void)term;
}

int term_fd(const struct terminal *term)
{
	(void)term;
	return -1;
}

bool term_utf8(const struct terminal *term)
{
	(void)term;
	return false;
}

bool term_letters(const struct terminal *term)
{
	(void)term;
	return true;
}

void term_size(const struct terminal *term, int *rows, int *cols)
{
	(void)term;
	*rows = 24;
	*cols = 80;
}

void term_resize(struct terminal *term)
{
	(void)term;
}

void term_leave(struct terminal *term)
{
	(void)term;
}

void term_enter(struct terminal *term)
{
	(void)term;
}

void term_show(struct terminal *term, const struct canvas *canvas)
{
	(void)term;
	(void)canvas;
}

int term_read(struct terminal *term, struct input *ret)
{
	(void)term;
	(void)ret;
	return 0;
}

#endif
