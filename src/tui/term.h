/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal: the only door to ncurses. It shows canvases and gives
 * inputs; it has no signals of its own, the caller tells it of a new size and
 * of stops. There is one at a time, as ncurses has one screen.
 */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <stdbool.h>

#include "base/why.h"
#include "tui/canvas.h"
#include "tui/input.h"

struct terminal;

/* Why there is no dashboard in this build, or NULL. */
const char *term_missing(void);

/* Whether standard input and output are a terminal, and one that can move its
 * cursor: 0, -ENOTTY or -EINVAL. */
int term_check(struct why *why);

/*
 * Takes over that terminal, or fails as term_check() does. Ctrl-C, Ctrl-Z and
 * the like are inputs from here on, and no signals.
 */
int term_open(struct terminal **ret, bool colour, struct why *why);
/* As it was before; safe on NULL, and where the terminal has gone. */
void term_close(struct terminal *term);

/* For poll(). */
int term_fd(const struct terminal *term);
bool term_utf8(const struct terminal *term);
/* Colours are too few to tell the parts of a bar apart. */
bool term_letters(const struct terminal *term);
void term_size(const struct terminal *term, int *rows, int *cols);

/* Its size may have changed. */
void term_resize(struct terminal *term);
/* It is the shell's for a while; and ours again, if we are in its foreground:
 * else it will be with the next term_show() there. */
void term_leave(struct terminal *term);
void term_enter(struct terminal *term);

/* Only what has changed is sent. */
void term_show(struct terminal *term, const struct canvas *canvas);

/* The next input that there is: 1; 0: none; -EIO: the terminal has gone. */
int term_read(struct terminal *term, struct input *ret);

#endif
