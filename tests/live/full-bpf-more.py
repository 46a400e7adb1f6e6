#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-or-later
"""The bpf collector at length: 20 million calls, 10,000 threads, another BPF
tracer at the same time, and smbd that copies 10,000 files."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import launched
import live
import smbd

FILES = 10000
SIZE = 10 * 1024


def at_length(tap):
    done = subprocess.run([sys.executable, "-B", os.path.join(
        live.HERE, "bpf-count.py"), "--full"], check=False,
        stdout=subprocess.PIPE, text=True)
    for line in done.stdout.splitlines():
        found = re.match(r"(not )?ok \d+ - (.*)", line)
        if found:
            tap.ok(not found[1], found[2])
        elif line.startswith("#"):
            tap.note(line[1:])


@live.timed
def threads(tap):
    many = live.Process([launched.work("many"), "10000", "600"])
    live.until(lambda: "ready" in many.stdout, 120, "10,000 threads")
    tool = live.Tool(["--collector=bpf", "-p", many.pid, "--format=json",
                      "--by=thread,syscall"])
    _, n = tool.attached()
    tap.ok(n == 10001, "10,000 threads are found, and the first", n)
    time.sleep(0.5)
    tool.signal(signal.SIGINT)
    tool.wait()
    report = tool.reports()[-1]
    flights = sum(row.get("in_flight", 0) for row in report["rows"])
    ledger = report["ledger"]
    tap.ok(flights == 10001 and not report["loss"]["threads_unaccounted"],
           "each of them is in a call", flights, report["loss"])
    tap.ok(abs(ledger["residual_ns"]) < ledger["wall_ns"] / 100,
           "and blocked in it all the time", ledger)
    many.kill()


def beside_others(tap):
    live.need("bpftrace")
    other = live.Process(["bpftrace", "-e",
                          "tracepoint:raw_syscalls:sys_enter "
                          "/comm == \"storm\"/ { @n = count(); } "
                          "tracepoint:sched:sched_switch { @s = count(); }"])
    live.until(lambda: "Attaching" in other.stdout, live.DEADLINE,
               "bpftrace to attach")
    time.sleep(2)
    run = launched.Launched(
        ["--collector=bpf", "-q"],
        ["sh", "-c", 'echo go | exec "$@"', "sh", launched.work("storm"),
         "4", "500000", "20"])
    other.signal(signal.SIGINT)
    other.wait()
    truth = json.loads(run.stdout.splitlines()[-1])
    ours = run.counts()
    tap.ok(ours["getppid"] - truth["getppid"] in (0, 1)
           and not run.report["loss"]["calls_unaccounted"],
           "beside bpftrace: to the call", ours["getppid"],
           truth["getppid"], run.report["loss"])
    found = re.search(r"@n: (\d+)", other.stdout)
    tap.ok(found and int(found[1]) >= truth["getppid"],
           "and bpftrace has its own", other.stdout[-200:])


@live.timed
def copy(tap):
    folder = smbd.make_files("many", FILES, SIZE)
    server = smbd.Server()
    client = smbd.Client(server, folder)
    stolen = live.stolen_ns()
    tool = live.Tool(["--collector=bpf", "-p", server.pid, "--format=json",
                      "--by=process,thread,syscall"])
    processes, _ = tool.attached()
    tap.ok(processes >= 2, "the client's smbd is found as a child of its "
           "parent", processes)
    client.copy(300)
    tool.signal(signal.SIGINT)
    tap.ok(tool.wait() == 0, "status 0", tool.stderr)
    report = tool.reports()[-1]
    tap.ok(server.arrived().get(SIZE) == FILES, "all files arrived",
           server.arrived())
    client.quit()
    server.stop()
    loss, ledger = report["loss"], report["ledger"]
    # Of the first moments, where returns to a CPU are not told of.
    tap.ok(not loss["calls_unaccounted"] and loss["switches_missed"] < 5,
           "nothing was lost", loss)
    # A switch's own time is in both clocks, as in bpf-count.py.
    tap.ok(abs(ledger["residual_ns"]) < ledger["wall_ns"] / 100
           + live.stolen_ns() - stolen + 10000 * ledger["switches"],
           "residual "
           f"{live.percent(ledger['residual_ns'], ledger['wall_ns'])}",
           ledger)
    busiest = max(report["processes"], key=lambda p: p["cpu_ns"])
    mine = [row for row in report["rows"] if row["pid"] == busiest["pid"]
            and row.get("calls")]
    tap.ok(sum(row["calls"] for row in mine) > 20 * FILES,
           f"{sum(row['calls'] for row in mine)} calls in the client's smbd",
           busiest)
    waits = [row for row in mine if row["syscall"] == "epoll_wait"]
    tap.ok(waits and waits[0]["blocked_ns"] > 0,
           "which waits for events: "
           f"{live.msec(waits[0]['blocked_ns'])} ms", mine)


def main(tap):
    live.need_bpf()
    live.need("smbd")
    live.need("smbclient")
    at_length(tap)
    threads(tap)
    beside_others(tap)
    copy(tap)


live.run(main)
