#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts under the bpf collector, against what a program knows itself and
against strace -cf: each call, from an execve to the end of the last thread."""

import json
import os
import subprocess
import sys

import launched
import live

# Threads that meet or do not meet at a lock; names of temporary files.
BY_CHANCE = {"futex", "getrandom"}

# What a report may say was lost without being wrong in a count.
HARMLESS = {"calls_untimed", "calls_partial", "switches_missed",
            "histograms_refused"}


def lost(report):
    return {name: number for name, number in report["loss"].items()
            if number and name not in HARMLESS}


def own_counts(tap, name, argv, args=(), more=None):
    """A workload that prints its own counts, by name or by ABI and name."""
    run = launched.Launched(["--collector=bpf", "-q", *args],
                            [launched.work(argv[0]), *argv[1:]],
                            stdin=subprocess.PIPE if more else
                            subprocess.DEVNULL)
    truth = json.loads(run.stdout.splitlines()[-1])
    counts = run.counts()
    for row in run.report["rows"]:
        if row.get("calls"):
            counts[f"{row['abi']} {row['syscall']}"] = row["calls"]
    errors = sum(row.get("errors", 0) for row in run.report["rows"]
                 if row["syscall"] in truth)
    wanted = {call: n for call, n in truth.items() if call != "errors"}
    ours = {call: counts.get(call, 0) for call in wanted}
    tap.ok(run.status == 0 and ours == wanted
           and errors >= truth.get("errors", 0) and not lost(run.report),
           f"{name}: {sum(wanted.values())} calls, to the call",
           run.status, ours, wanted, run.report["loss"])
    if "errors" in truth:
        tap.ok(errors == truth["errors"],
               f"{name}: {truth['errors']} of them failed", errors)
    return run


@live.timed
def storm(tap, threads, calls, forks):
    """The storm waits for a line, which shell gives it."""
    run = launched.Launched(
        ["--collector=bpf", "-q"],
        ["sh", "-c", 'echo go | exec "$@"', "sh", launched.work("storm"),
         str(threads), str(calls), str(forks)])
    truth = json.loads(run.stdout.splitlines()[-1])
    storms = run.report
    counts = run.counts()
    # The shell's own call of getppid as it starts.
    counts["getppid"] -= counts["getppid"] - truth["getppid"] == 1
    tap.ok(all(abs(counts.get(call, 0) - n) <= 2 * (call == "getuid")
               for call, n in truth.items()) and not lost(storms),
           f"a storm of {threads} x {calls} calls with {threads * forks} "
           "forks, to the call", counts, truth, storms["loss"])
    wall = storms["ledger"]["wall_ns"]
    # A switch's own time is in both clocks, as in bpf-split.py.
    tap.ok(abs(storms["ledger"]["residual_ns"]) < wall / 100
           + run.stolen_ns + 20000 * storms["ledger"]["switches"],
           "its residual is below 1% of wall: "
           f"{live.percent(storms['ledger']['residual_ns'], wall)}")


def differing(command, chance):
    strace = launched.strace_counts(command)
    run = launched.Launched(["--collector=bpf", "-q"], command)
    ours = run.counts()
    wanted = {call for call in {*ours, *strace}
              if ours.get(call) or strace.get(call)}
    wanted -= BY_CHANCE | set(chance)
    return run, wanted, {call: (ours.get(call), strace.get(call))
                         for call in wanted
                         if ours.get(call, 0) != strace.get(call, 0)}


def against_strace(tap, name, command, chance=()):
    # Two runs of a command may differ by themselves, though rarely.
    for _ in range(3):
        run, wanted, wrong = differing(command, chance)
        if not wrong:
            break
    tap.ok(not wrong and not lost(run.report),
           f"{name}: {len(wanted)} calls as often as by strace",
           f"(ours, strace's): {wrong}", run.report["loss"])


def main(tap):
    live.need_bpf()
    live.need("strace")
    full = "--full" in sys.argv
    storm(tap, 4, 5000000 if full else live.fewer(250000), 50)
    own_counts(tap, "8 forks x 4 threads x 65 chdir", ["storm", "chdir"])
    own_counts(tap, "all entries of the kernel", ["abis"])
    own_counts(tap, "50 vforks", ["edges", "vforks"])
    own_counts(tap, "execve by another thread", ["edges", "takeover"])
    own_counts(tap, "100 signals", ["edges", "signals"])
    threads = live.fewer(20000)
    churn = ["edges", "churn", str(threads)]
    own_counts(tap, f"{threads} threads, one after the other", churn)
    own_counts(tap, "the same by thread", churn, ["--by=thread,syscall"])
    folder = live.scratch()
    against_strace(tap, "cp -r", ["sh", "-c", 'rm -rf "$2"; cp -r "$1" "$2"',
                                  "sh", os.path.join(live.SRCDIR, "src"),
                                  os.path.join(folder, "copy")],
                   # The first run finds nothing to remove.
                   {"unlinkat", "getdents64", "fstat", "newfstatat",
                    "openat", "fcntl", "fstatfs", "close", "brk"})
    against_strace(tap, "find", ["find", live.SRCDIR, "-name", "*.c"])
    against_strace(tap, "python3 -c",
                   ["/usr/bin/python3", "-I", "-S", "-c",
                    "import threading\n"
                    "for i in range(20):\n"
                    "    t = threading.Thread(target=print); t.start()\n"
                    "    t.join()\n"], {"mmap", "munmap", "mprotect",
                                        "madvise", "brk"})


live.run(main)
