# SPDX-License-Identifier: GPL-2.0-or-later
"""The exact terms of a report against what mix measured itself.

Each term has to be within 2% of wall, and within 2% of itself where it is
more than 5% of wall. What a workload cannot know, the queueing after a
wake-up, makes its truth a range, not a point.

Where a hypervisor stole time, blocked is not exact and the report says so: it
has an interval, which has to hold the truth then. A workload that is not
running when it wants to cannot tell a queue from a thief, and neither its
clocks nor the tool's wake-ups are more exact than what was stolen: each bound
is wider by that.
"""

import os

import live

# A sanitized tool takes several times as long for each look, and hears of the
# ends of short lives so much later; on a slow machine it is no better off.
BOUND = 0.2 if (os.environ.get("SANITIZERS", "").strip()
                or live.SLOW > 1) else 0.02
LARGE = 0.05
# User and system time are each cut to a clock tick, before and after.
TICKS = {"user+system": 2 * 10**9 // os.sysconf("SC_CLK_TCK")}


def truths(truth):
    """Term -> (at least, at most)."""
    calls = truth["calls"].values()
    blocked = sum(c["blocked_ns"] for c in calls)
    late = sum(c["late_ns"] for c in calls)
    starved = truth["starved_ns"]
    return {
        "wall": (truth["wall_ns"],) * 2,
        "cpu": (truth["cpu_ns"],) * 2,
        "user+system": (truth["cpu_ns"],) * 2,
        "blocked": (blocked - late, blocked),
        "runq+stolen": (starved, starved + late),
    }


def reported(report):
    """Term -> what the report says; 0 if it does not."""
    ledger = report["ledger"]
    return {
        "wall": ledger.get("wall_ns", 0),
        # Of a process that was seen too late it is not known.
        "cpu": sum(p.get("cpu_ns", 0) for p in report["processes"]),
        "user+system": ledger.get("user_ns", 0) + ledger.get("system_ns", 0),
        "blocked": ledger.get("blocked_ns", 0),
        "runq+stolen": ledger.get("runq_ns", 0) + ledger.get("stolen_ns", 0),
    }


def slack(report, term):
    """(below, above): how far off a term may be, by the report itself."""
    ledger = report["ledger"]
    if "blocked_lo_ns" not in ledger:
        return 0, 0
    below = ledger["blocked_ns"] - ledger["blocked_lo_ns"]
    above = ledger["blocked_hi_ns"] - ledger["blocked_ns"]
    # What was not stolen was blocked.
    return {"blocked": (below, above),
            "runq+stolen": (above, below)}.get(term, (0, 0))


def compare(run):
    """[(term, low, high, reported, error, good)]"""
    low_high = truths(run.truth)
    wall = run.truth["wall_ns"]
    rows = []
    for term, value in reported(run.report).items():
        low, high = low_high[term]
        below, above = slack(run.report, term)
        nearest = min(max(value, low - above), high + below)
        error = value - nearest
        bound = BOUND * (nearest if nearest > LARGE * wall else wall)
        bound += run.stolen_ns + TICKS.get(term, 0)
        rows.append((term, low, high, value, error, abs(error) <= bound))
    return rows


def residual_small(run):
    ledger = run.report["ledger"]
    return ("residual_ns" in ledger
            and abs(ledger["residual_ns"]) < (BOUND * ledger["wall_ns"]
                                              + run.stolen_ns))


def show(tap, run, rows):
    wall = run.truth["wall_ns"]
    tap.table(
        ["term, ms", "truth", "or up to", "report", "error", "of wall",
         "of itself", ""],
        [[term, live.msec(low), live.msec(high), live.msec(value),
          live.msec(error), live.percent(error, wall),
          live.percent(error, low), "" if good else "<-- beyond the bound"]
         for term, low, high, value, error, good in rows])
    residual = run.report["ledger"].get("residual_ns", 0)
    tap.note(f"residual {live.msec(residual)} ms, "
             f"{live.percent(residual, wall)} of wall; "
             f"{len(run.report['processes'])} processes of "
             f"{run.truth['processes']}; "
             f"stolen on all CPUs {live.msec(run.stolen_ns)} ms")
    tap.note("loss: " + ", ".join(f"{key} {value}" for key, value
                                  in run.report["loss"].items()))
