#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the seccomp collector costs, as ratios measured in one run; part of
make bench.

seccomp.py [ROUNDS] [FILES]: each figure is the median over so many rounds, in
which the ways to run something take turns, so that all see the same machine.
The bounds in the last column are what the project aims at. Nothing fails.
"""

import os
import shutil
import statistics
import subprocess
import sys

# pylint: disable=wrong-import-order
from ways import (SIZE, STRACE, WORK, copy_seconds, loop_ns, print_table,
                  ratio, rounds_of)
import live
import smbd

MANY = os.path.join(WORK, "many")
MINIMAL = os.path.join(live.BUILDDIR, "tests/bench/minimal")
QUIET = [live.TOOL, "--collector=seccomp", "-q", "-o", "/dev/null"]


def poll_number():
    """poll's number on this machine; where there is none, ppoll's."""
    return "7" if os.uname().machine == "x86_64" else "73"


def notified(rounds):
    figures = rounds_of({
        "bare": lambda: loop_ns([], "poll", 300000),
        "minimal loop": lambda: loop_ns([MINIMAL, poll_number()], "poll",
                                        100000),
        "smbsysacct": lambda: loop_ns(QUIET, "poll", 100000),
        "strace -cf": lambda: loop_ns(STRACE, "poll", 10000),
    }, rounds)
    minimal = ratio(figures, "smbsysacct", "minimal loop", "bare")
    strace = ratio(figures, "smbsysacct", "strace -cf", "bare")
    print_table(
        ["a call that is notified", "ns"],
        [[name, f"{statistics.median(values):.0f}"]
         for name, values in figures.items()])
    print_table(
        ["added cost of a call", "ratio", "aim"],
        [["smbsysacct / minimal loop", f"{minimal:.2f}", "1.25"],
         ["smbsysacct / strace -cf", f"1/{1 / strace:.1f}", "1/15"]])


def left_out(rounds):
    rows = []
    for call in ("getppid", "getfl", "read"):
        figures = rounds_of({
            "bare": lambda call=call: loop_ns([], call, 1000000),
            "smbsysacct": lambda call=call: loop_ns(QUIET, call, 1000000),
        }, rounds)
        rows.append([call, *(f"{statistics.median(values):.0f}"
                             for values in figures.values()),
                     f"{ratio(figures, 'smbsysacct', 'bare'):.2f}", "1.05"])
    print_table(["a call that is left out", "bare ns", "ns", "ratio", "aim"],
                rows)


def smbd_copy(rounds, files):
    folder = smbd.make_files("many", files, SIZE)
    ways = {"bare": [], "smbsysacct": QUIET, "smbsysacct -A": [*QUIET, "-A"]}
    figures = rounds_of({name: lambda under=under: copy_seconds(under, folder)
                         for name, under in ways.items()}, rounds)
    # It takes minutes: once is enough for a factor of ten.
    figures["strace -cf"] = [copy_seconds(STRACE, folder)] * rounds
    aims = {"smbsysacct": "1.75", "smbsysacct -A": "2.50"}
    print_table(
        [f"{files} files copied into smbd", "seconds", "ratio", "aim"],
        [[name, f"{statistics.median(values):.2f}",
          f"{ratio(figures, name, 'bare'):.2f}", aims.get(name, "")]
         for name, values in figures.items()])


def receiver_memory():
    """Resident and own memory of the receiver with 1,000 threads."""
    tool = live.Tool(["--collector=seccomp", "-q", "-o", "/dev/null", MANY,
                      "1000", "3"], stdout=subprocess.PIPE)
    tool.popen.stdout.readline()    # "ready": all of them were notified
    sizes = {}
    with open(f"/proc/{tool.pid}/task/{tool.pid}/children",
              encoding="ascii") as file:
        for pid in file.read().split():
            with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
                if comm.read().strip() != "smbsysacct:recv":
                    continue
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as maps:
                for line in maps:
                    if line.startswith(("Rss:", "Pss:")):
                        sizes[line[:3]] = int(line.split()[1]) / 1024
    tool.wait()
    print_table(["the receiver, with 1,000 threads", "MB", "aim"],
                [[name, f"{size:.1f}", "10"] for name, size in sizes.items()])


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    try:
        notified(rounds)
        left_out(rounds)
        receiver_memory()
        if os.geteuid() == 0 and shutil.which("smbd"):
            smbd_copy(min(rounds, 3), files)
        else:
            print("smbd is not measured: it needs root and Samba")
    finally:
        live.clean_up()


main()
