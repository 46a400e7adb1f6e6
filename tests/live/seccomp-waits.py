#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Known waits under the seccomp collector: blocked time is booked to the call
that waited, also where it is one that is not notified."""

import json

import launched
import live

BLOCKED = 0.05		# of what the program measured
RUNQ = 0.10
RESIDUAL = 0.03		# of wall
# A wait this short is our own answers' size: no share of it is promised.
WORTH_NS = 20 * 10**6


def of_first_thread(report, pid, syscall, key):
    return sum(row.get(key, 0) for row in report["rows"]
               if row.get("tid") == pid and syscall in (None, row["syscall"]))


def judge(run, truth):
    """[(what, truth, report, good)] of one run."""
    report = run.report
    pid = min(row["pid"] for row in report["rows"])
    # In a call by the program's clock, but not blocked any more.
    queued = of_first_thread(report, pid, None, "runq_ns")
    counts = {}
    rows = []
    for call, measured in truth.items():
        ns = measured["ns"]
        if call in ("runq", "cpu"):
            value = of_first_thread(report, pid, None, call + "_ns")
            bound, late = RUNQ, 0
        else:
            value = of_first_thread(report, pid, call, "blocked_ns")
            counts[call] = of_first_thread(report, pid, call, "calls")
            bound, late = BLOCKED, queued
        # A stolen CPU makes any of them late.
        room = bound * ns + run.stolen_ns
        good = -room - late <= value - ns <= room \
            or max(ns, value) < WORTH_NS
        rows.append((call, ns, value, good))
    ledger = report["ledger"]
    rows.append(("residual", 0, ledger["residual_ns"],
                 abs(ledger["residual_ns"])
                 <= RESIDUAL * ledger["wall_ns"] + run.stolen_ns))
    return rows, counts


def measure(mode, args):
    stolen = live.stolen_ns()
    run = launched.Launched([*args, "-q", "--by=process,thread,syscall"],
                            [launched.work("waits"), mode])
    run.stolen_ns = live.stolen_ns() - stolen
    if run.status or not run.report:
        raise live.Fault(f"waits {mode}: {run.status} {run.stderr}")
    return run, json.loads(run.stdout)


@live.timed
def compared(tap, mode, args):
    name = f"{mode} {' '.join(args)}"
    run, truth = measure(mode, args)
    rows, counts = judge(run, truth)
    tap.table([name, "truth, ms", "report, ms", "error"],
              [[what, live.msec(ns), live.msec(value),
                live.percent(value - ns, ns)]
               for what, ns, value, _ in rows])
    for what, _, _, good in rows:
        tap.ok(good, f"{name}: {what} within its bound",
               run.report["ledger"])
    for call, count in counts.items():
        wanted = truth[call]["calls"]
        # By default these are seen by looks, and not counted.
        if call in ("read", "openat"):
            wanted = count if args else 0
        tap.ok(count == wanted, f"{name}: {call} is counted "
               f"{wanted} times", count)


def main(tap):
    for mode in ("sleeps", "polls", "futexes", "pipes", "fifos", "burners"):
        for args in ([], ["-A"]):
            compared(tap, mode, args)


live.run(main)
