#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the bpf collector costs, as ratios measured in one run; part of make
bench.

bpf.py [ROUNDS] [FILES]: each figure is the median over so many rounds, in
which the ways to run something take turns. The floor is a pair of programs
that do nothing; the bounds in the last column are what the project aims at.
Nothing fails.
"""

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

# pylint: disable=wrong-import-order
from ways import (LOOP, SIZE, WORK, copy_seconds, loop_ns, print_table, ratio,
                  rounds_of)
import live
import smbd

FLOOR = os.path.join(live.BUILDDIR, "tests/bench/floor")
BPF = [live.TOOL, "--collector=bpf", "-q", "-o", "/dev/null"]
MANY = os.path.join(WORK, "many")
CALLS = 1000000
# What an admin would type today.
TRACE = ("tracepoint:raw_syscalls:sys_enter /comm == str($1)/ "
         "{ @at[tid] = nsecs; } "
         "tracepoint:raw_syscalls:sys_exit /@at[tid]/ "
         "{ @n[args->ret < 0] = count(); @ns = hist(nsecs - @at[tid]); "
         "delete(@at[tid]); }")


def bare():
    return loop_ns([], "getppid", CALLS)


def beside(argv, ready=None):
    """The loop's figure while something else is attached to the machine."""
    process = live.Process(argv, stdin=subprocess.PIPE)
    if ready:
        process.wait_stderr(ready)
    else:
        live.until(lambda: "ready" in process.stdout, live.DEADLINE,
                   f"{argv[0]} to be ready")
    figure = bare()
    process.popen.stdin.close()
    process.signal(signal.SIGINT)
    process.wait()
    return figure


def untargeted(n):
    """One that is not accounted while n others are."""
    sleepers = [live.Process(["sleep", "1000"]) for _ in range(n)]
    figure = beside([live.TOOL, "--collector=bpf", "-o", "/dev/null", "-p",
                     ",".join(str(s.pid) for s in sleepers)],
                    "attached to")
    for sleeper in sleepers:
        sleeper.kill()
    return figure


def under(*args):
    return loop_ns([*BPF, *args], "getppid", CALLS)


def bpftrace():
    process = live.Process(["bpftrace", "-e", TRACE, "loop"])
    live.until(lambda: "Attaching" in process.stdout, live.DEADLINE,
               "bpftrace to attach")
    time.sleep(2)   # It says so before it does.
    figure = loop_ns([], "getppid", CALLS // 5)
    process.signal(signal.SIGINT)
    process.wait()
    return figure


def per_call(rounds):
    ways = {
        "bare": bare,
        "empty programs": lambda: beside([FLOOR]),
        "not targeted": lambda: untargeted(1),
        "not targeted, 100 are": lambda: untargeted(100),
        "targeted": under,
        "by thread": lambda: under("--by=thread,syscall"),
        "with -D": lambda: under("-D"),
    }
    if shutil.which("bpftrace"):
        ways["bpftrace"] = bpftrace
    if shutil.which("strace"):
        ways["strace -cf"] = lambda: loop_ns(
            ["strace", "-cf", "-o", "/dev/null"], "getppid", 20000)
    figures = rounds_of(ways, rounds)
    aims = {"not targeted": "1.3", "targeted": "2.0", "by thread": "2.3",
            "with -D": "2.0"}
    print_table(
        ["a call of getppid", "ns", "added", "/ empty", "aim"],
        [[name, f"{statistics.median(values):.0f}",
          f"{statistics.median(values) - statistics.median(figures['bare']):.0f}",
          f"{ratio(figures, name, 'empty programs', 'bare'):.2f}",
          aims.get(name, "")] for name, values in figures.items()])
    rows = [["smbsysacct / " + name,
             f"1/{1 / ratio(figures, 'targeted', name, 'bare'):.1f}", aim]
            for name, aim in (("bpftrace", "1/3"), ("strace -cf", "1/200"))
            if name in figures]
    print_table(["added cost of a call", "ratio", "aim"], rows)


def many_threads(rounds):
    """A report over 10,000 threads, and what it takes to attach to them."""
    rows = []
    for by in ("process", "thread,syscall"):
        first, reports, memory, maps = [], [], 0, 0
        for _ in range(rounds):
            many = live.Process([MANY, "10000", "600"])
            live.until(lambda: "ready" in many.stdout, 120, "10,000 threads")
            began = time.monotonic()
            tool = live.Tool(["--collector=bpf", "-p", many.pid,
                              f"--by={by}", "--format=json", "-d", "1000"])
            tool.attached()
            first.append(1000 * (time.monotonic() - began))
            for _ in range(3):
                cpu = cpu_ms(tool.pid)
                seen = len(tool.reports())
                tool.signal(signal.SIGUSR1)
                live.until(lambda: len(tool.reports()) > seen, 60,
                           "a report")
                reports.append(cpu_ms(tool.pid) - cpu)
            memory = max(memory, resident_mb(tool.pid))
            maps = float(re.search(r"hold ([\d.]+) MB", json.dumps(
                tool.reports()[-1]["notes"]))[1])
            tool.signal(signal.SIGINT)
            tool.wait()
            many.kill()
        rows.append([f"--by={by}", f"{statistics.median(first):.0f}",
                     f"{statistics.median(reports):.0f}",
                     "50" if by == "process" else "300",
                     f"{memory:.0f}", f"{maps:.0f}"])
    print_table(["10,000 threads", "to attach ms", "a report, ms of CPU",
                 "aim", "resident MB", "maps MB"], rows)


def cpu_ms(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e6


def resident_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1]) / 1024


