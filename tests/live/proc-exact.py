#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The exact terms within 2%, and the residual below 2% of wall, by mode.

proc-exact.py [MODE...]: of these alone.
"""

import sys

import exact
import live

MODES = ["sleep", "burners", "pipe", "waits", "threads", "procs"]
SECONDS = 5


def attempt(tap, mode):
    run = live.Measured(mode, SECONDS)
    rows = exact.compare(run)
    exact.show(tap, run, rows)
    return run, rows, exact.residual_small(run)


def main(tap):
    for mode in sys.argv[1:] or MODES:
        tap.note(f"--- {mode}")
        run, rows, small = attempt(tap, mode)
        why = exact.disturbed(mode, run)
        if why and not (small and all(row[-1] for row in rows)):
            tap.note(f"{mode} was disturbed ({why}); measured once more:")
            run, rows, small = attempt(tap, mode)
        for row in rows:
            tap.ok(row[-1], f"{mode}: {row[0]} within {exact.BOUND:.0%}")
        tap.ok(small, f"{mode}: residual below {exact.BOUND:.0%} of wall")


live.run(main)
