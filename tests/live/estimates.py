# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether estimates lie inside their own intervals as often as they claim."""

import os
import statistics

import live

MODES = ["waits", "sleep", "pipe"]
SECONDS = 3
LARGE = 0.05
WIDE = 0.25
STOLEN = 0.015


class Score:
    """One system call of one mode over all runs."""

    def __init__(self):
        self.inside = 0
        self.widths = []
        self.error = 0.0
        self.outside = []
        self.lines = []

    def add(self, number, run, truth, row):
        """Counts one run; a call the report lacks is outside."""
        wall = run.truth["wall_ns"]
        # What a hypervisor took is in neither's counters for sure.
        high = truth["blocked_ns"] + run.stolen_ns
        # After its wake-up the thread may have queued: not blocked any more.
        low = truth["blocked_ns"] - truth["late_ns"] - run.stolen_ns
        got = [row.get(key) for key in
               ("blocked_lo_ns", "blocked_ns", "blocked_hi_ns")]
        if None in got:
            self.outside.append(f"run {number}: no estimate: {row}")
            return
        good = got[0] <= high and low <= got[2]
        self.inside += good
        self.widths.append((got[2] - got[0] - run.stolen_ns) / wall)
        self.error += (got[1] - truth["blocked_ns"]) / wall
        line = (f"run {number}: truth {live.msec(low)} to {live.msec(high)}, "
                f"estimate {live.msec(got[1])} in {live.msec(got[0])} to "
                f"{live.msec(got[2])} ms")
        (self.lines if good else self.outside).append(line)


def measure(tap, mode, runs):
    """{call: Score} of all its runs."""
    scores = {}
    # Not every run can be repeated: the time for a test has an end.
    repeats = max(1, runs // 4)
    for number in range(1, runs + 1):
        # The run's number is the seed: no two runs have the same rhythm.
        run = live.Measured(mode, SECONDS, number)
        if repeats and run.stolen_ns > STOLEN * SECONDS * 1e9:
            repeats -= 1
            tap.note(f"run {number} was disturbed "
                     f"({live.msec(run.stolen_ns)} ms stolen): once more")
            run = live.Measured(mode, SECONDS, number)
        rows = {row["syscall"]: row for row in run.report["rows"]}
        for name, call in run.truth["calls"].items():
            if call["blocked_ns"] > LARGE * run.truth["wall_ns"]:
                score = scores.setdefault(name, Score())
                score.add(number, run, call, rows.get(name, {}))
    return scores


@live.timed
def judge(tap, mode, runs, needed):
    scores = measure(tap, mode, runs)
    tap.ok(scores, f"{mode}: some calls take more than 5% of wall")
    table = []
    for name, s in scores.items():
        # Half of the runs: a machine under load allows for fewer looks.
        width = statistics.median(s.widths or [1.0])
        table.append([name, f"{s.inside} of {runs}", f"{width:.1%}",
                      f"{max(s.widths or [1.0]):.1%}",
                      f"{s.error / runs:+.2%}"])
        tap.ok(s.inside >= needed,
               f"{mode}: {name} inside its interval, {s.inside} of {runs} "
               f"runs, at least {needed}", *s.outside)
        tap.ok(width < WIDE,
               f"{mode}: {name} has intervals below {WIDE:.0%} of wall, "
               "by the median", *s.lines)
    tap.table(["of wall", "inside", "width", "widest", "mean error"], table)


def main(tap):
    runs = int(os.environ.get("RUNS", "5"))
    needed = int(os.environ.get("INSIDE", str(runs * 9 // 10)))
    for mode in MODES:
        tap.note(f"--- {mode}, {runs} runs of {SECONDS} seconds")
        judge(tap, mode, runs, needed)
