#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal's screen, as 'tmux capture-pane -ep' prints it, as a picture.

screenshot.py [TITLE] <SCREEN >PICTURE.svg
"""

import re
import sys
from html import escape

CHAR_W, CHAR_H, SIZE = 8.4, 17, 14
FG, BG = "#d8d8d8", "#181818"
BASE = ["#000000", "#cd3131", "#0dbc79", "#e5e510", "#2472c8", "#bc3fbc",
        "#11a8cd", "#e5e5e5", "#666666", "#f14c4c", "#23d18b", "#f5f543",
        "#3b8eea", "#d670d6", "#29b8db", "#ffffff"]


def colour(number):
    """Of xterm's 256: 16 named ones, a cube of 6 x 6 x 6, and greys."""
    if number < 16:
        return BASE[number]
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    number -= 16
    levels = (0, 95, 135, 175, 215, 255)
    return "#" + "".join(f"{levels[n]:02x}" for n in
                         (number // 36, number // 6 % 6, number % 6))


class Pen:
    def __init__(self):
        self.reset()

    def reset(self):
        self.fg, self.bg = FG, None
        self.bold = self.reverse = self.underline = self.dim = False

    def take(self, text):
        """The parameters of one SGR sequence."""
        codes = [int(code or 0) for code in text.split(";")]
        while codes:
            code = codes.pop(0)
            if code in (38, 48) and len(codes) >= 2 and codes[0] == 5:
                setattr(self, "fg" if code == 38 else "bg",
                        colour(codes[1]))
                codes = codes[2:]
            elif 30 <= code <= 37:
                self.fg = colour(code - 30)
            elif 40 <= code <= 47:
                self.bg = colour(code - 40)
            elif 90 <= code <= 97:
                self.fg = colour(code - 82)
            elif code == 39:
                self.fg = FG
            elif code == 49:
                self.bg = None
            else:
                self.switch(code)

    def switch(self, code):
        if code == 0:
            self.reset()
        elif code in (1, 2, 4, 7):
            setattr(self, {1: "bold", 2: "dim", 4: "underline",
                           7: "reverse"}[code], True)
        elif code in (22, 24, 27):
            for name in {22: ("bold", "dim"), 24: ("underline",),
                         27: ("reverse",)}[code]:
                setattr(self, name, False)

    def look(self):
        fg, bg = self.fg, self.bg
        if self.reverse:
            fg, bg = bg or BG, fg
        return fg, bg, self.bold, self.underline, self.dim


def runs_of(line, pen):
    """[(column, text, look)]"""
    col, runs = 0, []
    for part in re.split(r"(\x1b\[[0-9;]*m|\x1b\([A-Z0-9]|[\x0e\x0f])", line):
        sgr = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if sgr:
            pen.take(sgr[1])
        elif part and part[0] not in "\x1b\x0e\x0f":
            runs.append((col, part, pen.look()))
            col += len(part)
    return runs, col


def draw(row, run, out):
    col, text, (fg, bg, bold, underline, dim) = run
    x, y, width = col * CHAR_W, row * CHAR_H, len(text) * CHAR_W
    if bg:
        out.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" '
                   f'height="{CHAR_H}" fill="{bg}"/>')
    if not text.strip():
        return
    style = ' font-weight="bold"' * bold + \
        ' text-decoration="underline"' * underline + ' opacity="0.6"' * dim
    out.append(f'<text x="{x:.1f}" y="{y + 13}" fill="{fg}"{style} '
               f'textLength="{width:.1f}" lengthAdjust="spacingAndGlyphs">'
               f'{escape(text)}</text>')


def main():
    lines = sys.stdin.read().rstrip("\n").split("\n")
    pen, out, cols = Pen(), [], 0
    for row, line in enumerate(lines):
        runs, width = runs_of(line, pen)
        cols = max(cols, width)
        for run in runs:
            draw(row, run, out)
    width, height = cols * CHAR_W + 4, len(lines) * CHAR_H
    title = escape(sys.argv[1] if len(sys.argv) > 1 else "a terminal")
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
          f'height="{height}" font-family="DejaVu Sans Mono, Menlo, '
          f'Consolas, monospace" font-size="{SIZE}" xml:space="preserve">\n'
          f'<title>{title}</title>\n'
          f'<rect width="100%" height="100%" fill="{BG}"/>')
    print("\n".join(out))
    print("</svg>")


main()
