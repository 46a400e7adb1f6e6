#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""--probe: functions of the targets, to the call and in time, against what
the program counted and measured itself."""

import json
import os
import re
import shutil
import subprocess

import launched
import live

BPF = ["--collector=bpf", "-q"]


def function(report, name):
    rows = [row for row in report["functions"] if row["function"] == name]
    if len(rows) != 1:
        raise live.Fault(f"{len(rows)} rows of {name}: "
                         f"{report['functions']}")
    return rows[0]


class Probed(launched.Launched):
    def __init__(self, mode, *probes, args=()):
        super().__init__([*BPF, *args, *(f"--probe={p}" for p in probes)],
                         [launched.work("probed"), mode])
        if self.status or not self.report:
            raise live.Fault(f"probed {mode}: {self.status} {self.stderr}")
        self.truth = json.loads(self.stdout)

    def row(self, name):
        return function(self.report, name)


def counted(tap, name, row, calls, nested=0, unmatched=0):
    tap.ok(row["calls"] == calls and row["nested"] == nested
           and row["unmatched"] == unmatched and "in_flight" not in row,
           f"{name}: {calls} calls, to the call, {nested} nested, "
           f"{unmatched} of which one side was seen", row)


# Beside the function's own time our end of a call is in it, by the program's
# clock, which is read inside: a hit took up to 5 us on an idle machine and
# more with a cold cache. An emulated machine takes 200.
HIT_NS = 30000 * max(1, live.SLOW)


def slack_of(run):
    """So much may be between the program's clock and a probe: what it had to
    wait for a CPU there, and what the machine took."""
    outside = [row for row in run.report["rows"] if row["syscall"][0] == "["]
    return run.stolen_ns + sum(row.get("runq_ns", 0) for row in outside)


def timed(tap, name, row, truth, slack_ns):
    off = row["wall_ns"] - truth["ns"]
    tap.ok(abs(off) <= HIT_NS * truth["calls"] + slack_ns,
           f"{name}: {off / truth['calls'] / 1000:.1f} us a call beside the "
           "program's own clock", row, truth)
    tap.ok(row["wall_ns"] == row["blocked_ns"] + row["runq_ns"]
           + row["cpu_ns"] and row["min_ns"] <= row["p50_ns"]
           <= row["max_ns"] and row["min_ns"] * row["calls"]
           <= row["wall_ns"] <= row["max_ns"] * row["calls"],
           f"{name}: the split adds up, and the bounds hold it", row)


@live.timed
def calls(tap):
    run = Probed("calls", "nap=exe:probed_nap", "exe:probed_spin")
    row = run.row("nap")
    counted(tap, "naps", row, run.truth["nap"]["calls"])
    timed(tap, "naps", row, run.truth["nap"], slack_of(run))
    tap.ok(row["blocked_ns"] >= 0.8 * row["wall_ns"] - run.stolen_ns,
           "naps: they sleep", row)
    row = run.row("probed_spin")
    counted(tap, "a name of its own", row, run.truth["spin"]["calls"])
    timed(tap, "spins", row, run.truth["spin"], slack_of(run))
    tap.ok(row["cpu_ns"] + row["runq_ns"] >= 0.98 * row["wall_ns"],
           "spins: they compute", row)
    lost = {k: v for k, v in run.report["loss"].items() if v}
    tap.ok(not lost, "nothing is lost", lost)
    tap.ok("uretprobe" not in run.counts(),
           "and a probe's own call is not the program's", run.counts())
    ledger = run.report["ledger"]
    tap.ok(abs(ledger["residual_ns"]) < ledger["wall_ns"] / 50
           + run.stolen_ns + 10**6, "the account has no part in it", ledger)


def recursion(tap):
    run = Probed("recursion", "depth=exe:probed_depth")
    counted(tap, "recursion", run.row("depth"), run.truth["depth"]["calls"],
            run.truth["nested"]["calls"])


def jumps(tap):
    run = Probed("jumps", "jump=exe:probed_jump")
    counted(tap, "longjmp", run.row("jump"), run.truth["jump"]["calls"],
            unmatched=run.truth["left"]["calls"])


@live.timed
def threads(tap):
    run = Probed("threads", "nap=exe:probed_nap",
                 args=["--by=thread,syscall"])
    rows = run.report["functions"]
    tap.ok(len(rows) == 4 and len({row["tid"] for row in rows}) == 4,
           "a row for each of four threads", rows)
    total = {key: sum(row[key] for row in rows)
             for key in ("calls", "wall_ns", "nested", "unmatched")}
    tap.ok(total["calls"] == run.truth["nap"]["calls"]
           and not total["nested"] and not total["unmatched"],
           "threads: to the call", total, run.truth)
    tap.ok(abs(total["wall_ns"] - run.truth["nap"]["ns"])
           <= HIT_NS * total["calls"] + 4 * run.stolen_ns + slack_of(run),
           "threads: in time", total, run.truth)
    run = Probed("threads", "nap=exe:probed_nap")
    row = run.row("nap")
    tap.ok(row["calls"] == total["calls"] and "pid" not in row,
           "and one of all of them", row)


@live.timed
def pairs(tap):
    run = Probed("pairs", "pair=exe:probed_begin..probed_end")
    row = run.row("pair")
    counted(tap, "pairs", row, run.truth["pair"]["calls"],
            unmatched=run.truth["alone"]["calls"])
    timed(tap, "pairs", row, run.truth["pair"], slack_of(run))


@live.timed
def places(tap):
    run = Probed("places", "usdt:exe:probed:odd",
                 "place=usdt:exe:probed:start..stop")
    row = run.row("odd")
    tap.ok(row["calls"] == run.truth["odd"]["calls"]
           and not row.keys() & {"wall_ns", "min_ns", "p50_ns", "nested"},
           "a static probe is counted, and not timed", row)
    row = run.row("place")
    counted(tap, "static pairs", row, run.truth["place"]["calls"])
    timed(tap, "static pairs", row, run.truth["place"], slack_of(run))


def library(tap):
    path = os.path.join(launched.WORK, "libprobed.so.1")
    run = Probed("library", f"work={path}:library_work")
    counted(tap, "a library by its path", run.row("work"),
            run.truth["library"]["calls"])


def attached(tap):
    """By what is mapped: a library's name, and a program that is gone."""
    folder = live.scratch()
    program = shutil.copy(launched.work("probed"), folder)
    shutil.copy(os.path.join(launched.WORK, "libprobed.so.1"), folder)
    target = live.Process([program, "wait"], stdin=subprocess.PIPE)
    live.until(lambda: live.wchan(target.pid).endswith("pipe_read"),
               live.DEADLINE, "probed to wait")
    os.unlink(program)
    tool = live.Tool(["--collector=bpf", "--format=json",
                      "--probe=nap=exe:probed_nap",
                      "--probe=sleep=libc.so.6:usleep",
                      "--probe=work=libprobed:library_work",
                      "-p", target.pid])
    tool.attached()
    target.popen.stdin.write(b"go\n")
    target.wait()
    tap.ok(tool.wait() == 0, "attached, until it ended", tool.stderr)
    truth = json.loads(target.stdout)
    report = tool.reports()[-1]
    counted(tap, "a program that was deleted", function(report, "nap"),
            truth["nap"]["calls"])
    counted(tap, "libc.so.6", function(report, "sleep"),
            truth["nap"]["calls"])
    tap.ok(not [row for row in report["functions"]
                if row["function"] == "work"],
           "what was not called has no row", report["functions"])


