#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same run under perf record -g and under ours: the hottest functions
are the same ones, and ours has the waits besides."""

import collections
import os
import re
import signal
import subprocess

import launched
import live

SECONDS = 6
HZ = 499


class Worker(live.Process):
    def __init__(self):
        super().__init__([launched.work("hot"), str(SECONDS)],
                         stdin=subprocess.PIPE)
        live.until(lambda: "ready" in self.stdout, live.DEADLINE,
                   "the worker to begin")

    def go(self):
        self.popen.stdin.write(b"\n")
        self.popen.stdin.close()


def stacks(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            frames, _, ns = line.rpartition(" ")
            yield frames.split(";"), int(ns)


def work_of(frames):
    """The one of the workload's functions that a stack goes through."""
    for name in frames:
        if re.fullmatch(r"work_\d\d|rest", name):
            return name
    return None


def ours(path):
    found = collections.Counter()
    for frames, ns in stacks(path):
        if frames[-1] == "[on CPU]" and work_of(frames):
            found[work_of(frames)] += ns
    return found


def perfs(path):
    text = subprocess.run(["perf", "script", "-i", path, "-F", "ip,sym"],
                          stdout=subprocess.PIPE, check=True, text=True,
                          stderr=subprocess.DEVNULL).stdout
    found = collections.Counter()
    for sample in text.split("\n\n"):
        name = work_of([line.split()[-1] for line in sample.splitlines()
                        if line.split()])
        if name:
            found[name] += 1
    return found


@live.timed
def main(tap):
    live.need_bpf()
    live.need("perf")
    folder = live.scratch()
    data, folded = (os.path.join(folder, name) for name in ("data", "folded"))
    worker = Worker()
    perf = live.Process(["perf", "record", "-F", str(HZ), "-g",
                         "--call-graph", "dwarf", "-e", "cpu-clock",
                         "-p", str(worker.pid), "-o", data])
    live.until(lambda: os.path.exists(data) and os.path.getsize(data),
               live.DEADLINE, "perf to begin")
    tool = live.Tool(["--collector=bpf", "-p", worker.pid,
                      "--format=folded", f"--profile={HZ}", "-o", folded])
    tool.attached()
    worker.go()
    worker.wait()
    tool.wait()
    perf.signal(signal.SIGINT)
    perf.wait()
    mine, theirs = ours(folded), perfs(data)
    hottest = [{name for name, _ in found.most_common(10)}
               for found in (mine, theirs)]
    tap.ok(sum(theirs.values()) > HZ * SECONDS / 4
           and len(hottest[0] & hottest[1]) >= 8,
           f"of ten {len(hottest[0] & hottest[1])} are the same ones",
           mine.most_common(12), theirs.most_common(12))
    shares = {name: (mine[name] / sum(mine.values()),
                     theirs[name] / sum(theirs.values()))
              for name in hottest[1]}
    worst = max(abs(a - b) for a, b in shares.values())
    tap.ok(worst < 0.05, f"their shares differ by {worst:.1%} at most",
           *shares.items())
    slept = sum(ns for frames, ns in stacks(folded)
                if "rest" in frames and frames[-1].startswith("[blocked"))
    total = sum(ns for _, ns in stacks(folded))
    tap.ok(slept > total / 50, "the time asleep is there, which perf has not: "
           f"{slept / 1e9:.2f} s")
    wall = SECONDS * 10**9
    tap.ok(total > wall / 2, f"all of wall: {total / 1e9:.2f} s")


live.run(main)