def flat(rounds):
    """A call of one thread, beside none and beside 10,000 that are
    accounted."""
    figures = {1: [], 10000: []}
    for _ in range(rounds):
        for n in figures:
            many = live.Process([MANY, str(n), "600"])
            live.until(lambda: "ready" in many.stdout, 120, f"{n} threads")
            loop = live.Process(["sh", "-c", 'read x; exec "$@"', "sh", LOOP,
                                 "getppid", str(CALLS)],
                                stdin=subprocess.PIPE)
            tool = attach(f"{many.pid},{loop.pid}")
            loop.popen.stdin.write(b"\n")
            loop.wait()
            figures[n].append(float(loop.stdout))
            many.kill()
            tool.wait()
    one, all_of_them = (statistics.median(figures[n]) for n in (1, 10000))
    print_table(["a call of getppid, ns", "1 thread", "10,000", "ratio",
                 "aim"],
                [["targeted", f"{one:.0f}", f"{all_of_them:.0f}",
                  f"{all_of_them / one:.2f}", "1.10"]])


def attach(pid):
    tool = live.Tool(["--collector=bpf", "-p", pid, "-o", "/dev/null"])
    tool.attached()
    return tool


def attach_bpftrace(_pid):
    process = live.Process(["bpftrace", "-e", TRACE, "smbd"])
    time.sleep(3)
    return process


def attach_strace(pid):
    pids = [pid, *smbd.children(pid)]
    process = live.Process(["strace", "-cf", "-o", "/dev/null",
                            *[f"-p{pid}" for pid in pids]])
    process.wait_stderr("attached")
    return process


def smbd_copy(rounds, files):
    folder = smbd.make_files("many", files, SIZE)
    ways = {"bare": None, "smbsysacct -p": attach}
    if shutil.which("bpftrace"):
        ways["bpftrace"] = attach_bpftrace
    figures = {name: [] for name in ways}
    for i in range(rounds):
        for name, way in ways.items():
            if name == "bpftrace" and i >= 3:
                continue
            figures[name].append(copy_seconds([], folder, way))
    if shutil.which("strace"):
        figures["strace -cf -p"] = [copy_seconds([], folder, attach_strace)]
    pairs = [a / b for a, b in zip(figures["smbsysacct -p"],
                                   figures["bare"])]
    mean = statistics.mean(pairs)
    spread = statistics.stdev(pairs) / len(pairs) ** 0.5 \
        if len(pairs) > 1 else float("nan")
    # Student's t for 95%, one-sided; 1.76 with 14 degrees of freedom.
    upper = mean + 1.76 * spread
    base = statistics.median(figures["bare"])
    print_table(
        [f"{files} files copied into smbd", "seconds", "ratio", "aim"],
        [[name, f"{statistics.median(values):.2f}",
          f"{statistics.median(values) / base:.3f}",
          "1.05" if name == "smbsysacct -p" else ""]
         for name, values in figures.items()])
    print(f"of {len(pairs)} pairs: mean ratio {mean:.3f}, upper 95% bound "
          f"{upper:.3f}\n", flush=True)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    files = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    if os.geteuid() or not os.access(FLOOR, os.X_OK):
        print("bpf is not measured: it needs root and a build with libbpf")
        return
    try:
        per_call(rounds)
        flat(min(rounds, 3))
        many_threads(min(rounds, 3))
        if shutil.which("smbd"):
            smbd_copy(rounds, files)
        else:
            print("smbd is not measured: it needs Samba")
    finally:
        live.clean_up()


main()
