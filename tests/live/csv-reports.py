#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""--format=csv as python's csv module reads it: the same values as in JSON, one
header for many reports, and nothing that a spreadsheet would calculate."""

import csv
import io
import os
import re

import launched
import live

FIXED = ["end", "end_ns", "interval_ns", "target", "collector", "kind",
         "name", "amount", "estimated", "residual_ns", "blocked_lo_ns",
         "blocked_hi_ns"]
# What JSON has of a row beside its columns.
BESIDE = {"estimated", "blocked_lo_ns", "blocked_hi_ns"}
CALLS = 5000


def lines_of(text):
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def known(line):
    return {name for name, value in line.items()
            if value != "" and name not in FIXED}


def as_json(tap, collector, args):
    """The same command twice, as its calls are known to the call."""
    args = [f"--collector={collector}", "-q", "-e", "trace=getppid", *args]
    command = [launched.work("loop"), "getppid", str(CALLS)]
    wanted = launched.Launched(args, command)
    path = os.path.join(live.scratch(), "report.csv")
    run = launched.Run([live.TOOL, "--format=csv", "-o", path, *args,
                        *command])
    name = " ".join([collector, *args[3:]])
    tap.ok(run.status == 0, f"{name}: exit status 0", run.stderr)
    with open(path, encoding="utf-8", newline="") as file:
        lines = lines_of(file.read())
    rows = [line for line in lines if line["kind"] == "row"]
    ours = {line["syscall"]: line for line in rows}
    theirs = {row["syscall"]: row for row in wanted.report["rows"]}
    tap.ok("getppid" in ours and "getppid" in theirs,
           f"{name}: there is a row for the call", list(ours), list(theirs))
    ours, theirs = ours["getppid"], theirs["getppid"]
    tap.ok(ours["calls"] == str(CALLS) == str(theirs["calls"]),
           f"{name}: all calls", ours, theirs)
    if collector == "bpf":
        differ = known(ours) ^ (set(theirs) - BESIDE)
        tap.ok(not differ, f"{name}: what is known is what JSON has",
               sorted(differ))
    kinds = [line["kind"] for line in lines]
    tap.ok(kinds.count("total") == 1 and
           kinds.count("process") == len(wanted.report["processes"]),
           f"{name}: processes, and their sum", kinds)
    return lines


def intervals(tap):
    mix = live.Mix("threads", 4 * live.DEADLINE)
    mix.go()
    tool = live.Tool(["--collector=proc", "-p", mix.target, "--format=csv",
                      "-d", "0.3", "-n", "3"])
    tap.ok(tool.wait() == 0, "intervals: exit status 0", tool.stderr)
    text = tool.stdout
    lines = lines_of(text)
    records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    tap.ok(records[0][:len(FIXED)] == FIXED and
           records.count(records[0]) == 1, "intervals: one header",
           records[0])
    tap.ok({len(record) for record in records} == {len(records[0])},
           "intervals: all lines have as many fields")
    tap.ok(text.count("\r\n") == text.count("\n") == len(records),
           "intervals: a record is a line, which ends as RFC 4180 says")
    ends = [int(line["end_ns"]) for line in lines if line["kind"] == "total"]
    tap.ok(len(ends) == 3 and ends == sorted(set(ends)),
           "intervals: three reports, each with its end", ends)
    tap.ok({line["target"] for line in lines} == {f"p {mix.target}"} and
           {line["collector"] for line in lines} == {"proc"},
           "intervals: whose it is, and how measured, on each line",
           lines[0])
    estimated = [line for line in lines if line["kind"] == "row"
                 and "blocked_ns" in line["estimated"].split()]
    tap.ok(estimated and all(line["blocked_ns"] for line in estimated),
           "intervals: estimates are told", lines[0])
    tap.ok(all(line["calls"] == line["errors"] == "" for line in lines),
           "intervals: what proc does not know is empty")
    mix.kill()


def hostile(tap):
    """Names that are no names, and one that a spreadsheet would run."""
    mix = live.Mix("hostile", 0.5)
    tool = live.Tool(["--collector=proc", "-p", mix.target, "--format=csv",
                      "--by=process,thread,syscall"])
    tool.attached()
    mix.go()
    mix.finish()
    tap.ok(tool.wait() == 0, "hostile names: exit status 0", tool.stderr)
    lines = lines_of(tool.stdout)
    tap.ok(lines and not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]",
                                   tool.stdout),
           "hostile names: no control characters", repr(tool.stdout))
    path = os.path.join(live.scratch(), "=1+1")
    os.symlink("/bin/sleep", path)
    victim = live.Process([path, str(4 * live.DEADLINE)])
    live.until(lambda: launched.comm(victim.pid) == "=1+1", live.DEADLINE,
               "the program to have its name")
    run = launched.Run([live.TOOL, "--collector=proc", "--format=csv",
                        "--by=process", "--seconds=0.2", "-p",
                        str(victim.pid)])
    names = {line["process"] for line in lines_of(run.stdout)} - {""}
    tap.ok(names == {"\\0751+1"}, "a name that begins a formula: does not",
           names, run.stderr)
    victim.kill()


def refused(tap):
    for args, words in ((["-D"], "-D is for text"),
                        (["--slowest=3"], "has no place for --slowest"),
                        (["--contrast"], "does not go with --contrast")):
        run = launched.Run([live.TOOL, "--format=csv", *args, "true"])
        tap.ok(run.status == 2 and words in run.stderr,
               f"{args[0]}: refused with a sentence", run.status, run.stderr)


def main(tap):
    heads = []
    for collector, args in (("bpf", []), ("bpf", ["--by=thread,syscall"]),
                            ("seccomp", ["-A"])):
        if collector == "bpf":
            try:
                live.need_bpf()
            except live.Skip as why:
                tap.note(f"bpf: {why}")
                continue
        heads.append(list(as_json(tap, collector, args)[0]))
    tap.ok(heads and all(head == heads[0] for head in heads),
           "the header is the same whatever was measured", *heads)
    intervals(tap)
    hostile(tap)
    refused(tap)


live.run(main)
