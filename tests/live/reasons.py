#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What threads wait for and who wakes them, under the bpf collector: known
waits, each of its kind, by the waker that the workload says it was."""

import collections
import json
import os
import re
import subprocess

import launched
import live

BPF = ["--collector=bpf", "-q"]
# By mode of the workload: the call, the reason, who the waker has to be.
MODES = {
    "pipes": ("read", "pipe", "known"),
    "unixes": ("read", "unix socket", "known"),
    "tcp": ("read", "network", "known"),
    "polls": ("poll", "events", "known"),
    "epolls": ("epoll_wait", "events", "known"),
    "futexes": ("futex", "futex or lock", "known"),
    "timers": ("nanosleep", "timer", "timer"),
    "children": ("wait4", "child", "known"),
    "locks": ("flock", "file lock", "known"),
    "stops": ("[outside calls]", "stopped", "known"),
    "faults": ("[outside calls]", "page fault", "known"),
    "mapped": ("[outside calls]", "page fault", "interrupt"),
    "disks": ("pread64", "disk", "interrupt"),
}
# What else of ours waits in the same call is not what is asked for.
SHARE = 0.95
BY = "--by=process,thread,syscall,reason,waker"


def scratch_file():
    """On a real disk, if there is one here."""
    return os.path.join(live.scratch(live.BUILDDIR), "file")


def run_mode(mode, by=BY, more=()):
    run = launched.Launched([*BPF, by, *more],
                            [launched.work("reasons"), mode, scratch_file()])
    if run.status or not run.report:
        raise live.Fault(f"{mode}: {run.stderr}")
    return run, json.loads(run.stdout or "{}")


def waits_of(report, tid, call):
    """Rows of sleeps of a thread in a call."""
    return [row for row in report["rows"]
            if row.get("tid") == tid and row["syscall"] == call
            and row.get("reason", "(not waiting)") != "(not waiting)"]


def total(rows, column):
    return sum(row.get(column, 0) for row in rows)


def is_waker(row, wakers, kind):
    """Whether the waker of these sleeps is who it has to be."""
    name = row["waker"]
    if kind == "timer":
        return name == "(timer)"
    if kind == "interrupt":
        # Completions may be handed on to a thread of the kernel's.
        return name in ("(interrupt)", "(softirq)") or re.match(
            r"(ksoftirqd|kworker|irq)/", name)
    # NAME PID or NAME PID/TID, by what it says of itself.
    found = re.search(r" (\d+)(?:/(\d+))?$", name)
    return found and f"{found[1]}/{found[2] or found[1]}" in wakers


@live.timed
def kind_of(tap, mode, call, reason, kind):
    run, truth = run_mode(mode)
    if not truth:
        tap.skip(mode, "kernel: not to be had here")
        return
    rows = waits_of(run.report, truth["tid"], call)
    blocked = total(rows, "blocked_ns")
    times = total(rows, "vcsw")
    if kind == "interrupt" and times < truth["times"] / 4:
        # Whatever is between had it ready: there is next to no wait to
        # be looked at, here and now.
        tap.note(f"{mode}: {times} of {truth['times']} reads wait")
        return
    right = [row for row in rows if row["reason"] == reason]
    tap.ok(blocked > 0
           and total(right, "blocked_ns") >= SHARE * blocked,
           f"{mode}: {live.percent(total(right, 'blocked_ns'), blocked)} "
           f"of {live.msec(blocked)} ms of {call} is '{reason}'", *rows)
    if kind != "interrupt":
        slack = (run.stolen_ns
                 + truth["times"] * 400000 * max(1, live.SLOW))
        # Its own clock goes on until it has a CPU again.
        queued = total([row for row in run.report["rows"]
                        if row.get("tid") == truth["tid"]
                        and row["syscall"] == call], "runq_ns")
        tap.ok(truth["ns"] - queued - slack <= blocked
               <= truth["ns"] + slack,
               f"{mode}: {live.msec(blocked)} ms, by itself "
               f"{live.msec(truth['ns'])} ms", queued, *rows)
    by = total([row for row in right
                if is_waker(row, truth["wakers"], kind)], "vcsw")
    tap.ok(times >= truth["times"] * (0.25 if kind == "interrupt" else
                                      SHARE)
           and by >= SHARE * times,
           f"{mode}: {by} of {times} sleeps were ended by "
           f"{'its waker' if kind == 'known' else 'the ' + kind}",
           truth, *rows)


def kinds(tap):
    for mode, wanted in MODES.items():
        kind_of(tap, mode, *wanted)


@live.timed
def bystanders(tap):
    """Timers interrupt processes that run beside: these wake nobody."""
    busy = [live.Process([launched.work("loop"), "getppid", "2000000000"])
            for _ in range(os.cpu_count())]
    run, truth = run_mode("timers")
    if any(process.poll() is not None for process in busy):
        raise live.Fault(f"they are not busy: {busy[0].stderr}")
    for process in busy:
        process.kill()
    rows = waits_of(run.report, truth["tid"], "nanosleep")
    timer = total([r for r in rows if r["waker"] == "(timer)"], "vcsw")
    tap.ok(timer >= SHARE * total(rows, "vcsw") > 0,
           f"beside busy processes, {timer} of {total(rows, 'vcsw')} sleeps "
           "were ended by the timer", *rows)


@live.timed
def sums(tap):
    """Rows add up to what they are without reasons, by call and in all."""
    for mode in ("pipes", "futexes", "stops", "children"):
        run, truth = run_mode(mode)
        ledger = run.report["ledger"]
        blocked = total(run.report["rows"], "blocked_ns")
        tap.ok(abs(blocked - ledger["blocked_ns"]) <= 1000,
               f"{mode}: {live.msec(blocked)} ms of all rows, "
               f"{live.msec(ledger['blocked_ns'])} ms of all threads",
               run.report["ledger"])
        tap.ok(total(run.report["rows"], "vcsw") + total(
            run.report["rows"], "icsw") == ledger["switches"],
               f"{mode}: {ledger['switches']} switches in both", ledger)
        calls = collections.Counter()
        for row in run.report["rows"]:
            if row.get("tid") == truth["tid"]:
                calls[row["syscall"]] += row.get("blocked_ns", 0)
        negative = [row for row in run.report["rows"]
                    if min(row.get(c, 0) for c in
                           ("blocked_ns", "wall_ns", "vcsw")) < 0]
        tap.ok(not negative, f"{mode}: no row has less than nothing",
               *negative)
        idle = total([row for row in run.report["rows"]
                      if row["reason"] == "(not waiting)"], "blocked_ns")
        tap.ok(idle <= blocked / 100,
               f"{mode}: {live.msec(idle)} ms have no reason", calls)


def attaches(tap):
    """A sleep that began before, and goes on at the report."""
    sleeper = live.Process(["sleep", "1000"])
    live.until(lambda: "nanosleep" in live.wchan(sleeper.pid), live.DEADLINE,
               "sleep to sleep")
    tool = live.Tool([*BPF, "--by=syscall,reason,waker", "--format=json",
                      "-d", "0.2", "-n", "3", "-p", sleeper.pid])
    tool.wait()
    reports = tool.reports()
    tap.ok(len(reports) >= 3, "there are reports", tool.stderr)
    for report in reports[:3]:
        rows = [r for r in report["rows"] if r.get("blocked_ns", 0) > 0]
        tap.ok(len(rows) == 1 and rows[0]["reason"] == "timer"
               and rows[0]["syscall"] == "clock_nanosleep"
               and rows[0]["waker"] == "(nobody)",
               "one that is asleep as it is found waits for a timer, in "
               f"each interval: {live.msec(total(rows, 'blocked_ns'))} ms",
               *report["rows"])
        tap.ok(total(report["rows"], "blocked_ns")
               == report["ledger"]["blocked_ns"],
               "and the rows add up", *report["rows"])
    sleeper.kill()


@live.timed
def intervals(tap):
    """Sleeps that go on over some intervals, and end in the middle of one."""
    sleeper = live.Process(
        ["sh", "-c", "read go; for i in 1 2 3 4 5 6; do sleep 0.33; done"],
        stdin=subprocess.PIPE)
    tool = live.Tool(["--collector=bpf", "--by=syscall,reason,waker", "--format=json",
                      "-d", "0.1", "-p", sleeper.pid])
    tool.attached()
    sleeper.popen.stdin.write(b"\n")
    tool.wait()
    reports = tool.reports()
    # One that was in the queue at a report may have been taken for asleep.
    negative = [row for report in reports for row in report["rows"]
                if min(row.get(c, 0) for c in ("blocked_ns", "wall_ns"))
                < -report["ledger"].get("runq_ns", 0) or row.get("vcsw", 0) < 0]
    tap.ok(len(reports) > 4 and not negative,
           f"in none of {len(reports)} intervals is there less than nothing",
           *negative)
    waits = [row for report in reports for row in report["rows"]
             if row["reason"] != "(not waiting)"]
    tap.ok({row["reason"] for row in waits} >= {"child", "timer"},
           "the reasons are a child and a timer",
           {row["reason"] for row in waits})
    late = [report for report in reports if abs(
        total(report["rows"], "blocked_ns")
        # In one that is over before anybody ran, nothing is known.
        - report["ledger"].get("blocked_ns", 0)) > 1000]
    tap.ok(not late, "the rows of each add up to what all threads have",
           *[report["ledger"] for report in late])


def main(tap):
    live.need_bpf()
    for part in live.chosen([kinds, bystanders, sums, attaches,
                             intervals]):
        part(tap)


live.run(main)
