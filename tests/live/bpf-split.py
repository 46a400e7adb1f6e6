#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""How calls' time is split under the bpf collector: blocked, on the CPU, and
waiting for a CPU, against what the program measured itself."""

import json

import launched
import live


def of(report, call, pid=None):
    """The sums of a call's rows."""
    sums = {}
    for row in report["rows"]:
        if row["syscall"] != call or (pid and row["pid"] != pid):
            continue
        for key, value in row.items():
            if isinstance(value, int):
                sums[key] = sums.get(key, 0) + value
    return sums


def edges(mode):
    """A mode of edges, accounted by process: the run, and what it printed."""
    run = launched.Launched(["--collector=bpf", "-q",
                             "--by=process,syscall"],
                            [launched.work("edges"), mode])
    return run, json.loads(run.stdout)


def near(tap, name, ours, truth, share, slack_ns=0):
    tap.ok(abs(ours - truth) <= share * truth + slack_ns,
           f"{name}: {live.msec(ours)} ms, by itself {live.msec(truth)} ms "
           f"({live.percent(ours - truth, truth)})", f"within {share:.0%}")


# The kernel's clock of a thread begins before the switch to it is over, which
# is where it stops being blocked: 5 to 15 us on a machine with cold caches.
SWITCH_NS = 20000


def residual(tap, name, run):
    """What the machine lost is in no thread's CPU time."""
    ledger = run.report["ledger"]
    tap.ok(abs(ledger["residual_ns"]) < ledger["wall_ns"] / 100
           + run.stolen_ns + SWITCH_NS * ledger["switches"],
           f"{name}: residual "
           f"{live.percent(ledger['residual_ns'], ledger['wall_ns'])}",
           ledger)


@live.timed
def waits_of(tap, mode):
    run = launched.Launched(["--collector=bpf", "-q",
                             "--by=process,syscall"],
                            [launched.work("waits"), mode])
    truth = json.loads(run.stdout)
    leader = min(run.report["processes"],
                 key=lambda process: process["pid"])["pid"]
    for call, wanted in truth.items():
        row = of(run.report, call, leader)
        # The program's clock is read outside of the call.
        near(tap, f"{mode}: {call}", row["wall_ns"], wanted["ns"], 0.01,
             50000 + wanted["calls"] * 5000 + run.stolen_ns)
        tap.ok(row["calls"] >= wanted["calls"],
               f"{mode}: {wanted['calls']} calls of {call}", row)
        near(tap, f"{mode}: {call} is blocked", row["blocked_ns"]
             + row["runq_ns"], wanted["ns"], 0.01,
             50000 + wanted["calls"] * 20000 + run.stolen_ns)
    residual(tap, mode, run)


def waits(tap):
    for mode in ("sleeps", "polls", "futexes", "pipes", "fifos"):
        waits_of(tap, mode)


@live.timed
def burns(tap):
    run, truth = edges("burn")
    row = of(run.report, "getrandom")
    near(tap, "getrandom of 16 MB is on the CPU", row["cpu_ns"],
         truth["cpu_ns"], 0.02, run.stolen_ns)
    tap.ok(row["blocked_ns"] <= row["wall_ns"] / 100,
           "and not blocked", row)
    residual(tap, "burn", run)


@live.timed
def contends(tap):
    run, truth = edges("contend")
    ours = sum(of(run.report, call, truth["pid"]).get("runq_ns", 0)
               for call in ("getrandom", "[outside calls]"))
    near(tap, "two on one CPU, in calls: run queue", ours,
         truth["runq_ns"], 0.05, run.stolen_ns)
    row = of(run.report, "getrandom", truth["pid"])
    tap.ok(row["blocked_ns"] <= row["wall_ns"] / 100,
           "being preempted is not being blocked", row)
    residual(tap, "contend", run)


@live.timed
def stops(tap):
    run, truth = edges("stop")
    pid = truth["pid"]
    row = of(run.report, "nanosleep", pid)
    outside = of(run.report, "[outside calls]", pid)
    # Times of the parent's poll, which a loaded machine makes longer.
    tap.ok(450e6 <= outside["blocked_ns"] <= 800e6,
           "stopped for 0.5 s of a sleep: that is in no call, "
           f"{live.msec(outside['blocked_ns'])} ms", outside)
    near(tap, "the sleep and its stop are all of the process's life",
         row["wall_ns"] + outside["wall_ns"],
         next(p["wall_ns"] for p in run.report["processes"]
              if p["pid"] == pid), 0.01, 10**6)
    tap.ok(row["calls"] == 2 and row["errors"] == 1,
           "the rest of it is booked to the call that it resumes", row)


def refuses(tap):
    run, _ = edges("refused")
    row = of(run.report, "getppid")
    tap.ok(row["calls"] == row["errors"] == 100
           and run.report["loss"]["calls_untimed"] == 100,
           "100 calls that seccomp refused are counted, without a time",
           row, run.report["loss"])


def operations(tap):
    run, truth = edges("uring")
    wanted = truth["operations"]
    if not wanted:
        tap.skip("io_uring", "kernel: no io_uring here")
        return
    tap.ok(run.report["loss"]["io_uring_operations"] == wanted,
           f"{wanted} operations of io_uring are no calls, and counted",
           run.report["loss"])


def main(tap):
    live.need_bpf()
    for part in live.chosen([waits, burns, contends, stops, refuses,
                             operations]):
        part(tap)


live.run(main)