def text(tap):
    run = launched.Run([live.TOOL, *BPF, "--probe=nap=exe:probed_nap",
                        launched.work("probed"), "calls"])
    found = re.search(r"\nfunctions:\nwall s .*nested unmatched in flight "
                      r"function\n-[- ]*\n *(\d+\.\d+) .* 200 .* nap *\n",
                      run.stderr)
    tap.ok(run.status == 0 and found, "the table", run.stderr)


def refusals(tap):
    probed = launched.work("probed")
    for spec, wanted in (
            ("x=exe:nothing", "has no function nothing"),
            ("x=exe:probed_begin..nothing", "has no function nothing"),
            ("x=exe:usleep", "has no function usleep"),
            ("usdt:exe:probed:nothing", "has no static probe probed:nothing"),
            ("x=/nonexistent:f", "cannot open /nonexistent"),
            ("x=/etc/passwd:f", "is no program or library"),
            ("x=libc.so.6:usleep", "give its path"),
            ("x=", "give NAME=LIBRARY:FUNCTION"),
            ("=exe:f", "a name of 1 to 63 bytes"),
            ("usdt:exe:f", "give NAME=LIBRARY:FUNCTION")):
        run = launched.Run([live.TOOL, *BPF, f"--probe={spec}", probed,
                            "calls"])
        tap.ok(run.status == 2 and wanted in run.stderr
               and not run.stdout and run.stderr.count("\n") == 1,
               f"--probe={spec} is refused, and the command not run",
               run.status, run.stderr)
    run = launched.Run([live.TOOL, *BPF, "--probe=libnone:f", "--seconds=1",
                        "-p", str(os.getpid())])
    tap.ok(run.status == 2 and "libnone is not mapped" in run.stderr,
           "a library that the target does not have", run.stderr)
    run = launched.Run([live.TOOL, "--collector=seccomp", "--probe=exe:f",
                        probed, "calls"])
    tap.ok(run.status == 2 and "--probe needs another collector than seccomp"
           in run.stderr, "another collector", run.stderr)


def main(tap):
    live.need_bpf()
    for part in live.chosen([calls, recursion, jumps, threads, pairs, places,
                             library, attached, text, refusals]):
        part(tap)


live.run(main)
