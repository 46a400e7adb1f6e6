# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether estimates lie inside their own intervals as often as they claim."""

import os

import live

MODES = ["waits", "sleep", "pipe"]
SECONDS = 3
LARGE = 0.05
WIDE = 0.15
STOLEN = 0.015


class Score:
    """One system call of one mode over all runs."""

    def __init__(self):
        self.inside = 0
        self.widest = 0.0
        self.error = 0.0
        self.outside = []
        self.lines = []

    def add(self, number, run, truth, row):
        """Counts one run; a call the report lacks is outside."""
        wall = run.truth["wall_ns"]
        # What a hypervisor took from a thread is in none of its counters.
        high = truth["blocked_ns"] + run.stolen_ns
        # After its wake-up the thread may have queued: not blocked any more.
        low = truth["blocked_ns"] - truth["late_ns"]
        got = [row.get(key) for key in
               ("blocked_lo_ns", "blocked_ns", "blocked_hi_ns")]
        if None in got:
            self.outside.append(f"run {number}: no estimate: {row}")
            return
        good = got[0] <= high and low <= got[2]
        self.inside += good
        self.widest = max(self.widest, (got[2] - got[0]) / wall)
        self.error += (got[1] - truth["blocked_ns"]) / wall
        line = (f"run {number}: truth {live.msec(low)} to {live.msec(high)}, "
                f"estimate {live.msec(got[1])} in {live.msec(got[0])} to "
                f"{live.msec(got[2])} ms")
        (self.lines if good else self.outside).append(line)


def quiet_run(tap, mode, number):
    """One run; a second one if the machine was not ours during the first."""
    # The run's number is the seed: no two runs have the same rhythm.
    run = live.Measured(mode, SECONDS, number)
    if run.stolen_ns > STOLEN * SECONDS * 1e9:
        tap.note(f"run {number} was disturbed ({live.msec(run.stolen_ns)} ms "
                 "stolen): measured once more")
        run = live.Measured(mode, SECONDS, number)
    return run


def one_mode(tap, mode, runs, needed):
    scores = {}
    for number in range(1, runs + 1):
        run = quiet_run(tap, mode, number)
        wall = run.truth["wall_ns"]
        rows = {row["syscall"]: row for row in run.report["rows"]}
        for name, call in run.truth["calls"].items():
            if call["blocked_ns"] > LARGE * wall:
                score = scores.setdefault(name, Score())
                score.add(number, run, call, rows.get(name, {}))
    tap.table(["call", "inside", "widest", "mean error"],
              [[name, f"{s.inside} of {runs}", f"{s.widest:.1%} of wall",
                f"{s.error / runs:+.2%} of wall"]
               for name, s in scores.items()])
    tap.ok(scores, f"{mode}: some calls take more than 5% of wall")
    for name, s in scores.items():
        tap.ok(s.inside >= needed,
               f"{mode}: {name} inside its interval, {s.inside} of {runs} "
               f"runs, at least {needed}", *s.outside)
        tap.ok(s.widest < WIDE,
               f"{mode}: {name} has intervals below {WIDE:.0%} of wall",
               *s.lines)


def main(tap):
    runs = int(os.environ.get("RUNS", "5"))
    needed = int(os.environ.get("INSIDE", str(runs * 9 // 10)))
    for mode in MODES:
        tap.note(f"--- {mode}, {runs} runs of {SECONDS} seconds")
        one_mode(tap, mode, runs, needed)
