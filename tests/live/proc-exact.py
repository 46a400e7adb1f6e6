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


@live.timed
def measured(tap, mode):
    tap.note(f"--- {mode}")
    run = live.Measured(mode, SECONDS)
    rows = exact.compare(run)
    exact.show(tap, run, rows)
    for row in rows:
        tap.ok(row[-1], f"{mode}: {row[0]} within {exact.BOUND:.0%}")
    tap.ok(exact.residual_small(run),
           f"{mode}: residual below {exact.BOUND:.0%} of wall")


def main(tap):
    for mode in sys.argv[1:] or MODES:
        measured(tap, mode)


live.run(main)
