#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What each collector costs an smbd, in one table with what else is used for
it; part of make bench.

collectors.py [ROUNDS] [FILES]: medians over so many rounds of a copy of so
many small files, in which the ways take turns; those that take minutes have
one. audit is not among them: it slows the machine until its next boot, see
tests/vm. Nothing fails.
"""

import os
import shutil
import statistics
import sys

# pylint: disable=wrong-import-order
from ways import SIZE, copy_seconds, print_table
import live
import smbd

QUIET = [live.TOOL, "-q", "-o", "/dev/null"]


def under(*args):
    return lambda folder: copy_seconds([*QUIET, *args], folder)


def attached(*args):
    def attach(pid):
        tool = live.Tool(["-p", pid, "-o", "/dev/null", *args])
        tool.attached()
        return tool
    return lambda folder: copy_seconds([], folder, attach)


def all_of(pid):
    return [str(each) for each in (pid, *smbd.children(pid))]


def attach_strace(pid):
    process = live.Process(["strace", "-cf", "-o", "/dev/null",
                            *[f"-p{each}" for each in all_of(pid)]])
    process.wait_stderr("attached")
    return process


def attach_perf(pid):
    process = live.Process(["perf", "trace", "-s", "-o", "/dev/null", "-p",
                            ",".join(all_of(pid))])
    # It says nothing; it has mapped its buffers once it waits for events.
    live.until(lambda: "poll" in live.wchan(process.pid), live.DEADLINE,
               "perf to attach")
    return process


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    if os.geteuid() or not shutil.which("smbd"):
        print("smbd is not measured: it needs root and Samba")
        return
    ways = {
        "bare": lambda folder: copy_seconds([], folder),
        "proc -p": attached("--collector=proc"),
        "bpf -p": attached("--collector=bpf"),
        "seccomp": under("--collector=seccomp"),
        "seccomp -A": under("--collector=seccomp", "-A"),
    }
    once = {"perf trace -s -p": lambda folder: copy_seconds([], folder,
                                                            attach_perf),
            "strace -cf -p": lambda folder: copy_seconds([], folder,
                                                         attach_strace)}
    once = {name: way for name, way in once.items()
            if shutil.which(name.split()[0])}
    folder = smbd.make_files("many", files, SIZE)
    figures = {name: [] for name in (*ways, *once)}
    try:
        for i in range(rounds):
            for name, way in {**ways, **({} if i else once)}.items():
                figures[name].append(way(folder))
    finally:
        live.clean_up()
    bare = statistics.median(figures["bare"])
    print_table(
        [f"{files} files copied into smbd", "runs", "seconds", "ratio"],
        [[name, len(values), f"{statistics.median(values):.2f}",
          f"{statistics.median(values) / bare:.2f}"]
         for name, values in figures.items()])


main()
